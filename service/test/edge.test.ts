import { once } from "node:events";
import type { RequestListener } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { EDGE_LIMITS, type EdgeLimits, type EdgeServer, listenAtEdge } from "../src/edge/server.ts";

/** Shorter than in life, in the same proportions. */
const SHORT: EdgeLimits = { ...EDGE_LIMITS, headMs: 300, requestMs: 600, keptIdleMs: 300, silenceMs: 900 };

let edges: EdgeServer[] = [];
let sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(edges.map((edge) => edge.close("now")));
  edges = [];
  sockets = [];
});

async function listen(app: RequestListener, limits: EdgeLimits = SHORT): Promise<EdgeServer> {
  const config = { host: "127.0.0.1", port: 0, isProduction: false, drainSecondsMax: 1 };
  const edge = await listenAtEdge({ config, app, limits, countRefusal() {} });
  edges.push(edge);
  return edge;
}

interface Client {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  answer(): string;
}

async function dial({ url }: EdgeServer): Promise<Client> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let answer = "";
  // A reset is one of the ways to be thrown out.
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  sockets.push(socket);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, "connect");
  return { socket, closed, answer: () => answer };
}

/** Writes the text a character at a time for as long as anybody listens. */
async function dribble({ socket }: Client, text: string): Promise<void> {
  for (const character of text) {
    if (socket.destroyed || !socket.writable) return;
    socket.write(character);
    await sleep(20);
  }
}

const HEAD = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const readAll: RequestListener = (req, res) => req.resume().once("end", () => res.end("read"));

test("who dribbles a head is told so and put out", async () => {
  const client = await dial(await listen(readAll));
  void dribble(client, `GET / HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(2_000)}`);
  await client.closed;
  expect(client.answer()).toMatch(/^HTTP\/1\.1 408 /);
});

test("who dribbles a body is put out, while others are served", async () => {
  const edge = await listen(readAll);
  const slow = await dial(edge);
  slow.socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n");
  void dribble(slow, "y".repeat(2_000));
  expect(await (await fetch(edge.url)).text()).toBe("read");
  await slow.closed;
  // It is told 408, which a reset (it is still sending) may overtake.
  expect(slow.answer()).toMatch(/^$|^HTTP\/1\.1 408 /);
});

test("who connects and says nothing is put out", async () => {
  const client = await dial(await listen(readAll));
  await client.closed;
  expect(client.answer()).not.toContain("200");
});

test("a kept connection that falls silent is closed, and said so beforehand", async () => {
  const client = await dial(await listen(readAll));
  client.socket.write(HEAD);
  await client.closed;
  expect(client.answer()).toMatch(
    /^HTTP\/1\.1 200 OK\r\n(?:.*\r\n)*Connection: keep-alive\r\nKeep-Alive: timeout=\d/,
  );
});

test("who reads no answers is put out, and costs no more than a few of them", async () => {
  const answer = "x".repeat(262_144);
  let answered = 0;
  let isPutOut = false;
  const edge = await listen((req, res) => {
    answered += 1;
    if (answered === 1) {
      req.socket.once("close", () => {
        isPutOut = true;
      });
    }
    res.end(answer);
  });
  const client = await dial(edge);
  client.socket.pause();
  client.socket.write(HEAD.repeat(16));
  await expect.poll(() => isPutOut, { timeout: 10_000 }).toBe(true);
  expect(answered).toBeLessThanOrEqual(16);
});

test("who sends a thousand requests before reading one answer has sixteen looked at", async () => {
  let asked = 0;
  const edge = await listen((_req, res) => {
    asked += 1;
    setTimeout(() => res.end("late"), 50);
  });
  const client = await dial(edge);
  client.socket.write(HEAD.repeat(1_000));
  await client.closed;
  expect(asked).toBe(16);
});

test("a thousand requests one after the other on one connection are answered", async () => {
  const client = await dial(await listen(readAll));
  for (let count = 1; count <= 1_000; count++) {
    const before = client.answer().length;
    client.socket.write(HEAD);
    while (client.answer().length === before || !client.answer().endsWith("read")) await sleep(0);
  }
  expect(client.answer().match(/200 OK/g)).toHaveLength(1_000);
});

test("more connections than are allowed are turned away, and those inside are served", async () => {
  const edge = await listen(readAll, {
    ...SHORT,
    connections: 3,
    keptIdleMs: 5_000,
    headMs: 5_000,
    requestMs: 5_000,
    silenceMs: 5_000,
  });
  const inside = [await dial(edge), await dial(edge), await dial(edge)];
  const outside = await dial(edge);
  await outside.closed;
  for (const client of inside) {
    client.socket.write(HEAD);
    await expect.poll(client.answer).toContain("200 OK");
  }
});

test("leaving politely, a kept connection is closed by its next answer and not before", async () => {
  const edge = await listen(readAll, { ...SHORT, keptIdleMs: 5_000, silenceMs: 5_000 });
  const client = await dial(edge);
  client.socket.write(HEAD);
  await expect.poll(client.answer).toContain("read");
  const left = edge.close("politely");
  await sleep(200);
  expect(client.socket.destroyed).toBe(false);
  client.socket.write(HEAD);
  await client.closed;
  expect(client.answer().match(/Connection: \S+/g)).toEqual(["Connection: keep-alive", "Connection: close"]);
  await left;
});

test("a head is written by whichever way, with a reason or without, and an answer's own header wins", async () => {
  const edge = await listen((req, res) => {
    const own = { "Content-Security-Policy": "default-src 'self'" };
    if (req.url === "/reason") res.writeHead(200, "Fine", own).end();
    else if (req.url === "/own") res.writeHead(200, own).end();
    else if (req.url === "/set") res.setHeader("X-Own", "yes").end();
    else res.end();
  });
  const policyOf = async (path: string) =>
    (await fetch(edge.url + path)).headers.get("content-security-policy");
  expect(await Promise.all(["/reason", "/own"].map(policyOf))).toEqual([
    "default-src 'self'",
    "default-src 'self'",
  ]);
  expect(await Promise.all(["/set", "/"].map(policyOf))).toEqual(
    Array(2).fill(expect.stringContaining("'none'")),
  );
  expect((await fetch(`${edge.url}/set`)).headers.get("x-own")).toBe("yes");
});

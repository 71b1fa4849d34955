import { once } from "node:events";
import { createServer, type RequestListener, type Server, ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { Readable } from "node:stream";
import express from "express";
import { afterEach, describe, expect, test } from "vitest";
import type { Asked, Given } from "./exchange.ts";
import { holdAnswers, type Judge } from "./hold-answers.ts";

let server: Server | undefined;
afterEach(async () => {
  if (server === undefined) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
  server = undefined;
});

async function listen(listener: RequestListener, judge: Judge): Promise<string> {
  server = createServer(holdAnswers(listener, judge));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const BLOCK: Judge = () => ({ status: 503, headers: { "Content-Type": "text/plain" }, text: "kept back" });
const SECRET = "somebody else";

/** Every way we know in which code gets bytes into an answer. */
const WAYS: readonly { name: string; answer: RequestListener }[] = [
  { name: "end alone", answer: (_, res) => void res.end(SECRET) },
  { name: "end with a buffer", answer: (_, res) => void res.end(Buffer.from(SECRET)) },
  { name: "writeHead and end", answer: (_, res) => void res.writeHead(200, { "X-Who": SECRET }).end(SECRET) },
  {
    name: "a reason phrase and a flat list of headers",
    answer: (_, res) => void res.writeHead(200, SECRET, ["X-Who", SECRET]).end(SECRET),
  },
  {
    name: "chunks over time",
    answer: (_, res) => {
      res.setHeader("X-Who", SECRET);
      res.flushHeaders();
      res.write("some");
      setTimeout(() => res.end("body else"), 5);
    },
  },
  { name: "a stream", answer: (_, res) => void Readable.from([SECRET, SECRET]).pipe(res) },
  {
    name: "early hints, interim answers and trailers",
    answer: (_, res) => {
      res.writeEarlyHints({ link: `<${SECRET}>; rel=preload` });
      res.writeProcessing();
      res.setHeader("Trailer", "X-Who");
      res.write(SECRET);
      res.addTrailers({ "X-Who": SECRET });
      res.end();
    },
  },
  {
    name: "Node's own methods, past the object's",
    answer: (_, res) => void Reflect.apply(ServerResponse.prototype.end, res, [SECRET]),
  },
  {
    name: "the method below all others",
    answer: (_, res) => {
      (res as unknown as { _send(data: string): void })._send(`HTTP/1.1 200 OK\r\n\r\n${SECRET}`);
    },
  },
  { name: "express json", answer: express().use((_, res) => void res.json({ who: SECRET })) },
  {
    name: "express send, status and cookie",
    answer: express().use((_, res) => void res.status(201).cookie("session", SECRET).send(SECRET)),
  },
  {
    name: "express' own error page",
    answer: express().use(() => {
      throw new Error(SECRET);
    }),
  },
  { name: "a second answer after the first", answer: (_, res) => void res.end("first").end(SECRET) },
];

describe("a judge that withholds lets nothing out, whichever way it is written:", () => {
  test.each(WAYS)("$name", async ({ answer }) => {
    const url = await listen(answer, BLOCK);
    const text = await rawAnswer(url, "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain("body else");
    // Who goes past the methods loses the connection instead.
    if (text !== "") expect(text).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n[\s\S]*\r\n\r\nkept back$/);
  });
});

test("what the judge lets go arrives as it was written", async () => {
  const seen: Given[] = [];
  const url = await listen(
    (req, res) => {
      if (req.url === "/chunks") {
        res.setHeader("X-A", ["1", "2"]);
        res.write("häl");
        res.write(Buffer.from("fte"));
        res.end("ff", "hex");
      } else if (req.url === "/empty") res.writeHead(204).end();
      else res.writeHead(201, { "Content-Type": "text/plain", "X-B": "b" }).end("whole");
    },
    (_, given) => void seen.push(given),
  );
  const chunks = await fetch(`${url}/chunks`);
  expect([chunks.status, chunks.headers.get("x-a")]).toEqual([200, "1, 2"]);
  expect(Buffer.from(await chunks.arrayBuffer())).toEqual(
    Buffer.concat([Buffer.from("hälfte"), Buffer.from([0xff])]),
  );
  expect((await fetch(`${url}/empty`)).status).toBe(204);
  const whole = await fetch(`${url}/whole`);
  expect([whole.status, whole.headers.get("x-b"), await whole.text()]).toEqual([201, "b", "whole"]);
  expect(seen.map(({ status, text }) => [status, text])).toEqual([
    [200, "hälfte\ufffd"],
    [204, ""],
    [201, "whole"],
  ]);
});

describe("a reason phrase is judged by nobody, and so never leaves:", () => {
  test.each<{ name: string; answer: RequestListener }>([
    { name: "given to writeHead", answer: (_, res) => void res.writeHead(201, SECRET).end("fine") },
    {
      name: "given to writeHead, with headers",
      answer: (_, res) => void res.writeHead(201, SECRET, { "X-B": "b" }).end("fine"),
    },
    {
      name: "set beforehand",
      answer: (_, res) => void Object.assign(res, { statusCode: 201, statusMessage: SECRET }).end("fine"),
    },
  ])("$name", async ({ answer }) => {
    const url = await listen(answer, () => undefined);
    const text = await rawAnswer(url, "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(text).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
    expect(text).not.toContain(SECRET);
  });
});

test("the judge is told the request as it was sent, whatever the service does to it", async () => {
  const asked: Asked[] = [];
  const url = await listen(
    (req, res) => {
      req.url = "/elsewhere";
      req.method = "TRACE";
      req.headers = {};
      req.on("data", (chunk: Buffer) => void chunk);
      req.on("end", () => res.end("ok"));
    },
    (request) => void asked.push(request),
  );
  const head =
    "POST /signups?x HTTP/1.1\r\nHost: x\r\nCookie: a=1\r\ncookie: b=2\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
  await rawAnswer(url, `${head}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`);
  expect(asked.map((one) => [one.method, one.url, one.headers("cookie"), one.body()?.toString()])).toEqual([
    ["POST", "/signups?x", ["a=1", "b=2"], "abcde"],
  ]);
});

test("while the judge thinks nothing leaves, and a second answer changes nothing", async () => {
  let decide = (_: undefined) => {};
  const url = await listen(
    (_, res) => {
      res.end("first");
      res.writeHead(200).end(SECRET);
    },
    () =>
      new Promise((resolve) => {
        decide = () => resolve({ status: 503, headers: {}, text: "kept back" });
      }),
  );
  let isAnswered = false;
  const answer = fetch(url).then((response) => {
    isAnswered = true;
    return response.text();
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(isAnswered).toBe(false);
  decide(undefined);
  expect(await answer).toBe("kept back");
});

test("a handler that fails halfway can still answer, because nothing has left", async () => {
  const url = await listen(
    (_, res) => {
      res.writeHead(200).write(SECRET);
      expect(res.headersSent).toBe(false);
      res.writeHead(500).end("sorry");
    },
    () => undefined,
  );
  const response = await fetch(url);
  expect([response.status, await response.text()]).toEqual([500, "sorry"]);
});

function rawAnswer(url: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(request));
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}

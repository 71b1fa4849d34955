import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

/** Answers every line in capitals, and remembers what it read. */
let server: Server;
let proxy: TcpProxy;
let read: string;
let clients: Socket[];

beforeEach(async () => {
  read = "";
  clients = [];
  server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      read += bytes;
      socket.write(String(bytes).toUpperCase());
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy = await createTcpProxy(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  await proxy.close();
  server.close();
});

/** What became of a client: what it heard, and how it ended. */
function dial() {
  const { port, hostname } = new URL(proxy.url);
  const socket = connect(Number(port), hostname);
  clients.push(socket);
  const story = { heard: "", end: "" };
  socket.on("data", (bytes) => {
    story.heard += bytes;
  });
  socket.on("error", (error) => {
    story.end = "code" in error ? String(error.code) : error.message;
  });
  socket.on("end", () => {
    story.end = "end";
  });
  return { socket, story };
}

test("bytes pass in their order, and ends in both directions", async () => {
  const { socket, story } = dial();
  for (const word of ["one ", "two ", "three"]) socket.write(word);
  await expect.poll(() => story.heard).toBe("ONE TWO THREE");
  socket.end();
  await expect.poll(() => story.end).toBe("end");
});

test("answers come later by the delay, in their order, also when it ends under way", async () => {
  proxy.slow({ answerDelayMs: 60 });
  const { socket, story } = dial();
  const startedMs = performance.now();
  socket.write("slow ");
  await expect.poll(() => read).toBe("slow ");
  proxy.slow({ answerDelayMs: 0 });
  socket.write("quick");
  await expect.poll(() => story.heard, { interval: 5 }).toBe("SLOW QUICK");
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(58);
});

test("no more bytes a second pass than said", async () => {
  proxy.slow({ bytesPerSecond: 1_000_000 });
  const { socket, story } = dial();
  const startedMs = performance.now();
  socket.write("x".repeat(100_000));
  await expect.poll(() => story.heard.length, { interval: 5 }).toBe(100_000);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(98);
});

test("a wire that is held says nothing to anybody, and loses nothing when it is released", async () => {
  const { socket, story } = dial();
  socket.write("before ");
  await expect.poll(() => story.heard).toBe("BEFORE ");
  proxy.hold();
  socket.write("held");
  const late = dial();
  late.socket.write("late");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect([read, story, late.story]).toEqual([
    "before ",
    { heard: "BEFORE ", end: "" },
    { heard: "", end: "" },
  ]);
  proxy.release();
  await expect.poll(() => [story.heard, late.story.heard]).toEqual(["BEFORE HELD", "LATE"]);
});

test("a cut resets those who are there and those who come, until it is released", async () => {
  const { story } = dial();
  await once(clients[0] as Socket, "connect");
  proxy.cut();
  const late = dial();
  await expect.poll(() => [story.end, late.story.end]).toEqual(["ECONNRESET", "ECONNRESET"]);
  proxy.release();
  const again = dial();
  again.socket.write("there");
  await expect.poll(() => again.story.heard).toBe("THERE");
});

test("a share of the pieces resets their connection", async () => {
  proxy.slow({ resetShare: 1 });
  const { socket, story } = dial();
  socket.write("lost");
  await expect.poll(() => story.end).toBe("ECONNRESET");
});

test("a request is done whose answer is lost, and only its own client is told", async () => {
  const other = dial();
  const { socket, story } = dial();
  const asked = proxy.nextRequestWith(["commit"], AbortSignal.timeout(5_000));
  other.socket.write("begin");
  socket.write("commit");
  const wire = await asked;
  wire.holdAnswers();
  await wire.answered;
  await expect.poll(() => read).toContain("commit");
  wire.cut();
  await expect.poll(() => story).toEqual({ heard: "", end: "ECONNRESET" });
  await expect.poll(() => other.story).toEqual({ heard: "BEGIN", end: "" });
});

test("a watch that is given up ends with its reason", async () => {
  const controller = new AbortController();
  const asked = proxy.nextRequestWith(["commit"], controller.signal);
  controller.abort(new Error("over"));
  await expect(asked).rejects.toThrow("over");
});

test("a server that moves is found by new connections at the same address", async () => {
  const elsewhere = createServer((socket) => socket.end("elsewhere")).listen(0, "127.0.0.1");
  await once(elsewhere, "listening");
  proxy.leadTo(`tcp://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`);
  const { story } = dial();
  await expect.poll(() => story.heard).toBe("elsewhere");
  elsewhere.close();
});

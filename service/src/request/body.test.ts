import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ServiceError } from "../service-error.ts";
import { parseJson, readJsonBytes } from "./body.ts";

type Outcome = { readonly json: unknown } | { readonly code: string; readonly detail: string };

const outcomes: Outcome[] = [];
const server = createServer(async (req, res) => {
  const outcome = await outcomeOf(async () => parseJson(await readJsonBytes(req)));
  outcomes.push(outcome);
  res.end(JSON.stringify(outcome));
});

async function outcomeOf(read: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { json: await read() };
  } catch (error) {
    if (error instanceof ServiceError) return { code: error.code, detail: error.message };
    throw error;
  }
}

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function post(body: RequestInit["body"], headers: Record<string, string> = {}) {
  const response = await fetch(url(), {
    method: "POST",
    body: body ?? null,
    duplex: "half",
    headers: { "content-type": "application/json", ...headers },
  });
  return { outcome: JSON.parse(await response.text()) };
}

test("what arrives in pieces, cut inside a character, is one text", async () => {
  const bytes = new TextEncoder().encode('{"name":"山田😀"}');
  const pieces = new ReadableStream({
    async start(controller) {
      for (const byte of bytes) {
        controller.enqueue(Uint8Array.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      controller.close();
    },
  });
  expect((await post(pieces)).outcome).toEqual({ json: { name: "山田😀" } });
});

test.each([
  "application/json",
  "Application/JSON",
  "application/json; charset=utf-8",
  'application/json;charset="UTF-8"',
  "application/json; profile=x",
])("%s is JSON in UTF-8", async (type) => {
  expect((await post("[1]", { "content-type": type })).outcome).toEqual({ json: [1] });
});

test.each([
  { name: "plain text", headers: { "content-type": "text/plain" } },
  { name: "a form", headers: { "content-type": "application/x-www-form-urlencoded" } },
  { name: "no type", headers: { "content-type": "" } },
  { name: "a type that only begins like JSON", headers: { "content-type": "application/jsonp" } },
  { name: "another charset", headers: { "content-type": "application/json; charset=shift_jis" } },
  {
    name: "a second charset",
    headers: { "content-type": "application/json; charset=utf-8; charset=utf-16" },
  },
  { name: "a compressed body", headers: { "content-encoding": "gzip" } },
])("$name is an unsupported media type", async ({ headers }) => {
  const { outcome } = await post(gzipSync("[1]"), headers);
  expect(outcome).toMatchObject({ code: "unsupported-media-type" });
});

test.each([
  { name: "nothing", body: "" },
  { name: "half of a body", body: '{"secret":' },
  { name: "words", body: "secret" },
  { name: "a byte order mark", body: "\uFEFF{}" },
  { name: "what is no UTF-8", body: Buffer.from([0x22, 0xff, 0x22]) },
  { name: "half a character", body: Buffer.from('"山"').subarray(0, 3) },
])("$name is invalid input, and is not repeated", async ({ body }) => {
  const { outcome } = await post(body);
  expect(outcome).toEqual({
    code: "invalid-input",
    detail: "The body cannot be read as JSON in UTF-8.",
  });
});

test("32 KiB are read, and one byte more is too large, whether it was announced or not", async () => {
  const fits = `"${"x".repeat(32_766)}"`;
  expect((await post(fits)).outcome).toEqual({ json: "x".repeat(32_766) });
  for (const body of [`${fits} `, new Blob([fits, " "]).stream()]) {
    const { outcome } = await post(body);
    expect(outcome).toMatchObject({ code: "too-large" });
  }
});

test("an announced body that is too large is refused before any of it has come", async () => {
  const socket = connect(Number(new URL(url()).port), "127.0.0.1");
  socket.write(
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n",
  );
  const [answer] = await once(socket, "data");
  socket.destroy();
  expect(String(answer)).toContain("too-large");
});

test("a body that breaks off ends the waiting for it", async () => {
  const before = outcomes.length;
  const socket = connect(Number(new URL(url()).port), "127.0.0.1");
  socket.write(
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"ab',
  );
  await once(socket, "connect");
  socket.end();
  await expect.poll(() => outcomes.length).toBe(before + 1);
  expect(outcomes.at(-1)).toMatchObject({ code: "invalid-input" });
});

test.each([
  { name: "all", body: '"ab"' },
  { name: "half", body: '"a' },
])(
  "who hung up before the reading began, with $name of the body sent, keeps nobody waiting",
  async ({ body }) => {
    const outcome = Promise.withResolvers<Outcome>();
    const late = createServer(async (req, res) => {
      await once(res, "close");
      outcome.resolve(await outcomeOf(() => readJsonBytes(req)));
    });
    late.listen(0, "127.0.0.1");
    await once(late, "listening");
    const socket = connect((late.address() as AddressInfo).port, "127.0.0.1");
    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n${body}`,
    );
    await once(late, "request");
    socket.destroy();
    expect(await outcome.promise).toEqual({ code: "invalid-input", detail: "The body broke off." });
    late.close();
  },
);

import fc from "fast-check";
import { expect, test } from "vitest";
import { createAnswerReader, HEADER_BYTES_MAX, type Reading } from "./answer-reader.ts";

interface Read {
  reading: Reading;
  status: number | null;
  headers: [string, string][];
  body: string;
}

/** The bytes in pieces that end at these places; then the other side's end, where it is asked for. */
function read(text: string, { cuts = [] as number[], isEnded = false, method = "GET" } = {}): Read {
  const found: Read = { reading: "under-way", status: null, headers: [], body: "" };
  const bodies: Buffer[] = [];
  const reader = createAnswerReader(method, {
    takeStatus(status) {
      found.status = status;
    },
    takeHeader: (name, value) => void found.headers.push([name, value]),
    takeBody: (bytes) => void bodies.push(Buffer.from(bytes)),
  });
  const bytes = Buffer.from(text);
  const places = [
    0,
    ...cuts.map((cut) => cut % bytes.length).sort((one, other) => one - other),
    bytes.length,
  ];
  for (let at = 1; at < places.length && found.reading === "under-way"; at++) {
    if (places[at] !== places[at - 1])
      found.reading = reader.push(bytes.subarray(places[at - 1], places[at]));
  }
  if (isEnded && found.reading === "under-way") found.reading = reader.end();
  return { ...found, body: Buffer.concat(bodies).toString() };
}

const whole = (body: string, headers: [string, string][] = [], status = 200): Read => ({
  reading: "whole",
  status,
  headers,
  body,
});

const WHOLE = [
  {
    name: "a counted body",
    text: "HTTP/1.1 201 Created\r\nContent-Length: 5\r\nVia:  1.1 代理 \r\n\r\nhello",
    read: whole(
      "hello",
      [
        ["content-length", "5"],
        ["via", "1.1 代理"],
      ],
      201,
    ),
  },
  {
    name: "a counted body with more behind it",
    text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello",
    read: whole("he", [["content-length", "2"]]),
  },
  {
    name: "chunks with an extension and a trailer",
    text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\nA\r\nlo, world!\r\n0\r\nX: y\r\n\r\n",
    read: whole("hello, world!", [["transfer-encoding", "chunked"]]),
  },
  {
    name: "an answer after 100 and 103",
    text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx",
    read: whole("x", [["content-length", "1"]]),
  },
  {
    name: "no body with 204, whatever is announced",
    text: "HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n",
    read: whole("", [["content-length", "7"]], 204),
  },
  {
    name: "a folded header",
    text: "HTTP/1.0 200 OK\r\nX-Cache: one\r\n  two\r\nContent-Length: 0\r\n\r\n",
    read: whole("", [
      ["x-cache", "one two"],
      ["content-length", "0"],
    ]),
  },
];

test.each(WHOLE)("reads $name, however its bytes come", ({ text, read: expected }) => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
      expect(read(text, { cuts })).toEqual(expected);
    }),
  );
});

test("takes what has no length as far as the connection goes", () => {
  const text = "HTTP/1.1 200 OK\r\nServer: old\r\n\r\nuntil the end";
  expect(read(text).reading).toBe("under-way");
  expect(read(text, { isEnded: true })).toEqual(whole("until the end", [["server", "old"]]));
});

test("expects no body after HEAD", () => {
  expect(read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", { method: "HEAD" }).reading).toBe("whole");
});

test.each(WHOLE)("never takes $name for whole when it is cut short", ({ text, read: expected }) => {
  const bytes = Buffer.from(text).length - (expected.body === "he" ? 3 : 0);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: bytes - 1 }), (length) => {
      const cut = Buffer.from(text).subarray(0, length);
      const reader = createAnswerReader("GET", { takeStatus() {}, takeHeader() {}, takeBody() {} });
      expect([reader.push(cut), reader.end()]).toEqual(["under-way", "under-way"]);
    }),
  );
});

test.each([
  { name: "another protocol", text: "SSH-2.0-OpenSSH_9.2\r\n" },
  { name: "HTTP/2 in clear", text: "HTTP/2 200\r\n\r\n" },
  { name: "a status that is none", text: "HTTP/1.1 20 OK\r\n\r\n" },
  { name: "101", text: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" },
  { name: "two lengths", text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab" },
  { name: "a length that is none", text: "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" },
  {
    name: "a length beside chunks",
    text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  },
  { name: "a blank in a header's name", text: "HTTP/1.1 200 OK\r\nX Y: 1\r\n\r\n" },
  { name: "a header without a name", text: "HTTP/1.1 200 OK\r\n: 1\r\n\r\n" },
  { name: "a line that ends without CR", text: "HTTP/1.1 200 OK\r\nX: 1\nY: 2\r\n\r\n" },
  { name: "a folded line that continues none", text: "HTTP/1.1 200 OK\r\n X: 1\r\n\r\n" },
  {
    name: "a chunk's size that is none",
    text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
  },
  {
    name: "a chunk longer than it says",
    text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
  },
  { name: "endless headers", text: `HTTP/1.1 200 OK\r\nX: ${"x".repeat(HEADER_BYTES_MAX)}` },
])("refuses $name", ({ text }) => {
  expect(read(text).reading).toBe("broken");
});

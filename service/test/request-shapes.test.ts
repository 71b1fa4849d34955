import { beforeEach, describe, expect, test } from "vitest";
import type { Service } from "../src/service.ts";
import { exchange, lines, statusesOf } from "./raw-wire.ts";
import { createStage, newPerson, signUp } from "./stage.ts";

const stage = createStage();
let service: Service;

beforeEach(async () => {
  service = await stage.start();
});

/** A request that must never be answered: hidden in another one's body. */
const SMUGGLED = "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n";

describe("shapes by which a proxy and we could read two different requests", () => {
  test.each([
    {
      name: "a length beside chunks",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Content-Length: 4",
        "Transfer-Encoding: chunked",
        "",
        "0",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "chunks beside a length",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Transfer-Encoding: chunked",
        "Content-Length: 4",
        "",
        "0",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "two lengths",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Content-Length: 0",
        "Content-Length: 44",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "the same length twice",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Content-Length: 0",
        "Content-Length: 0",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "a list of lengths",
      request: lines("POST /signups HTTP/1.1", "Host: x", "Content-Length: 0, 0", "", SMUGGLED),
    },
    {
      name: "a length with a sign",
      request: lines("POST /signups HTTP/1.1", "Host: x", "Content-Length: +0", "", SMUGGLED),
    },
    {
      name: "a hexadecimal length",
      request: lines("POST /signups HTTP/1.1", "Host: x", "Content-Length: 0x0", "", SMUGGLED),
    },
    {
      name: "a negative length",
      request: lines("POST /signups HTTP/1.1", "Host: x", "Content-Length: -1", "", SMUGGLED),
    },
    {
      name: "a length beyond all numbers",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Content-Length: 99999999999999999999",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "another coding before chunked",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Transfer-Encoding: gzip, chunked",
        "",
        "0",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "chunked that is not last",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Transfer-Encoding: chunked, identity",
        "",
        "0",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "chunked twice",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: chunked",
        "",
        "0",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "a coding that looks like chunked",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Transfer-Encoding: xchunked",
        "",
        "0",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "a coding behind a vertical tab",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Transfer-Encoding: \x0bchunked",
        "",
        "0",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "a space before the colon",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Transfer-Encoding : chunked",
        "",
        "0",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "a folded header",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Transfer-Encoding:",
        " chunked",
        "",
        "0",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "a line that ends in a bare LF",
      request: `POST /signups HTTP/1.1\nHost: x\nContent-Length: 0\n\n${SMUGGLED}`,
    },
    {
      name: "one bare LF among the headers",
      request: `POST /signups HTTP/1.1\r\nHost: x\r\nX: y\nContent-Length: 0\r\n\r\n${SMUGGLED}`,
    },
    {
      name: "a bare CR in a header",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "X: y\rTransfer-Encoding: chunked",
        "",
        "0",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "a NUL in a header",
      request: lines("POST /signups HTTP/1.1", "Host: x", "X: y\0z", "", SMUGGLED),
    },
    {
      name: "a chunk whose size is no number",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        "",
        "zz",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "a chunk whose size overflows",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        "",
        "fffffffffffffffff1",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "a chunk longer than it said",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        "",
        "1",
        "22",
        "0",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "chunk extensions without end",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        "",
        `1;${"x=y;".repeat(8_000)}`,
        "2",
        "0",
        "",
        SMUGGLED,
      ),
    },
    {
      name: "two hosts",
      request: lines("GET /healthz HTTP/1.1", "Host: x", "Host: y", "", SMUGGLED),
    },
    { name: "no host", request: lines("GET /healthz HTTP/1.1", "", SMUGGLED) },
    { name: "an empty host", request: lines("GET /healthz HTTP/1.1", "Host:", "", SMUGGLED) },
    { name: "a host that is none", request: lines("GET /healthz HTTP/1.1", "Host: a b/c?d", "", SMUGGLED) },
    {
      name: "a host with a name before it",
      request: lines("GET /healthz HTTP/1.1", "Host: a@b", "", SMUGGLED),
    },
    {
      name: "a whole URL as the target",
      request: lines("GET http://other/healthz HTTP/1.1", "Host: x", "", SMUGGLED),
    },
    {
      name: "a target of two slashes",
      request: lines("GET //other/healthz HTTP/1.1", "Host: x", "", SMUGGLED),
    },
    { name: "a backslash in the target", request: lines("GET /\\other HTTP/1.1", "Host: x", "", SMUGGLED) },
    { name: "no path", request: lines("OPTIONS * HTTP/1.1", "Host: x", "", SMUGGLED) },
    { name: "CONNECT", request: lines("CONNECT other:443 HTTP/1.1", "Host: x", "", SMUGGLED) },
    { name: "TRACE", request: lines("TRACE / HTTP/1.1", "Host: x", "", SMUGGLED) },
    { name: "a method nobody knows", request: lines("BREW / HTTP/1.1", "Host: x", "", SMUGGLED) },
    { name: "a method in small letters", request: lines("get /healthz HTTP/1.1", "Host: x", "", SMUGGLED) },
    { name: "HTTP/2 over the wire", request: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
    { name: "HTTP/0.9", request: `GET /healthz\r\n\r\n${SMUGGLED}` },
    { name: "TLS on this port", request: Buffer.from("16030100a5010000a10303", "hex") },
  ])("$name: refused, and nothing behind it is answered", async ({ request }) => {
    const answer = await exchange(service.url, request);
    const statuses = statusesOf(answer);
    expect(statuses.length).toBeLessThanOrEqual(1);
    for (const status of statuses) expect(status).toBeGreaterThanOrEqual(400);
    expect(answer).not.toContain("ready");
  });
});

test("what must never be answered above is answered where it is not hidden", async () => {
  const request = lines("POST /signups HTTP/1.1", "Host: x", "Content-Length: 0", "", SMUGGLED);
  const answer = await exchange(service.url, request, 3_000);
  expect(statusesOf(answer)).toEqual([expect.any(Number), 200]);
  expect(answer).toContain("ready");
});

describe("sizes", () => {
  test.each([
    {
      name: "a head beyond 8 kB",
      request: `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(9_000)}\r\n\r\n`,
      status: 431,
    },
    {
      name: "a thousand headers",
      request: `GET /healthz HTTP/1.1\r\nHost: x\r\n${"A: b\r\n".repeat(2_000)}\r\n`,
      status: 431,
    },
    {
      name: "a path beyond 2 kB",
      request: `GET /${"y".repeat(3_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      status: 414,
    },
    {
      name: "a body that says it has a gigabyte",
      request: lines(
        "POST /signups HTTP/1.1",
        "Host: x",
        "Idempotency-Key: 0123456789abcdef",
        "Content-Type: application/json",
        "Content-Length: 1000000000",
        "",
        "{",
      ),
      status: 413,
    },
  ])("$name: $status", async ({ request, status }) => {
    expect(statusesOf(await exchange(service.url, request, 3_000))).toEqual([status]);
  });
});

test("requests in one piece are answered in their order, each with its own answer", async () => {
  const { cookie } = await signUp(service, newPerson(), "pipelined");
  const answer = await exchange(
    service.url,
    [
      lines("GET /healthz HTTP/1.1", "Host: x", "", ""),
      lines("GET /me HTTP/1.1", "Host: x", `Cookie: ${cookie}`, "", ""),
      lines("GET /me HTTP/1.1", "Host: x", "", ""),
      lines("GET /nothing HTTP/1.1", "Host: x", "Connection: close", "", ""),
    ].join(""),
    3_000,
  );
  expect(statusesOf(answer)).toEqual([200, 200, 401, 404]);
});

test("two people on one connection each get their own data", async () => {
  const people = [newPerson(), newPerson()];
  const cookies = [];
  for (const [at, person] of people.entries())
    cookies.push((await signUp(service, person, `shared-${at}`)).cookie);
  const answer = await exchange(
    service.url,
    cookies
      .map((cookie, at) =>
        lines(
          "GET /me HTTP/1.1",
          "Host: x",
          `Cookie: ${cookie}`,
          `Connection: ${at === 1 ? "close" : "keep-alive"}`,
          "",
          "",
        ),
      )
      .join(""),
    3_000,
  );
  const emails = [...answer.matchAll(/"email":"([^"]+)"/g)].map((match) => match[1]);
  expect(emails).toEqual(people.map(({ email }) => email));
});

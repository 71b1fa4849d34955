import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { beforeEach, describe, expect, test } from "vitest";
import type { Service } from "../src/service.ts";
import { createStage, get, metricsOf, newPerson, signUp } from "./stage.ts";

const stage = createStage();
let service: Service;
let logged: string;

beforeEach(async () => {
  logged = "";
  service = await stage.start({
    onLog(line) {
      logged += line;
    },
  });
});

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  return socket;
}

/** Every byte that comes back for these bytes, until the service closes or has said nothing for a while. */
async function exchange(bytes: string | Buffer, quietMs = 400): Promise<string> {
  const socket = await open();
  let answer = "";
  socket.on("error", () => {});
  socket.setTimeout(quietMs, () => socket.destroy());
  socket.on("data", (chunk) => {
    answer += chunk.toString("latin1");
  });
  const closed = once(socket, "close");
  socket.write(bytes);
  await closed;
  return answer;
}

const statusesOf = (answer: string) =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1]));
const lines = (...text: string[]) => text.join("\r\n");
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
    const answer = await exchange(request);
    const statuses = statusesOf(answer);
    expect(statuses.length).toBeLessThanOrEqual(1);
    for (const status of statuses) expect(status).toBeGreaterThanOrEqual(400);
    expect(answer).not.toContain("ready");
  });
});

test("what must never be answered above is answered where it is not hidden", async () => {
  const request = lines("POST /signups HTTP/1.1", "Host: x", "Content-Length: 0", "", SMUGGLED);
  const answer = await exchange(request, 3_000);
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
    expect(statusesOf(await exchange(request))).toEqual([status]);
  });
});

test("requests in one piece are answered in their order, each with its own answer", async () => {
  const { cookie } = await signUp(service, newPerson(), "pipelined");
  const answer = await exchange(
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

describe("pages of other sites", () => {
  test.each([
    { name: "a form of another site", headers: { origin: "http://evil.example" }, status: 403 },
    { name: "a sandboxed frame", headers: { origin: "null" }, status: 403 },
    { name: "a browser that says cross-site", headers: { "sec-fetch-site": "cross-site" }, status: 403 },
    { name: "a browser that says same-site", headers: { "sec-fetch-site": "same-site" }, status: 403 },
    { name: "our host as a part of another's", headers: { origin: "http://HOST.evil.example" }, status: 403 },
    { name: "another port of our host", headers: { origin: "http://127.0.0.1:1" }, status: 403 },
    {
      name: "our own page",
      headers: { origin: "http://HOST", "sec-fetch-site": "same-origin" },
      status: 201,
    },
    { name: "our own page behind TLS", headers: { origin: "https://HOST" }, status: 201 },
    { name: "a program", headers: {}, status: 201 },
  ])("$name: $status", async ({ headers, status }) => {
    const { host } = new URL(service.url);
    const body = JSON.stringify(newPerson());
    const sent = Object.entries(headers).map(([name, value]) => `${name}: ${value.replace("HOST", host)}`);
    const answer = await exchange(
      lines(
        "POST /signups HTTP/1.1",
        `Host: ${host}`,
        `Idempotency-Key: ${crypto.randomUUID()}`,
        "Content-Type: application/json",
        `Content-Length: ${Buffer.byteLength(body)}`,
        "Connection: close",
        ...sent,
        "",
        body,
      ),
      5_000,
    );
    expect(statusesOf(answer)).toEqual([status]);
    if (status === 403) expect(answer.toLowerCase()).not.toContain("set-cookie");
  });

  test("reading is no state: a link from another site may lead to a page, and cannot read it", async () => {
    const response = await fetch(`${service.url}/me`, { headers: { "sec-fetch-site": "cross-site" } });
    expect(response.status).toBe(401);
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    expect(response.headers.get("cross-origin-resource-policy")).toBe("same-origin");
  });
});

describe("headers", () => {
  const SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": expect.stringContaining("default-src 'none'"),
    "cache-control": expect.stringContaining("no-store"),
  };
  const picked = (headers: Headers) =>
    Object.fromEntries(Object.keys(SECURITY).map((name) => [name, headers.get(name)]));

  test("stand on every kind of answer", async () => {
    const member = await signUp(service, newPerson(), "headers");
    const replies = [
      member,
      await signUp(service, {}, "headers too"),
      await signUp(service, "{", "headers three"),
      await get(service, "/me", member.cookie),
      await get(service, `/members/${member.body["number"]}/card`, member.cookie),
      await get(service, "/me"),
      await get(service, "/nothing"),
      await get(service, "/%"),
      await get(service, `/${"x".repeat(2_100)}`),
      await get(service, "/readyz"),
    ];
    for (const reply of replies) expect(picked(reply.headers)).toEqual(SECURITY);
    expect(member.headers.get("strict-transport-security")).toBeNull();
    expect(member.headers.get("x-powered-by")).toBeNull();
    expect(member.headers.get("server")).toBeNull();
  });

  test("in production ask for TLS from now on, and mark the cookie", async () => {
    const secure = await stage.start({ env: { NODE_ENV: "production", SECRET_KEY: "k".repeat(40) } });
    const member = await signUp(secure, newPerson(), "secure");
    expect(member.headers.get("strict-transport-security")).toBe("max-age=31536000");
    expect(member.headers.get("set-cookie")).toMatch(/; HttpOnly; SameSite=Lax; Secure|; Secure/);
  });
});

describe("strings that mean something to somebody else", () => {
  const STRINGS = [
    { name: "an SQL string's end", text: "'); drop table members; --" },
    { name: "a second statement", text: "x'; update members set name = 'y" },
    { name: "a dollar quote", text: "$$ || pg_sleep(10) || $$" },
    { name: "a placeholder", text: "$1 :name ? %s {0}" },
    { name: "a template", text: "${process.env.SECRET_KEY} {{7*7}} #{7*7}" },
    { name: "a script", text: '"><script>alert(1)</script><svg onload=alert(1)>' },
    { name: "a JSON string's end", text: '","number":"00000000000000000000' },
    { name: "an entity", text: "&lt;&#x27;&amp;]]><![CDATA[" },
    { name: "a path", text: "../../../../etc/passwd" },
    { name: "a shell", text: "`id` $(id) | id; id" },
    { name: "a name of every object", text: "__proto__ constructor toString" },
  ];

  test.each(STRINGS)("$name is stored, and shown to their owner, as it was typed", async ({ text }) => {
    const person = newPerson({ name: text, address: text, message: text });
    const member = await signUp(service, person, crypto.randomUUID());
    expect(member.status).toBe(201);
    const { number, ...shown } = (await get(service, "/me", member.cookie)).body;
    expect(shown).toEqual(person);
    const card = await get(service, `/members/${number}/card`, member.cookie);
    expect(card.status).toBe(200);
    expect(String(card.body["text"])).not.toMatch(/<script|<svg onload/i);
    expect(await stage.sql("select name, address, message from members where number = $1", [number])).toEqual(
      [{ name: text, address: text, message: text }],
    );
  });

  test.each([
    {
      name: "of the body",
      body: (person: object) => `{"__proto__":{"isAdmin":true},${JSON.stringify(person).slice(1)}`,
    },
    {
      name: "of a constructor",
      body: (person: object) =>
        `{"constructor":{"prototype":{"isAdmin":true}},${JSON.stringify(person).slice(1)}`,
    },
    {
      name: "as a list's",
      body: (person: object) => JSON.stringify({ ...person, survey: { __proto__: null, length: 5, 0: "a" } }),
    },
  ])("a prototype $name pollutes nothing", async ({ body }) => {
    const reply = await signUp(service, body(newPerson()), crypto.randomUUID());
    expect(reply.status).toBe(422);
    expect(({} as Record<string, unknown>)["isAdmin"]).toBeUndefined();
    expect((await signUp(service, newPerson(), crypto.randomUUID())).body["isAdmin"]).toBeUndefined();
  });

  test("nothing that is sent makes a line of the log, or a label of a metric", async () => {
    const mark = "canary-5f3a";
    const forged = `${mark}\r\n{"level":50,"msg":"forged"}\x1b[31m`;
    await signUp(service, newPerson({ name: forged }), crypto.randomUUID());
    await signUp(service, `{"${mark}`, crypto.randomUUID());
    await signUp(service, newPerson({ email: mark }), `${mark}${"k".repeat(300)}`);
    for (const path of [`/${mark}`, `/members/${mark}/card`, `/me?${mark}`, `/${mark}%0a%0d`, `/%${mark}`])
      await get(service, path, `session=${mark}`);
    await exchange(lines(`${mark} / HTTP/1.1`, "Host: x", "", ""));
    await exchange(lines("GET / HTTP/1.1", `Host: ${mark} x`, `Origin: ${mark}`, "", ""));
    expect(logged).not.toContain(mark);
    expect(logged).not.toContain("forged");
    expect(await metricsOf(service)).not.toContain(mark);
  });
});

describe("paths", () => {
  test.each([
    "/me/",
    "/ME",
    "/me%2f",
    "/%6de/..",
    "/./me/../me/x",
    "/me;x=y",
    "/me%00",
    "/healthz/../me",
    "/.env",
    "/.git/config",
    "/..%2f..%2fetc%2fpasswd",
    "/metrics",
    "/metrics/anomalies",
    "/alerts",
    "/halt",
    "/admin",
  ])("%s shows nobody's data without a session, and nothing of the admin server", async (path) => {
    const reply = await exchange(
      lines(`GET ${path} HTTP/1.1`, "Host: x", "Connection: close", "", ""),
      3_000,
    );
    expect([400, 401, 404]).toContain(statusesOf(reply)[0]);
  });
});

describe("sessions", () => {
  test.each([
    { name: "none of ours", cookie: "session=aaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaa" },
    { name: "empty", cookie: "session=" },
    { name: "too long", cookie: `session=${"a".repeat(5_000)}` },
    { name: "SQL", cookie: "session=' or 1=1 --" },
    { name: "two, of which none is ours", cookie: "session=a; session=b" },
  ])("a cookie that is $name opens nothing", async ({ cookie }) => {
    expect((await get(service, "/me", cookie)).status).toBe(401);
  });

  test("a session whose MAC was changed by one character opens nothing", async () => {
    const { cookie = "" } = await signUp(service, newPerson(), "mac");
    const changed = cookie.slice(0, -1) + (cookie.endsWith("A") ? "B" : "A");
    expect((await get(service, "/me", changed)).status).toBe(401);
  });
});

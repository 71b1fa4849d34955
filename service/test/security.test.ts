import { beforeEach, describe, expect, test } from "vitest";
import type { Service } from "../src/service.ts";
import { exchange, lines, statusesOf } from "./raw-wire.ts";
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
      service.url,
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
    const secure = await stage.start({
      env: {
        NODE_ENV: "production",
        SECRET_KEY: "k".repeat(40),
        DATABASE_URL: stage.url,
        SMTP_URL: "smtp://127.0.0.1:1",
      },
    });
    const member = await signUp(secure, newPerson(), "secure");
    expect(member.headers.get("strict-transport-security")).toBe("max-age=31536000");
    expect(member.headers.get("set-cookie")).toMatch(/; Path=\/; HttpOnly; SameSite=Lax; Secure; /);
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
    await exchange(service.url, lines(`${mark} / HTTP/1.1`, "Host: x", "", ""));
    await exchange(service.url, lines("GET / HTTP/1.1", `Host: ${mark} x`, `Origin: ${mark}`, "", ""));
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
      service.url,
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

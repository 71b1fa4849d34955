import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import type { Service } from "../src/service.ts";
import { createStage, get, newPerson, type Reply, signUp } from "./stage.ts";

/** Whoever types, sends and forges what they like: nothing halts, nothing leaks, and nobody honest is turned away. */
const stage = createStage();
const VICTIMS_OWN = "address that only the victim typed";

interface Victim {
  readonly number: string;
  readonly email: string;
  readonly cookie: string;
  readonly token: string;
}

async function withVictim(): Promise<{ service: Service; victim: Victim }> {
  const service = await stage.start();
  const person = newPerson({ address: VICTIMS_OWN });
  const reply = await signUp(service, person, crypto.randomUUID());
  const cookie = String(reply.cookie);
  const victim = {
    number: String(reply.body["number"]),
    email: String(person["email"]),
    cookie,
    token: cookie.slice(8),
  };
  return { service, victim };
}

/** Texts that look like what the guard checks. */
const payloads = ({ number, email, token }: Victim): readonly string[] => [
  number,
  ` ${number}`,
  number.replaceAll("0", "０"),
  "0".repeat(20),
  "undefined",
  "null",
  "[object Object]",
  email,
  email.toUpperCase(),
  token,
  `session=${token}; Path=/; HttpOnly`,
  `{"number":"${number}","email":"${email}"}`,
  `","number":"${number}","x":"`,
  `\\","number":"${number}`,
  "\\u0022,\\u0022number",
  `\\`,
  `"`,
  `<b data-field="email">${email}</b>`,
  `</text><text data-field="number">${number}</text>`,
  `<text data-field="name">`,
  `data-field="number">${number}<`,
  `&lt;b data-field=&quot;email&quot;&gt;${email}`,
  "&#60;&#x3c;&amp;amp;&nosuch;&",
  "<![CDATA[ x ]]><!-- -->",
  "Please check: email is too long.",
  `Key (email_key)=(${email}) already exists.`,
  "__proto__",
  "constructor",
  "\u202e\u2066אב\u2069",
  "раураl ｅｍａｉｌ",
  "e\u0301 é ﬀ İ ß",
  "😀👩‍👩‍👧‍👦\u{10ffff}",
  "\ufeffmark",
  "\ufffd",
  "%00%0d%0aSet-Cookie: session=x",
  "1e400",
  "-0",
];

const TYPED = [
  "name",
  "kana",
  "kanjiName",
  "address",
  "message",
  "sex",
  "email",
  "phone",
  "postalCode",
  "birthDate",
];

async function expectCalm(service: Service): Promise<void> {
  expect(await stage.sql("select * from anomalies")).toEqual([]);
  expect(await stage.sql("select phase from campaign_state")).toEqual([{ phase: "open" }]);
  const metrics = await service.metrics.snapshot("all");
  const value = (name: string) => metrics.find((metric) => metric.name === name)?.values[0]?.value;
  expect(value("crowdproof_guard_unrecognised_total")).toBe(0);
  expect(value("crowdproof_guard_checked_total")).toBeGreaterThan(0);
}

function expectOwn({ status, body }: Reply, sent: Record<string, unknown>): void {
  expect(body["code"]).not.toBe("withheld");
  expect(JSON.stringify(body)).not.toContain(VICTIMS_OWN);
  if (status !== 201) return;
  for (const [field, value] of Object.entries(sent))
    expect(body[field]).toEqual(field === "message" || typeof value !== "string" ? value : value.trim());
}

describe("typed into a field:", () => {
  test.each(TYPED)("whatever stands in %s, healthy answers pass and nothing halts", async (field) => {
    const { service, victim } = await withVictim();
    const statuses: number[] = [];
    await Promise.all(
      payloads(victim).map(async (payload) => {
        const person = newPerson({ [field]: payload.slice(0, 400) });
        const reply = await signUp(service, person, crypto.randomUUID());
        statuses.push(reply.status);
        expectOwn(reply, person);
        if (reply.status !== 201) return;
        const me = await get(service, "/me", reply.cookie);
        expect([me.status, me.body]).toEqual([200, reply.body]);
        const card = await get(service, `/members/${reply.body["number"]}/card`, reply.cookie);
        expect(card.status, payload).toBe(200);
      }),
    );
    if (["name", "kana", "address", "message"].includes(field))
      expect(statuses.filter((status) => status === 201).length).toBeGreaterThan(25);
    await expectCalm(service);
  });

  test("and into all of them and the survey at once", async () => {
    const { service, victim } = await withVictim();
    for (const payload of payloads(victim)) {
      const person = newPerson({
        name: payload,
        kana: payload,
        kanjiName: payload.slice(0, 100),
        address: payload,
        survey: [payload, ` ${payload} `, payload, "d", "e"],
        message: ` ${payload}\n`,
      });
      const reply = await signUp(service, person, crypto.randomUUID());
      expect(reply.body["code"]).not.toBe("withheld");
      if (reply.status === 201) expect((await get(service, "/me", reply.cookie)).body).toEqual(reply.body);
    }
    await expectCalm(service);
  });
});

/** The same person as the service reads them, in JSON that no honest client writes. */
const STRANGE_BODIES: readonly {
  name: string;
  body(person: Record<string, unknown>, victim: Victim): string | Buffer;
}[] = [
  {
    name: "fields in another order",
    body: (p) => JSON.stringify(Object.fromEntries(Object.entries(p).reverse())),
  },
  { name: "blanks and line ends between", body: (p) => JSON.stringify(p, null, "\r\n\t ") },
  {
    name: "blanks around the values",
    body: (p) => JSON.stringify({ ...p, name: `  ${p["name"]}\u3000`, survey: [" a", "b ", "c", "d", "e"] }),
  },
  {
    name: "a key twice, the last one counts",
    body: (p, v) => JSON.stringify(p).replace("{", `{"name":"${v.number}","email":"${v.email}",`),
  },
  {
    name: "a key twice, the victim's last",
    body: (p, v) => JSON.stringify(p).replace(/\}$/, `,"kana":"${v.number}"}`),
  },
  { name: "a number of its own", body: (p, v) => JSON.stringify({ number: v.number, ...p }) },
  {
    name: "a prototype",
    body: (p, v) => JSON.stringify(p).replace("{", `{"__proto__":{"email":"${v.email}"},`),
  },
  {
    name: "a constructor",
    body: (p) => JSON.stringify({ ...p, constructor: { prototype: { number: "1" } } }),
  },
  { name: "every character escaped", body: (p) => escapeAll(p) },
  {
    name: "a lone half of a pair",
    body: (p) => JSON.stringify({ ...p, name: "x" }).replace('"x"', '"\\ud800"'),
  },
  { name: "a byte order mark", body: (p) => `\ufeff${JSON.stringify(p)}` },
  {
    name: "bytes that are no UTF-8",
    body: (p) =>
      Buffer.concat([
        Buffer.from(JSON.stringify(p).slice(0, -2)),
        Buffer.from([0xff, 0xc3]),
        Buffer.from('"}'),
      ]),
  },
  {
    name: "a survey that is an object",
    body: (p) => JSON.stringify({ ...p, survey: { 0: "a", 1: "b", length: 5 } }),
  },
  { name: "a huge body", body: (p) => JSON.stringify({ ...p, message: "x".repeat(200_000) }) },
  { name: "nested a thousand deep", body: () => `${"[".repeat(1_000)}${"]".repeat(1_000)}` },
  { name: "a list", body: (p) => JSON.stringify([p]) },
  { name: "no JSON", body: (p) => `${JSON.stringify(p)},` },
  { name: "nothing", body: () => "" },
];

function escapeAll(person: Record<string, unknown>): string {
  const text = (value: unknown) =>
    `"${[...String(value)].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`;
  const list = (values: unknown[]) => `[${values.map(text).join(",")}]`;
  const fields = Object.entries(person).map(([k, v]) => `${text(k)}:${Array.isArray(v) ? list(v) : text(v)}`);
  return `{${fields.join(",")}}`;
}

test("two content types, of which the service takes one, halt nothing", async () => {
  const { service } = await withVictim();
  for (const types of [
    ["application/json", "application/x-www-form-urlencoded"],
    ["application/json", "application/json; charset=utf-16"],
    ["application/x-www-form-urlencoded", "application/json"],
  ]) {
    const body = JSON.stringify(newPerson(), null, 1);
    const head = line(
      "POST /signups HTTP/1.1",
      ...types.map((type) => `Content-Type: ${type}`),
      `Content-Length: ${Buffer.byteLength(body)}`,
      `Idempotency-Key: ${crypto.randomUUID()}`,
      "Host: x",
      "Connection: close",
    );
    expect(await overTheWire(service, `${head}\r\n\r\n${body}`)).toMatch(/^HTTP\/1\.1 [245]/);
  }
  expect(await stage.sql("select * from anomalies")).toEqual([]);
  expect(await stage.sql("select phase from campaign_state")).toEqual([{ phase: "open" }]);
});

describe("sent as a body:", () => {
  test.each(STRANGE_BODIES)("$name", async ({ body }) => {
    const { service, victim } = await withVictim();
    for (const type of [
      "application/json",
      "application/json; charset=utf-8",
      "application/json; charset=utf-16",
      "text/plain",
    ]) {
      const person = newPerson();
      const response = await fetch(`${service.url}/signups`, {
        method: "POST",
        headers: { "content-type": type, "idempotency-key": crypto.randomUUID() },
        body: body(person, victim) as string,
      });
      const text = await response.text();
      expect(text).not.toContain("withheld");
      expect(text).not.toContain(VICTIMS_OWN);
    }
    await expectCalm(service);
  });
});

const line = (...parts: string[]) => parts.join("\r\n");

/** Heads as they go over the wire, with the attacker's own cookie `own`. */
const HEADS: readonly { name: string; head(victim: Victim, own: string): string }[] = [
  {
    name: "many cookies named session",
    head: (v, own) => line("GET /me HTTP/1.1", `Cookie: session=x; ${own}; session=${v.number}`),
  },
  {
    name: "one's own session after a forged one",
    head: (_, own) => line("GET /me HTTP/1.1", `Cookie: session=${"A".repeat(24)}.${"0".repeat(32)}; ${own}`),
  },
  {
    name: "two Cookie headers",
    head: (_, own) => line("GET /me HTTP/1.1", "Cookie: session=", `Cookie: ${own}`),
  },
  {
    name: "a cookie in quotes",
    head: (_, own) => line("GET /me HTTP/1.1", `Cookie: session="${own.slice(8)}"`),
  },
  {
    name: "a cookie of another name that ends the same",
    head: (_, own) => line("GET /me HTTP/1.1", `Cookie: x${own}`),
  },
  {
    name: "a hundred cookies",
    head: (_, own) =>
      line("GET /me HTTP/1.1", `Cookie: ${`session=${"B".repeat(24)}.${"1".repeat(32)}; `.repeat(80)}${own}`),
  },
  {
    name: "a token with a foreign MAC",
    head: (v, own) => line("GET /me HTTP/1.1", `Cookie: ${own.slice(0, 32)}.${v.token.slice(25)}`),
  },
  {
    name: "the victim's number in the path",
    head: (v, own) => line(`GET /members/${v.number}/card HTTP/1.1`, `Cookie: ${own}`),
  },
  {
    name: "the victim's number in the query",
    head: (v, own) => line(`GET /me?number=${v.number}&email=${v.email} HTTP/1.1`, `Cookie: ${own}`),
  },
  { name: "another spelling of the path", head: (_, own) => line("GET /ME/ HTTP/1.1", `Cookie: ${own}`) },
  { name: "an escaped path", head: (_, own) => line("GET /%6d%65 HTTP/1.1", `Cookie: ${own}`) },
  { name: "a broken escape", head: (_, own) => line("GET /members/%ff/card HTTP/1.1", `Cookie: ${own}`) },
  { name: "dots in the path", head: (_, own) => line("GET /x/../me HTTP/1.1", `Cookie: ${own}`) },
  { name: "the absolute form", head: (_, own) => line("GET http://elsewhere/me HTTP/1.1", `Cookie: ${own}`) },
  { name: "two slashes", head: (_, own) => line("GET //me HTTP/1.1", `Cookie: ${own}`) },
  { name: "HEAD", head: (_, own) => line("HEAD /me HTTP/1.1", `Cookie: ${own}`) },
  { name: "OPTIONS", head: (_, own) => line("OPTIONS /me HTTP/1.1", `Cookie: ${own}`) },
  { name: "OPTIONS of everything", head: () => line("OPTIONS * HTTP/1.1") },
  { name: "a method nobody knows", head: (_, own) => line("PATCH /me HTTP/1.1", `Cookie: ${own}`) },
  {
    name: "a body with a GET",
    head: (v, own) =>
      line(
        "GET /me HTTP/1.1",
        `Cookie: ${own}`,
        "Content-Type: application/json",
        `Content-Length: ${v.number.length}`,
      ),
  },
  {
    name: "two lengths",
    head: () => line("POST /signups HTTP/1.1", "Content-Length: 5", "Content-Length: 6"),
  },
  {
    name: "length and chunks",
    head: () => line("POST /signups HTTP/1.1", "Content-Length: 5", "Transfer-Encoding: chunked"),
  },
  {
    name: "a witness of one's own",
    head: (v, own) =>
      line("GET /me HTTP/1.1", `Cookie: ${own}`, `Crowdproof-Witness: {"number":"${v.number}"}`),
  },
  {
    name: "a session to be set",
    head: (v, own) => line("GET /me HTTP/1.1", `Cookie: ${own}`, `Set-Cookie: ${v.cookie}`),
  },
  {
    name: "prototype keys as headers",
    head: (_, own) => line("GET /me HTTP/1.1", `Cookie: ${own}`, "__proto__: x", "constructor: y"),
  },
  {
    name: "method override",
    head: (_, own) => line("GET /me HTTP/1.1", `Cookie: ${own}`, "X-HTTP-Method-Override: DELETE"),
  },
  {
    name: "ranges and conditions",
    head: (_, own) => line("GET /me HTTP/1.1", `Cookie: ${own}`, "Range: bytes=0-5", "If-None-Match: *"),
  },
  {
    name: "a forged ticket and key",
    head: (v) =>
      line(
        "POST /signups HTTP/1.1",
        `Ticket: ${v.token}`,
        `Idempotency-Key: ${v.email}`,
        "Content-Type: application/json",
        "Content-Length: 2",
      ),
  },
];

describe("sent as a head:", () => {
  test.each(HEADS)("$name", async ({ head }) => {
    const { service, victim } = await withVictim();
    const own = String((await signUp(service, newPerson(), crypto.randomUUID())).cookie);
    const text = await overTheWire(
      service,
      `${line(head(victim, own), "Host: x", "Connection: close")}\r\n\r\n{}${" ".repeat(18)}`,
    );
    expect(text).not.toContain("withheld");
    expect(text).not.toContain(VICTIMS_OWN);
    await expectCalm(service);
  });
});

function overTheWire(service: Service, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(service.url).port), "127.0.0.1", () => socket.write(bytes));
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.on("error", () => resolve(text));
    socket.on("close", () => resolve(text));
  });
}

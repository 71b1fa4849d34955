import { createHmac } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import { deriveKeys } from "../src/keys.ts";
import type { Seams } from "../src/seams.ts";
import type { Service } from "../src/service.ts";
import { createStage, get, newPerson, type Reply, signUp } from "./stage.ts";

const stage = createStage();

/** Sign-in codes as their mails carried them: address and code, in the order they were sent. */
interface Mailbox {
  readonly codes: { to: string; code: string }[];
  readonly seams: Partial<Seams>;
}

function createMailbox(): Mailbox {
  const codes: { to: string; code: string }[] = [];
  return {
    codes,
    seams: {
      createMailTransport: () => ({
        async send({ to, raw }) {
          const code = codeIn(raw);
          if (code !== undefined) codes.push({ to, code });
        },
        close: () => Promise.resolve(),
      }),
    },
  };
}

/** Read off the mail's own bytes: the guard lets no other mail out than one of the service's form. */
function codeIn(raw: Buffer): string | undefined {
  const body = raw.toString("latin1").split("\r\n\r\n")[1] ?? "";
  return /^your sign-in code: (\d{8})$/m.exec(Buffer.from(body, "base64").toString())?.[1];
}

/** An outbox is looked at four times a second; a busy machine needs longer. */
const MAIL_WAIT = { timeout: 20_000 };

async function send(
  service: Service,
  method: string,
  path: string,
  body?: unknown,
  cookie?: string,
): Promise<Reply> {
  const response = await fetch(`${service.url}${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(cookie === undefined ? {} : { cookie }),
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? {} : JSON.parse(text),
    cookie: response.headers.getSetCookie()[0]?.split(";")[0],
  };
}

const askCode = (service: Service, email: unknown) => send(service, "POST", "/sign-in-codes", { email });
const useCode = (service: Service, email: unknown, code: string) =>
  send(service, "POST", "/sessions", { email, code });

/** A member, and the code they were sent. */
async function memberWithCode() {
  const mailbox = createMailbox();
  const service = await stage.start({ seams: mailbox.seams });
  const person = newPerson();
  const member = await signUp(service, person, String(person["email"]));
  await askCode(service, person["email"]);
  await expect.poll(() => mailbox.codes.length, MAIL_WAIT).toBe(1);
  const code = mailbox.codes[0]?.code ?? "";
  return { service, mailbox, email: String(person["email"]), code, member };
}

const otherThan = (code: string) => (code === "00000000" ? "00000001" : "00000000");

test("the code from the mail opens a session of the member's own, once", async () => {
  const { service, mailbox, email, code, member } = await memberWithCode();
  expect(mailbox.codes).toEqual([{ to: email, code: expect.stringMatching(/^\d{8}$/) }]);
  const reply = await useCode(service, email.toUpperCase(), code);
  expect({ status: reply.status, body: reply.body, location: reply.headers.get("location") }).toEqual({
    status: 201,
    body: member.body,
    location: "/me",
  });
  expect(reply.cookie).not.toBe(member.cookie);
  expect((await get(service, "/me", reply.cookie)).body).toEqual(member.body);
  expect((await useCode(service, email, code)).status).toBe(401);
});

test("the session's token is bound to the row's identity MAC", async () => {
  const { service, email, code } = await memberWithCode();
  const { cookie = "" } = await useCode(service, email, code);
  const [secret, mac] = cookie.replace("session=", "").split(".");
  const [row] = await stage.sql<{ mac: string }>("select encode(identity_mac, 'hex') as mac from members");
  const key = deriveKeys(readConfig({}).secretKey).session;
  expect(mac).toBe(createHmac("sha256", key).update(`${secret}${row?.mac}`).digest("hex").slice(0, 32));
});

test("an address that nobody has gets the same answer, the same rows, and no mail", async () => {
  const { service, mailbox, email } = await memberWithCode();
  const [known, unknown] = [await askCode(service, email), await askCode(service, "nobody@example.test")];
  const shown = ({ status, body, headers }: Reply) => ({
    status,
    body,
    headers: [...headers].filter(([name]) => name !== "date"),
  });
  expect(shown(unknown)).toEqual(shown(known));
  expect(known.status).toBe(202);
  expect(await stage.sql("select count(*)::int as n from sign_in_codes")).toEqual([{ n: 2 }]);
  await expect.poll(() => stage.sql("select * from outbox")).toEqual([]);
  expect(mailbox.codes.map(({ to }) => to)).toEqual([email, email]);
});

test("a wrong code, and any code for an address that nobody has, are answered alike", async () => {
  const { service, email, code } = await memberWithCode();
  await askCode(service, "nobody@example.test");
  const wrong = await useCode(service, email, otherThan(code));
  const nobody = await useCode(service, "nobody@example.test", code);
  const never = await useCode(service, "never-asked@example.test", code);
  expect([wrong.status, wrong.body["code"]]).toEqual([401, "wrong-code"]);
  for (const reply of [nobody, never]) expect([reply.status, reply.body]).toEqual([wrong.status, wrong.body]);
});

test("a body that is longer than any address and code is not read", async () => {
  const { service, email, code } = await memberWithCode();
  const long = `${email}${" ".repeat(5_000)}`;
  for (const reply of [await askCode(service, long), await useCode(service, long, code)])
    expect([reply.status, reply.body["detail"]]).toEqual([413, "The body has more than 4096 bytes."]);
});

test("somebody else's code is of no use", async () => {
  const { service, mailbox, code } = await memberWithCode();
  const other = newPerson();
  await signUp(service, other, "key-else");
  await askCode(service, other["email"]);
  await expect.poll(() => mailbox.codes.length, MAIL_WAIT).toBe(2);
  expect((await useCode(service, other["email"], code)).status).toBe(401);
});

test("after five wrong tries the right code is of no use either, however many come at once", async () => {
  const { service, email, code } = await memberWithCode();
  const tries = await Promise.all(Array.from({ length: 40 }, () => useCode(service, email, otherThan(code))));
  expect(new Set(tries.map(({ status }) => status))).toEqual(new Set([401]));
  expect(await stage.sql("select tries_left from sign_in_codes")).toEqual([{ tries_left: 0 }]);
  expect((await useCode(service, email, code)).status).toBe(401);
});

test("of two right tries at once one is let in", async () => {
  const { service, email, code } = await memberWithCode();
  const replies = await Promise.all([useCode(service, email, code), useCode(service, email, code)]);
  expect(replies.map(({ status }) => status).sort()).toEqual([201, 401]);
});

test("ten minutes later the code is of no use", async () => {
  const { service, email, code } = await memberWithCode();
  const [left] = await stage.sql<{ seconds: number }>(
    "select extract(epoch from expires_at - now())::float8 as seconds from sign_in_codes",
  );
  expect(left?.seconds).toBeGreaterThan(560);
  expect(left?.seconds).toBeLessThanOrEqual(600);
  await stage.sql("update sign_in_codes set expires_at = now()");
  expect((await useCode(service, email, code)).status).toBe(401);
});

test("a new code takes the place of the last one", async () => {
  const { service, mailbox, email, code } = await memberWithCode();
  await askCode(service, email);
  await expect.poll(() => mailbox.codes.length, MAIL_WAIT).toBe(2);
  expect((await useCode(service, email, code)).status).toBe(401);
  expect((await useCode(service, email, mailbox.codes[1]?.code ?? "")).status).toBe(201);
});

test("the sixth code within an hour is not made, and the answer does not tell", async () => {
  const { service, mailbox, email } = await memberWithCode();
  const answers = await Promise.all(Array.from({ length: 7 }, () => askCode(service, email)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  await expect.poll(() => stage.sql("select * from outbox")).toEqual([]);
  expect(mailbox.codes.length).toBe(5);
  await stage.sql("update sign_in_codes set hour_began_at = now() - interval '1 hour'");
  await askCode(service, email);
  await expect.poll(() => mailbox.codes.length, MAIL_WAIT).toBe(6);
});

test("addresses asked for an hour ago are taken away by whoever asks next", async () => {
  const service = await stage.start({ seams: createMailbox().seams });
  for (const at of [1, 2, 3]) await askCode(service, `made-up-${at}@example.test`);
  await stage.sql(
    "update sign_in_codes set hour_began_at = now() - interval '2 hours', expires_at = now() - interval '1 minute'",
  );
  await askCode(service, "made-up-3@example.test");
  expect(await stage.sql("select asked_in_hour from sign_in_codes")).toEqual([{ asked_in_hour: 1 }]);
});

test("neither a code nor what it could be found out from is in the database", async () => {
  const { code } = await memberWithCode();
  const [row] = await stage.sql<{ text: string }>(
    "select (select json_agg(c)::text from sign_in_codes c) || (select coalesce(json_agg(o)::text, '') from outbox o) as text",
  );
  expect(row?.text).not.toContain(code);
  const [columns] = await stage.sql<{ names: string }>(
    "select string_agg(column_name, ' ' order by ordinal_position) as names from information_schema.columns where table_name = 'sign_in_codes'",
  );
  expect(columns?.names).toBe("address_hash id member_id tries_left expires_at hour_began_at asked_in_hour");
});

test("signing out ends the session at once and takes the cookie; without a session it is nothing", async () => {
  const { service, member } = await memberWithCode();
  const reply = await send(service, "DELETE", "/sessions", undefined, member.cookie);
  expect([reply.status, reply.headers.getSetCookie()]).toEqual([
    204,
    [expect.stringMatching(/^session=; .*Max-Age=0$/)],
  ]);
  expect((await get(service, "/me", member.cookie)).status).toBe(401);
  expect((await send(service, "DELETE", "/sessions")).status).toBe(204);
});

test.each([
  { name: "an empty body", path: "/sign-in-codes", body: "" },
  { name: "no address", path: "/sign-in-codes", body: {} },
  { name: "two addresses", path: "/sign-in-codes", body: { email: "a@x.example@y.example" } },
  { name: "a list", path: "/sign-in-codes", body: { email: ["a@x.example"] } },
  { name: "an unknown field", path: "/sessions", body: { email: "a@x.example", code: "1", __proto__x: 1 } },
  { name: "a number for a code", path: "/sessions", body: { email: "a@x.example", code: 12345678 } },
  { name: "NUL in the address", path: "/sessions", body: { email: "a\u0000@x.example", code: "12345678" } },
  { name: "what is no JSON", path: "/sessions", body: "{" },
])("$name is invalid input, and is not repeated", async ({ path, body }) => {
  const service = await stage.start();
  const reply = await send(service, "POST", path, body);
  expect([reply.status, reply.body["code"]]).toEqual([422, "invalid-input"]);
  expect(JSON.stringify(reply.body)).not.toContain("x.example");
});

test.each(["/sign-in-codes", "/sessions"])("what %s cannot read is refused for its type", async (path) => {
  const service = await stage.start();
  const reply = await send(service, "POST", path);
  expect([reply.status, reply.body["code"]]).toEqual([415, "unsupported-media-type"]);
});

test("whoever sends a sign-in's head and no body takes no turn from members", async () => {
  const service = await stage.start();
  const member = await signUp(service, newPerson());
  const { port, hostname } = new URL(service.url);
  const stalled = await Promise.all(
    ["/sessions", "/sign-in-codes"].flatMap((path) =>
      Array.from({ length: TURNS_FOR_READS }, async () => {
        const socket = connect(Number(port), hostname);
        await once(socket, "connect");
        socket.write(
          `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n`,
        );
        return socket;
      }),
    ),
  );
  try {
    await sleep(STALLED_MS);
    const from = performance.now();
    expect((await get(service, "/me", member.cookie)).status).toBe(200);
    expect(performance.now() - from).toBeLessThan(STALLED_MS);
  } finally {
    for (const socket of stalled) socket.destroy();
  }
});

/** As many as there are by default (docs/configuration.md). */
const TURNS_FOR_READS = 6;
/** Half of what a read may queue for. */
const STALLED_MS = 1_000;

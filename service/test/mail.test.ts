import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type ParsedMail, simpleParser } from "mailparser";
import pino from "pino";
import { SMTPServer } from "smtp-server";
import { afterEach, expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import { createPool } from "../src/db/pool.ts";
import { mailBufferReuse } from "../src/faults/catalogue/mail-buffer-reuse.ts";
import {
  type Mail,
  MailRefusedError,
  type MailTransport,
  type RenderMail,
  SEND_SECONDS_MAX,
  SENDING_MAX,
} from "../src/mail/mail.ts";
import { createMailTransport } from "../src/mail/mail-transport.ts";
import { createMailer } from "../src/mail/mailer.ts";
import { createOutbox } from "../src/mail/outbox.ts";
import { DEFAULT_SEAMS } from "../src/seams.ts";
import { createStage, newPerson, signUp } from "./stage.ts";

const stage = createStage();
const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "crowdproof-mail-test-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function mailsIn(folder: string): Promise<ParsedMail[]> {
  const files = readdirSync(folder).filter((file) => file.endsWith(".eml"));
  return Promise.all(files.map((file) => simpleParser(readFileSync(join(folder, file)))));
}

async function untilThereAre(count: number, read: () => unknown[]): Promise<void> {
  await expect.poll(() => read().length, { timeout: 15_000 }).toBe(count);
}

/** Without a mailer of its own, so that a test can run one as it needs it. */
const WITHOUT_MAILS = { createMailTransport: () => STOPPED } as const;
const STOPPED: MailTransport = {
  send: () => Promise.reject(new Error("not in this test")),
  close: () => Promise.resolve(),
};

async function peopleInTheOutbox(count: number) {
  const service = await stage.start({ seams: WITHOUT_MAILS });
  const people = await Promise.all(
    Array.from({ length: count }, async () => {
      const person = newPerson();
      const reply = await signUp(service, person, String(person["email"]));
      return { ...person, number: String(reply.body["number"]) } as Record<string, unknown> & {
        number: string;
      };
    }),
  );
  await service.close();
  await stage.sql("update outbox set attempts = 0, due_at = now()");
  return people;
}

/** A mailer of the test's own on the stage's database. */
function runMailer(
  transport: Partial<MailTransport>,
  {
    render = textOf,
    attemptsMax = 8,
    retrySeconds = 60,
  }: { render?: RenderMail; attemptsMax?: number; retrySeconds?: number } = {},
) {
  const database = createPool({
    url: stage.url,
    connectionsMax: 2,
    statementSecondsMax: 5,
    connectSecondsMax: 5,
    onIdleError: () => {},
  });
  const outcomes: string[] = [];
  const mailer = createMailer({
    outbox: createOutbox(database, { batchMailsMax: 32, attemptsMax, retrySeconds }),
    render,
    transport: { ...STOPPED, ...transport },
    log: pino({ level: "silent" }),
    mailsPerSecondMax: 10_000,
    count: (outcome) => outcomes.push(outcome),
  });
  mailer.start();
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= mailer.close().then(() => database.close());
    return closing;
  };
  cleanUps.push(close);
  return { outcomes, close };
}

const textOf: RenderMail = async ({ id, email, number }) => ({
  id,
  from: "f@x.example",
  to: email,
  raw: Buffer.from(number),
});

test("a signup's confirmation goes to the member's own address, with their name and number", async () => {
  const folder = freshFolder();
  const service = await stage.start({ env: { MAIL_DIR: folder } });
  const person = newPerson();
  const reply = await signUp(service, person, "key-mail");
  await untilThereAre(1, () => readdirSync(folder).filter((file) => file.endsWith(".eml")));
  const [mail] = await mailsIn(folder);
  expect(mail?.headers.get("delivered-to")).toEqual(expect.objectContaining({ text: person["email"] }));
  expect(mail?.to).toEqual(expect.objectContaining({ text: person["email"] }));
  for (const words of [person["name"], person["kanjiName"], reply.body["number"]])
    expect(mail?.text).toContain(words);
  await expect.poll(() => stage.sql("select * from outbox")).toEqual([]);
});

test.each([
  { name: "a folder that was named", env: () => ({ MAIL_DIR: freshFolder() }), warnings: 1 },
  { name: "a temporary folder", env: () => ({}), warnings: 1 },
  { name: "a relay", env: () => ({ SMTP_URL: "smtp://127.0.0.1:1" }), warnings: 0 },
])(
  "the log of a service whose mails go to $name warns $warnings times that they reach nobody",
  async ({ env, warnings }) => {
    const lines: string[] = [];
    await stage.start({ env: env(), onLog: (line) => lines.push(line) });
    expect(lines.filter((line) => line.includes("reach nobody"))).toHaveLength(warnings);
  },
);

test("one confirmation a member: a retry under the same key and a taken address send none", async () => {
  const service = await stage.start({ seams: WITHOUT_MAILS });
  const person = newPerson();
  await signUp(service, person, "key-once");
  await signUp(service, person, "key-once");
  await signUp(service, newPerson({ email: person["email"] }), "key-other");
  expect(await stage.sql("select kind, outbox.id = member_id as once from outbox")).toEqual([
    { kind: "confirmation", once: true },
  ]);
});

test("without a folder of its own the service writes to a temporary one and removes it at the end", async () => {
  const foldersOf = () => readdirSync(tmpdir()).filter((name) => name.startsWith("crowdproof-mails-"));
  const before = foldersOf();
  const service = await stage.start();
  await signUp(service, newPerson(), "key-temporary");
  const made = () => foldersOf().filter((name) => !before.includes(name));
  await expect.poll(() => made().length).toBeGreaterThan(0);
  const mine = made();
  await service.close();
  expect(foldersOf().filter((name) => mine.includes(name)).length).toBeLessThan(mine.length);
});

test("two mailers on one outbox send each mail once, each to its own person", async () => {
  const people = await peopleInTheOutbox(120);
  const sent: Mail[] = [];
  const transport = { send: async (mail: Mail) => void sent.push(mail) };
  runMailer(transport);
  runMailer(transport);
  await untilThereAre(120, () => sent);
  const expected = people.map((person) => `${person["email"]} ${person.number}`);
  expect(sent.map(({ to, raw }) => `${to} ${raw}`).sort()).toEqual(expected.sort());
  await expect.poll(() => stage.sql("select * from outbox")).toEqual([]);
});

test("mails that another process is taking are skipped, not waited for", async () => {
  await peopleInTheOutbox(10);
  await stage.sql("begin");
  await stage.sql("select id from outbox order by id limit 3 for update");
  const sent: Mail[] = [];
  runMailer({ send: async (mail) => void sent.push(mail) });
  await untilThereAre(7, () => sent);
  await stage.sql("commit");
  await untilThereAre(10, () => sent);
  expect(new Set(sent.map(({ id }) => id)).size).toBe(10);
});

test("a crash between sending and marking sends the same mail again, under the same id, to the same person", async () => {
  const [person] = await peopleInTheOutbox(1);
  const sent: Mail[] = [];
  // It has left, and the process hears of nothing any more.
  const crashed = runMailer({
    send: async (mail) => {
      sent.push(mail);
      throw new Error("killed");
    },
  });
  await untilThereAre(1, () => sent);
  await crashed.close();
  expect(
    await stage.sql("select attempts, due_at > now() + interval '30 seconds' as later from outbox"),
  ).toEqual([{ attempts: 1, later: true }]);
  await stage.sql("update outbox set due_at = now()");
  runMailer({ send: async (mail) => void sent.push(mail) });
  await untilThereAre(2, () => sent);
  expect(sent[1]).toEqual(sent[0]);
  expect(sent[1]?.to).toBe(person?.["email"]);
  await expect.poll(() => stage.sql("select * from outbox")).toEqual([]);
});

test("a mail that cannot be sent is tried again with growing pauses, given up in the end, and kept to be looked at", async () => {
  await peopleInTheOutbox(1);
  const { outcomes } = runMailer({}, { attemptsMax: 3, retrySeconds: 0.02 });
  await untilThereAre(3, () => outcomes);
  await expect
    .poll(() => stage.sql("select attempts, due_at = 'infinity' as dead from outbox"))
    .toEqual([{ attempts: 3, dead: true }]);
  expect(outcomes).toEqual(["failed", "failed", "failed"]);
});

test("a mail whose envelope is not its member's address is withheld", async () => {
  await peopleInTheOutbox(2);
  const sent: Mail[] = [];
  let last = "nobody@x.example";
  const { outcomes } = runMailer(
    { send: async (mail) => void sent.push(mail) },
    {
      async render(letter) {
        const mail = { ...(await textOf(letter)), to: last };
        last = letter.email;
        return mail;
      },
    },
  );
  await untilThereAre(2, () => outcomes);
  expect({ outcomes, sent }).toEqual({ outcomes: ["withheld", "withheld"], sent: [] });
  await expect
    .poll(() => stage.sql("select due_at = 'infinity' as dead from outbox"))
    .toEqual([{ dead: true }, { dead: true }]);
});

test.each([
  { name: "a comma", email: "one,two@x.example" },
  { name: "angle brackets", email: "<one@x.example>" },
  { name: "a quoted name", email: '"x"<one@x.example>' },
  { name: "a group", email: "friends:one@x.example;" },
  { name: "a comment", email: "one(two)@x.example" },
])("an address with $name, which mail programs read as something else, gets nothing", async ({ email }) => {
  const service = await stage.start({ seams: WITHOUT_MAILS });
  expect((await signUp(service, newPerson({ email }), email)).status).toBe(201);
  await service.close();
  await stage.sql("update outbox set attempts = 0, due_at = now()");
  const sent: Mail[] = [];
  const { outcomes } = runMailer({ send: async (mail) => void sent.push(mail) });
  await untilThereAre(1, () => outcomes);
  expect({ outcomes, sent }).toEqual({ outcomes: ["withheld"], sent: [] });
});

test("the mail of a member who is gone is dropped", async () => {
  await peopleInTheOutbox(1);
  await stage.sql("delete from members");
  const { outcomes } = runMailer({});
  await untilThereAre(1, () => outcomes);
  expect(outcomes).toEqual(["dropped"]);
  await expect.poll(() => stage.sql("select * from outbox")).toEqual([]);
});

test("over SMTP each mail goes to its one recipient; who is refused for good is not tried again", async () => {
  const received: { to: string[]; mail: ParsedMail }[] = [];
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    onRcptTo({ address }, _session, callback) {
      callback(
        address.startsWith("gone") ? Object.assign(new Error("no such user"), { responseCode: 550 }) : null,
      );
    },
    onData(stream, { envelope }, callback) {
      simpleParser(stream).then((mail) => {
        received.push({ to: envelope.rcptTo.map(({ address }) => address), mail });
        callback();
      }, callback);
    },
  });
  const listening = server.listen(0, "127.0.0.1");
  await new Promise((resolve) => listening.once("listening", resolve));
  cleanUps.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = listening.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const service = await stage.start({ env: { SMTP_URL: `smtp://127.0.0.1:${port}` } });
  cleanUps.push(() => service.close());
  const gone = newPerson({ email: "gone@example.test" });
  const people = [newPerson(), newPerson(), gone, newPerson()];
  const replies = await Promise.all(people.map((person, at) => signUp(service, person, `smtp-${at}`)));
  await untilThereAre(3, () => received);
  for (const [at, person] of people.entries()) {
    const mine = received.filter(({ to }) => to.includes(String(person["email"])));
    expect(mine.map(({ to }) => to)).toEqual(person === gone ? [] : [[person["email"]]]);
    for (const { mail } of mine) expect(mail.text).toContain(replies[at]?.body["number"]);
  }
  await expect
    .poll(() => stage.sql("select due_at = 'infinity' as dead from outbox"))
    .toEqual([{ dead: true }]);
});

/** A relay that takes connections and no mail. */
async function stuckRelay(onConnection: (socket: Socket) => void): Promise<{ url: string; stop(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onConnection(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const closed = once(server, "close");
  const stop = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  cleanUps.push(async () => {
    stop();
    await closed;
  });
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return { url: `smtp://127.0.0.1:${port}`, stop };
}

/** Greets, and then says each second that there is more to come. */
function sayMore(socket: Socket): void {
  socket.write("220 relay.example\r\n");
  const more = setInterval(() => socket.write("250-more\r\n"), 1_000);
  socket.once("close", () => clearInterval(more));
}

/** A relay that says yes to all but one thing. */
function sayYesBut(at: string, no: string): (socket: Socket) => void {
  const say = (socket: Socket, about: string, yes: string) => socket.write(`${about === at ? no : yes}\r\n`);
  return (socket) => {
    let isMessage = false;
    say(socket, "greeting", "220 relay.example");
    createInterface(socket).on("line", (line) => {
      if (isMessage) {
        if (line !== ".") return;
        isMessage = false;
        say(socket, "message", "250 taken");
      } else if (line.startsWith("EHLO")) {
        socket.write(`250-relay.example\r\n${at === "STARTTLS" ? "250-STARTTLS\r\n" : ""}250 AUTH PLAIN\r\n`);
      } else if (line === "DATA") {
        isMessage = at !== "DATA";
        say(socket, "DATA", "354 go on");
      } else say(socket, line.split(/[ :]/)[0] ?? "", line.startsWith("AUTH") ? "235 welcome" : "250 yes");
    });
  };
}

test.each([
  { name: "the greeting", at: "greeting", no: "554 no service here", expected: "failed" },
  { name: "TLS", at: "STARTTLS", no: "554 no certificate today", expected: "failed" },
  { name: "the login", at: "AUTH", no: "535 bad password", expected: "failed" },
  { name: "the sender", at: "MAIL", no: "550 who are you", expected: "failed" },
  { name: "the recipient", at: "RCPT", no: "550 no such user", expected: "refused" },
  { name: "the recipient for now", at: "RCPT", no: "450 come back", expected: "failed" },
  { name: "the data", at: "DATA", no: "554 not now", expected: "failed" },
  { name: "the message", at: "message", no: "554 looks like spam", expected: "refused" },
  { name: "the message for now", at: "message", no: "451 disk full", expected: "failed" },
  { name: "nothing", at: "nothing", no: "", expected: "sent" },
])("a mail at a relay that refuses $name is $expected", async ({ at, no, expected }) => {
  const relay = await stuckRelay(sayYesBut(at, no));
  const url = relay.url.replace("//", "//user:password@");
  const transport = createMailTransport({ config: readConfig({ SMTP_URL: url }) });
  cleanUps.push(() => transport.close());
  const mail = {
    id: "i",
    from: "f@x.example",
    to: "t@x.example",
    raw: Buffer.from("Subject: x\r\n\r\nx\r\n"),
  };
  const outcome = await transport.send(mail).then(
    () => "sent",
    (error: unknown) => (error instanceof MailRefusedError ? "refused" : "failed"),
  );
  expect(outcome).toBe(expected);
});

test("no mail takes longer than it may, at a relay that says nothing and at one that never comes to an end", async () => {
  const relays = await Promise.all([stuckRelay(() => {}), stuckRelay(sayMore)]);
  const startedMs = performance.now();
  const sent = relays.flatMap(({ url }) => {
    const transport = createMailTransport({ config: readConfig({ SMTP_URL: url }) });
    cleanUps.push(() => transport.close());
    return Array.from({ length: SENDING_MAX }, async () => {
      const mail = { id: "i", from: "f@x.example", to: "t@x.example", raw: Buffer.from("\r\n") };
      const outcome = await transport.send(mail).then(
        () => "sent",
        () => "failed",
      );
      return { outcome, isInTime: performance.now() - startedMs < (SEND_SECONDS_MAX + 2) * 1_000 };
    });
  });
  expect(await Promise.all(sent)).toEqual(sent.map(() => ({ outcome: "failed", isInTime: true })));
});

test("a batch of which each mail takes all of its time is over before the first is due again", async () => {
  await peopleInTheOutbox(40);
  const relay = await stuckRelay(() => {});
  const service = await stage.start({ env: { SMTP_URL: relay.url } });
  const claimed = () =>
    stage.sql<{ mails: number; dueInSeconds: number }>(
      `select count(*)::int as mails, min(extract(epoch from due_at - now()))::float8 as "dueInSeconds"
       from outbox where attempts = 1`,
    );
  await expect.poll(async () => (await claimed())[0]?.mails, { timeout: 15_000 }).toBeGreaterThan(0);
  const { mails = 0, dueInSeconds = 0 } = (await claimed())[0] ?? {};
  expect(dueInSeconds).toBeGreaterThan(50);
  expect(Math.ceil(mails / SENDING_MAX) * SEND_SECONDS_MAX).toBeLessThan(dueInSeconds - 5);
  const closed = service.close();
  // Those that are on their way fail at once.
  relay.stop();
  await closed;
});

test.each([
  {
    name: "an anomaly",
    change: (raw: Buffer) => {
      const text = raw.toString("latin1");
      const bodyAt = text.indexOf("\r\n\r\n") + 4;
      const body = Buffer.from(text.slice(bodyAt), "base64")
        .toString()
        .replaceAll(/^\d{20}$/gm, "1".repeat(20));
      return Buffer.from(text.slice(0, bodyAt) + Buffer.from(body).toString("base64"), "latin1");
    },
    why: "it is an anomaly: wrong-person",
  },
  {
    name: "none of the service's own",
    change: () => Buffer.from("hello"),
    why: "it is not of the service's own form",
  },
])("the log says why a mail was withheld: it is $name", async ({ change, why }) => {
  const lines: string[] = [];
  await stage
    .start({
      env: { MAIL_DIR: freshFolder(), SPOOL_DIR: freshFolder() },
      seams: {
        createMailRenderer(context) {
          const render = DEFAULT_SEAMS.createMailRenderer(context);
          return async (letter) => {
            const mail = await render(letter);
            return { ...mail, raw: change(mail.raw) };
          };
        },
      },
      onLog: (line) => lines.push(line),
    })
    .then((service) => signUp(service, newPerson(), why));
  const withheld = () =>
    lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "a mail was withheld");
  await expect.poll(withheld, { timeout: 10_000 }).toMatchObject([{ kind: "confirmation", why }]);
});

test("with one buffer for all mails and the guard off, people get each other's; one mail after another is right", async () => {
  const folder = freshFolder();
  const service = await stage.start({
    env: { MAIL_DIR: folder, GUARD: "off" },
    seams: mailBufferReuse.apply(DEFAULT_SEAMS),
  });
  const alone = await signUp(service, newPerson(), "alone");
  await untilThereAre(1, () => readdirSync(folder).filter((file) => file.endsWith(".eml")));
  expect((await mailsIn(folder))[0]?.text).toContain(alone.body["number"]);
  const people = await Promise.all(
    Array.from({ length: 24 }, (_, at) => signUp(service, newPerson(), `reuse-${at}`)),
  );
  await untilThereAre(25, () => readdirSync(folder).filter((file) => file.endsWith(".eml")));
  const numbers = new Map(people.map(({ body }) => [String(body["email"]), String(body["number"])]));
  const wrong = (await mailsIn(folder)).filter((mail) => {
    const to = mail.headers.get("delivered-to") as unknown as { text: string };
    return numbers.has(to.text) && !mail.text?.includes(numbers.get(to.text) ?? "?");
  });
  expect(wrong.length).toBeGreaterThan(0);
});

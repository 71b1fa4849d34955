import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createTransport } from "nodemailer";
import MailComposer from "nodemailer/lib/mail-composer";
import { afterEach, describe, expect, it } from "vitest";
import { nodePrimitives } from "../src/engine/embedded/node-primitives.ts";
import type { ObservationEvent } from "../src/events/event.ts";
import { type MailSink, openMailSink } from "../src/mail/mail-sink.ts";
import { createCanaryCodec } from "../src/people/canary.ts";
import { createPerson } from "../src/people/person.ts";
import type { Plan } from "../src/plan/plan.ts";
import type { MailSinkFile } from "../src/target/target.ts";
import { UsageError } from "../src/usage-error.ts";
import { type Desk, openDesk, readVerdict } from "./command-line.ts";
import { handmadePlan, handmadeTarget } from "./conformance.ts";
import { freePort, startMailedSignup, writeMailedFiles } from "./mailed-signup.ts";
import { describeWith } from "./needs.ts";

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function planWith(mail: MailSinkFile, exclusive = true): Plan {
  const target = handmadeTarget("http://127.0.0.1:1", [], {
    sinks: { mail },
    emailDomain: "crowd.example",
    telemetry: { logFiles: [], counters: {}, exclusive },
  });
  const visitors = ["plain", "plain", "pair", "pair"].map((behaviour, visitor) => ({
    behaviour: behaviour as "plain" | "pair",
    dueSeconds: visitor / 10,
    ...(behaviour === "pair" ? { group: 2 } : {}),
  }));
  return handmadePlan({ target, visitors });
}

function peopleOf(plan: Plan) {
  const codec = createCanaryCodec({ runId: plan.runId, ...nodePrimitives });
  return [0, 1, 2, 3].map((visitor) => createPerson({ plan, visitor, codec }));
}

async function open(plan: Plan, said: string[] = []): Promise<MailSink> {
  const sink = await openMailSink({ plan, secrets: {}, say: (reason) => said.push(reason) });
  if (sink === null) throw new Error("no sink was opened");
  cleanUps.push(() => sink.close());
  return sink;
}

const acknowledged = (visitor: number) =>
  ({ type: "request", class: "acknowledged", control: null, visitor }) as Parameters<MailSink["see"]>[0];

async function read(sink: MailSink, isCutShort = false): Promise<ObservationEvent[]> {
  const events: ObservationEvent[] = [];
  const run = { startedAt: new Date(0).toISOString(), atMicroseconds: 7, isCutShort };
  for await (const event of sink.observe(run)) events.push(event);
  return events;
}

const shown = ({ kind, name, visitor, own, foreign }: ObservationEvent) => ({
  kind,
  name,
  visitor,
  own,
  foreign: foreign.map(({ visitor: victim, field, place }) => `${victim} ${field} ${place}`),
});
const mailFacts = (visitor: number | null, own: string[], foreign: string[] = [], name = "folder") => ({
  kind: "mail",
  name,
  visitor,
  own,
  foreign,
});

/** A folder sink into which a test puts mails. */
function folderSink(withinSeconds = 5) {
  const folder = mkdtempSync(join(tmpdir(), "crowdproof-sink-test-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  const put = async (options: object) => {
    const raw = await new MailComposer({ from: "x@service.example", ...options }).compile().build();
    count += 1;
    writeFileSync(join(folder, `${count}.eml`), raw);
  };
  return { folder, mail: { folder, withinSeconds }, put };
}

describe("a folder of mails", () => {
  it("is read as it fills; what was in it before is not this run's", async () => {
    const { mail, put } = folderSink();
    const plan = planWith(mail);
    const [first, second] = peopleOf(plan);
    await put({ to: first?.email, text: first?.latinName });
    const sink = await open(plan);
    sink.see(acknowledged(1));
    await put({ to: second?.email, subject: "Welcome", text: `Dear ${second?.latinName}` });
    const [seen, end] = await read(sink);
    expect(shown(seen!)).toEqual(mailFacts(1, ["latinName"]));
    expect(end).toMatchObject({ kind: "mails-end", value: 1 });
  });

  it("of a run that was cut short says what came until then, waits for nothing and claims no end", async () => {
    const { mail, put } = folderSink(600);
    const plan = planWith(mail);
    const [first, second] = peopleOf(plan);
    const sink = await open(plan);
    for (const visitor of [0, 1]) sink.see(acknowledged(visitor));
    await put({ to: first?.email, text: second?.latinName });
    expect((await read(sink, true)).map(shown)).toEqual([mailFacts(0, [], ["1 latinName mail:text"])]);
  });

  it("that comes into being later is read, and its half-written files are not", async () => {
    const { folder, mail } = folderSink();
    const later = join(folder, "later");
    const plan = planWith({ ...mail, folder: later });
    const sink = await open(plan);
    sink.see(acknowledged(0));
    mkdirSync(later);
    const [first] = peopleOf(plan);
    writeFileSync(join(later, "1.eml.part"), `To: ${first?.email}\r\n\r\n`);
    writeFileSync(join(later, "2.eml"), `To: ${first?.email}\r\n\r\n${first?.kana}`);
    expect((await read(sink)).map(({ kind }) => kind)).toEqual(["mail", "mails-end"]);
  });

  it("claims no end where one mail could not be read, and says which", async () => {
    const { folder, mail, put } = folderSink();
    const plan = planWith(mail);
    const [first] = peopleOf(plan);
    const said: string[] = [];
    const sink = await open(plan, said);
    sink.see(acknowledged(0));
    mkdirSync(join(folder, "broken.eml"));
    await put({ to: first?.email, text: first?.latinName });
    expect((await read(sink)).map(({ kind }) => kind)).toEqual(["mail"]);
    expect(said).toEqual([expect.stringMatching(/broken\.eml could not be read: EISDIR/)]);
  });

  it("takes a file that is still being written when it is whole", async () => {
    const { folder, mail } = folderSink();
    const plan = planWith(mail);
    const [first, second] = peopleOf(plan);
    const sink = await open(plan);
    sink.see(acknowledged(0));
    const file = join(folder, "slow.eml");
    writeFileSync(file, "");
    // Longer than there is between two looks: an empty file is none yet.
    await sleep(1_200);
    const reading = read(sink);
    const lines = Array.from({ length: 12 }, (_, at) => `line ${at}\r\n`);
    for (const part of [`To: ${first?.email}\r\n\r\n`, ...lines, second?.latinName ?? ""]) {
      appendFileSync(file, part);
      await sleep(100);
    }
    const [seen, end] = await reading;
    expect(shown(seen!)).toEqual(mailFacts(0, [], ["1 latinName mail:text"]));
    expect(end).toMatchObject({ kind: "mails-end", value: 1 });
  });

  it.each([
    { name: "a mail that names no recipient", text: (name: string) => `Subject: hello\r\n\r\n${name}` },
    { name: "a file that is empty at the end", text: () => "" },
  ])("claims no end where there is $name, and says so", async ({ text }) => {
    const { folder, mail } = folderSink(0);
    const plan = planWith(mail);
    const [first] = peopleOf(plan);
    const said: string[] = [];
    const sink = await open(plan, said);
    writeFileSync(join(folder, "a.eml"), text(String(first?.latinName)));
    expect(await read(sink)).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/a\.eml could not be read: it names no recipient/)]);
  });

  it("claims no end where a file is still being written at the end, and reads what there is", async () => {
    const { folder, mail } = folderSink(0);
    const plan = planWith(mail);
    const [first, second] = peopleOf(plan);
    const said: string[] = [];
    const sink = await open(plan, said);
    const file = join(folder, "a.eml");
    writeFileSync(file, `To: ${first?.email}\r\n\r\n${second?.latinName}\r\n`);
    const writing = setInterval(() => appendFileSync(file, "more\r\n"), 50);
    cleanUps.push(() => clearInterval(writing));
    expect((await read(sink)).map(shown)).toEqual([mailFacts(0, [], ["1 latinName mail:text"])]);
    expect(said).toEqual([expect.stringMatching(/a\.eml could not be read: it is still being written/)]);
  });

  it("claims no end where a file was gone before it was whole", async () => {
    const { folder, mail } = folderSink(0);
    const said: string[] = [];
    const sink = await open(planWith(mail), said);
    writeFileSync(join(folder, "a.eml"), "");
    await sleep(1_200);
    rmSync(join(folder, "a.eml"));
    expect(await read(sink)).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/a\.eml could not be read: ENOENT/)]);
  });

  it("that cannot be looked at any more claims no end, says so once, and ends nothing", async () => {
    const { folder, mail } = folderSink(2);
    const inner = join(folder, "inner");
    mkdirSync(inner);
    const said: string[] = [];
    const sink = await open(planWith({ ...mail, folder: inner }), said);
    sink.see(acknowledged(0));
    rmSync(inner, { recursive: true });
    writeFileSync(inner, "a file by now");
    expect(await read(sink)).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/inner cannot be looked at: ENOTDIR/)]);
  });

  it("that could not be looked at for a while has lost nothing", async () => {
    const { folder, mail } = folderSink(3);
    const inner = join(folder, "inner");
    mkdirSync(inner);
    const plan = planWith({ ...mail, folder: inner });
    const [first] = peopleOf(plan);
    const said: string[] = [];
    const sink = await open(plan, said);
    sink.see(acknowledged(0));
    rmSync(inner, { recursive: true });
    writeFileSync(inner, "a file for a while");
    await expect.poll(() => said.length, { timeout: 2_000 }).toBe(1);
    rmSync(inner);
    mkdirSync(inner);
    writeFileSync(join(inner, "1.eml"), `To: ${first?.email}\r\n\r\n${first?.kana}`);
    expect((await read(sink)).map(({ kind }) => kind)).toEqual(["mail", "mails-end"]);
  });

  it("that is no folder is wrong usage", async () => {
    const { folder, mail } = folderSink();
    const file = join(folder, "file");
    writeFileSync(file, "");
    const opening = open(planWith({ ...mail, folder: file }));
    await expect(opening).rejects.toThrow(UsageError);
    await expect(opening).rejects.toThrow(/sinks\.mail\.folder.*ENOTDIR/);
  });

  it("with an empty name is no sink at all", async () => {
    const plan = planWith({ folder: "${env:NOWHERE:-}", withinSeconds: 1 });
    expect(await openMailSink({ plan, secrets: {}, say: () => {} })).toBeNull();
  });
});

describe("what a mail says", () => {
  const CASES = [
    {
      name: "base64 and an encoded subject",
      mail: (name: string) => ({ subject: `ようこそ ${name}`, text: `日本語 ${name}` }),
      own: ["latinName"],
    },
    {
      name: "quoted-printable with soft breaks",
      mail: (name: string) => ({ text: `${"é".repeat(60)}${name}`, textEncoding: "quoted-printable" }),
      own: ["latinName"],
    },
    {
      name: "HTML alone",
      mail: (name: string) => ({ html: `<p>Dear <b>${name}</b></p>` }),
      own: ["latinName"],
    },
    {
      name: "an attachment",
      mail: (name: string) => ({
        text: "see below",
        attachments: [{ filename: "card.svg", content: `<text>${name}</text>` }],
      }),
      own: ["latinName"],
    },
    { name: "nothing but the address of its reader in its head", mail: () => ({ text: "hello" }), own: [] },
  ];

  it.each(CASES)(
    "$name: one's own canaries are counted, a stranger's stand as foreign",
    async ({ mail: build, own }) => {
      const { mail, put } = folderSink();
      const plan = planWith(mail);
      const [first, second] = peopleOf(plan);
      const sink = await open(plan);
      for (const visitor of [0, 1]) sink.see(acknowledged(visitor));
      await put({ to: first?.email, ...build(String(first?.latinName)) });
      await put({ to: second?.email, ...build(String(first?.latinName)) });
      const mails = (await read(sink)).filter(({ kind }) => kind === "mail").map(shown);
      expect(mails.map(({ visitor, own: mine }) => ({ visitor, own: mine }))).toEqual([
        { visitor: 0, own },
        { visitor: 1, own: [] },
      ]);
      expect(mails[0]?.foreign).toEqual([]);
      expect(mails[1]?.foreign.some((found) => found.startsWith("0 latinName mail:"))).toBe(own.length > 0);
    },
  );

  it("a head that names somebody else is an exposure to whose mailbox it went", async () => {
    const { mail, folder } = folderSink();
    const plan = planWith(mail);
    const [first, second] = peopleOf(plan);
    const sink = await open(plan);
    sink.see(acknowledged(0));
    writeFileSync(
      join(folder, "a.eml"),
      `Delivered-To: ${first?.email}\r\nTo: ${second?.email}\r\n\r\nhello`,
    );
    expect((await read(sink)).map(shown)[0]).toEqual(mailFacts(0, [], ["1 email mail:header to"]));
  });

  it("of a pair, who share an address, the mail is whose name stands in it", async () => {
    const { mail, put } = folderSink();
    const plan = planWith(mail);
    const [, , third, fourth] = peopleOf(plan);
    expect(third?.email).toBe(fourth?.email);
    const sink = await open(plan);
    sink.see(acknowledged(3));
    await put({ to: third?.email, text: `${fourth?.latinName} ${fourth?.email}` });
    expect((await read(sink)).map(shown)[0]).toEqual(mailFacts(3, ["email", "latinName"]));
  });

  it("a mail to nobody is told where the target is ours alone, and always where it carries somebody's data", async () => {
    for (const exclusive of [true, false]) {
      const { mail, put } = folderSink(1);
      const plan = planWith(mail, exclusive);
      const [first] = peopleOf(plan);
      const sink = await open(plan);
      sink.see(acknowledged(1));
      await put({ to: "admin@service.example", text: "backup done" });
      await put({ to: "admin@service.example", text: `new: ${first?.latinName}` });
      const mails = (await read(sink)).filter(({ kind }) => kind === "mail").map(shown);
      expect(mails).toEqual([
        ...(exclusive ? [mailFacts(null, [])] : []),
        mailFacts(null, [], ["0 latinName mail:text"]),
      ]);
    }
  });

  it("a mail of an older run, that came late, is none of this run's business", async () => {
    const { mail, put } = folderSink(1);
    const plan = planWith(mail);
    const [older] = peopleOf({ ...plan, runId: "cp-zzzzzzzzzzzzz" });
    const sink = await open(plan);
    sink.see(acknowledged(1));
    await put({ to: older?.email, text: older?.latinName });
    expect((await read(sink)).map(({ kind, value }) => [kind, value])).toEqual([["mails-end", 0]]);
  });
});

describe("a sink by SMTP", () => {
  it("takes a mail once for each recipient of the envelope, whatever its head says", async () => {
    const port = await freePort();
    const plan = planWith({ smtp: `127.0.0.1:${port}`, withinSeconds: 5 });
    const sink = await open(plan);
    const [first, second] = peopleOf(plan);
    const transport = createTransport({ host: "127.0.0.1", port, auth: { user: "any", pass: "any" } });
    cleanUps.push(() => transport.close());
    for (const visitor of [0, 1]) sink.see(acknowledged(visitor));
    await transport.sendMail({
      envelope: { from: "x@service.example", to: [first!.email, second!.email] },
      to: "everybody@service.example",
      text: `Dear ${first?.latinName}`,
    });
    expect((await read(sink)).map(shown).slice(0, 2)).toEqual([
      mailFacts(0, ["latinName"], [], "smtp"),
      mailFacts(1, [], ["0 latinName mail:text"], "smtp"),
    ]);
  });

  it("refuses a mail that is too large, and then claims no end", async () => {
    const port = await freePort();
    const plan = planWith({ smtp: `127.0.0.1:${port}`, withinSeconds: 0 });
    const said: string[] = [];
    const sink = await open(plan, said);
    const [first] = peopleOf(plan);
    const transport = createTransport({ host: "127.0.0.1", port });
    cleanUps.push(() => transport.close());
    const text = `Dear ${first?.latinName}\n${"x".repeat(70).concat("\n").repeat(150_000)}`;
    const sending = transport.sendMail({ from: "x@service.example", to: first!.email, text });
    await expect(sending).rejects.toThrow(/552/);
    expect(await read(sink)).toEqual([]);
    expect(said).toEqual([expect.stringContaining("was refused: it has more than 10 MiB")]);
  });

  it("leaves nothing open where it cannot be opened", async () => {
    const servers = () => process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;
    const port = await freePort();
    await open(planWith({ smtp: `127.0.0.1:${port}`, withinSeconds: 1 }));
    const before = servers();
    await expect(open(planWith({ smtp: `127.0.0.1:${port}`, withinSeconds: 1 }))).rejects.toThrow(UsageError);
    await expect.poll(servers).toBeLessThanOrEqual(before);
  });

  it("listens on this machine only, and says so when its port is taken", async () => {
    const port = await freePort();
    await open(planWith({ smtp: `127.0.0.1:${port}`, withinSeconds: 1 }));
    await expect(open(planWith({ smtp: `127.0.0.1:${port}`, withinSeconds: 1 }))).rejects.toThrow(
      /EADDRINUSE.*sinks\.mail/,
    );
    await expect(open(planWith({ smtp: "0.0.0.0:2525", withinSeconds: 1 }))).rejects.toThrow(
      /expected 127\.0\.0\.1:PORT/,
    );
  });
});

describe("steps that wait for a mail", () => {
  it("get the newest that matches, each once, and a 404 where none comes in time", async () => {
    const { mail, put } = folderSink();
    const plan = planWith(mail);
    const [first] = peopleOf(plan);
    plan.target.steps = plan.target.steps.map((step) => ({ ...step, isMail: true as const }));
    const sink = await open(plan);
    const desk = sink.secrets["env:CROWDPROOF_MAIL_DESK"];
    const ask = (matching: string, seconds: number) =>
      fetch(
        `${desk}/mails?to=${encodeURIComponent(first!.email.toUpperCase())}&withinSeconds=${seconds}&matching=${matching}`,
      );
    const waiting = ask("code", 10);
    await put({ to: first?.email, subject: "welcome", text: "hello" });
    await put({ to: first?.email, subject: "code", text: "1234" });
    expect(await (await waiting).text()).toBe("Subject: code\n\n1234\n");
    expect((await ask("code", 0.1)).status).toBe(404);
    expect(await (await ask("", 5)).text()).toContain("welcome");
  });
});

/** The whole way: a signup whose link comes by mail, driven by a gate. */
async function gateMailedSignup(desk: Desk, engine: string, options: { isCrossed?: boolean } = {}) {
  const port = await freePort();
  const server = await startMailedSignup(port, options);
  cleanUps.push(() => server.close());
  const { target, campaign } = writeMailedFiles(desk.path, server.url, port);
  const dir = join(desk.path, `run-${engine}`);
  const ended = await desk.run(["gate", campaign, "--target", target, "--engine", engine, "--out", dir]);
  const verdict = readVerdict(dir);
  const checks = new Map(verdict.checks.map((check) => [check.name, check]));
  return {
    ended,
    verdict,
    readsOwn: checks.get("reads-own"),
    claim: checks.get("claim"),
    members: server.members.size,
  };
}

function deskOfTest(): Desk {
  const desk = openDesk();
  cleanUps.push(() => desk.close());
  return desk;
}

describe("a signup that is confirmed by mail", () => {
  it("is driven to its end by the embedded engine, its mails looked at", async () => {
    const { verdict, readsOwn, claim, members, ended } = await gateMailedSignup(deskOfTest(), "embedded");
    expect(members, ended.stderr).toBeGreaterThan(5);
    expect(claim).toMatchObject({ outcome: "pass" });
    expect(readsOwn).toMatchObject({
      outcome: "pass",
      summary: expect.stringMatching(/mails, to (\d+) of \1 members/),
    });
    expect(verdict.exposuresTotal).toBe(0);
  }, 60_000);

  it("with each other's names in the mails, fails by its mails alone", async () => {
    const { verdict, readsOwn } = await gateMailedSignup(deskOfTest(), "embedded", { isCrossed: true });
    expect(readsOwn).toMatchObject({ outcome: "fail" });
    expect(new Set(verdict.exposures.map(({ step, place }) => `${step} ${place}`))).toEqual(
      new Set(["mail mail:text"]),
    );
  }, 60_000);
});

describeWith("k6", "a signup that is confirmed by mail, sent by k6", () => {
  it("is driven to its end, its mails looked at", async () => {
    const { readsOwn, claim } = await gateMailedSignup(deskOfTest(), "k6");
    expect(claim).toMatchObject({ outcome: "pass" });
    expect(readsOwn).toMatchObject({ outcome: "pass" });
  }, 90_000);
});

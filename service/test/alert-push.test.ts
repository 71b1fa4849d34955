import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import pino from "pino";
import { afterEach, expect, test, vi } from "vitest";
import { createAlarm } from "../src/alert-push/alarm.ts";
import { createAlertPush, type PushOutcome } from "../src/alert-push/alert-push.ts";
import type { AlarmKind } from "../src/alert-push/anomaly-alert.ts";
import type { Clock } from "../src/clock.ts";
import { readConfig } from "../src/config.ts";
import { createPool } from "../src/db/pool.ts";
import { mailBufferReuse } from "../src/faults/catalogue/mail-buffer-reuse.ts";
import { startWatch } from "../src/fleet/watch.ts";
import { createHalt } from "../src/halt/halt.ts";
import { DEFAULT_SEAMS } from "../src/seams.ts";
import { type Alertmanager, createServers, describeWithAlertmanager, type Notified } from "./alertmanager.ts";
import { createStage, get, metricsOf, newPerson, type Reply, signUp } from "./stage.ts";

// Real programs on a machine that others use too.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });
const stage = createStage();
const listen = createServers();
const PATIENCE = { timeout: 20_000 };
const SILENT = pino({ level: "silent" });
const folders: string[] = [];
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "crowdproof-push-"));
  folders.push(folder);
  return folder;
}

const pagesOf = ({ pages }: Alertmanager, kind: AlarmKind): Notified[] =>
  pages.filter(({ labels, status }) => labels["kind"] === kind && status === "firing");

/** A service whose reads show the first member to everybody, and the answer that the second one gets. */
async function leak(env: Record<string, string>): Promise<{ reply: Reply; told: () => Promise<string> }> {
  let stranger: unknown;
  const service = await stage.start({
    env: { SPOOL_DIR: freshFolder(), ...env },
    seams: { createProfileReader: () => ({ read: async () => stranger as never }) },
  });
  const [first, second] = [await signUp(service, newPerson()), await signUp(service, newPerson())];
  expect([first.status, second.status]).toEqual([201, 201]);
  stranger = first.body;
  return { reply: await get(service, "/me", second.cookie), told: () => metricsOf(service) };
}

describeWithAlertmanager("past Prometheus, at Alertmanager's webhook", (start) => {
  test("is the guard's first anomaly, with its links, and without a word of anybody", async () => {
    const alertmanager = await start();
    const { reply, told } = await leak({ ALERTMANAGER_URLS: alertmanager.url });
    expect([reply.status, reply.body["code"]]).toEqual([503, "withheld"]);
    await expect.poll(() => pagesOf(alertmanager, "wrong-person").length, PATIENCE).toBe(1);
    const [page] = pagesOf(alertmanager, "wrong-person");
    expect(page?.labels).toEqual({
      alertname: "IdAnomaly",
      severity: "page",
      halt: "true",
      kind: "wrong-person",
      lane: "push",
    });
    expect(page?.annotations).toEqual({
      summary: expect.stringContaining("wrong-person"),
      description: expect.stringMatching(/^1 of kind wrong-person .* 20\d\d-/),
      runbook_url: "http://127.0.0.1:9095/runbooks/IdAnomaly",
      dashboard_url: "http://127.0.0.1:3002/d/crowdproof-identity",
    });
    const [held] = await alertmanager.holds();
    const standsMs = Date.parse(String(held?.["endsAt"])) - Date.parse(String(held?.["startsAt"]));
    // From the post, which is a moment after the anomaly.
    expect(Math.abs(standsMs - 300_000)).toBeLessThan(5_000);
    const people = await stage.sql<{ number: string; email: string }>("select number, email from members");
    for (const { number, email } of people)
      for (const word of [number, email]) expect(alertmanager.bodies.join("")).not.toContain(word);
    await expect.poll(told).toMatch(/^crowdproof_pushes_total\{outcome="delivered"\} 1$/m);
  });

  test("is what the auditor halts for; a row of the guard's ledger under the guard's own kind", async () => {
    const alertmanager = await start();
    // The schema comes with the first service.
    await (await stage.start()).close();
    await startWatchOver(alertmanager);
    await signUpAndDoctor();
    await expect.poll(() => pagesOf(alertmanager, "doctored-row").length, PATIENCE).toBe(1);
    await insertAnomaly("unbound", "0 s");
    await expect.poll(() => pagesOf(alertmanager, "unbound").length, PATIENCE).toBe(1);
    expect(pagesOf(alertmanager, "unhandled-anomaly")).toEqual([]);
    const alertnameOf = (kind: AlarmKind) => pagesOf(alertmanager, kind)[0]?.labels["alertname"];
    expect([alertnameOf("doctored-row"), alertnameOf("unbound")]).toEqual([
      "IdAnomalyInDatabase",
      "IdAnomaly",
    ]);
  });

  test("is what nobody was there to tell an hour ago; nothing of it after the reopening", async () => {
    const alertmanager = await start();
    await (await stage.start()).close();
    await insertAnomaly("foreign-session", "1 hour");
    await insertAnomaly("duplicate", "3 hours");
    await stage.sql("update campaign_state set reopened_at = clock_timestamp() - interval '2 hours'");
    await startWatchOver(alertmanager);
    await expect.poll(() => pagesOf(alertmanager, "foreign-session").length, PATIENCE).toBe(1);
    // Both were told in the same look.
    expect(pagesOf(alertmanager, "duplicate")).toEqual([]);
  });

  test("is a mail with another person's number: none leaves, the ledger has it, the campaign is halted", async () => {
    const alertmanager = await start();
    const mails = freshFolder();
    const service = await stage.start({
      env: { MAIL_DIR: mails, SPOOL_DIR: freshFolder(), ALERTMANAGER_URLS: alertmanager.url },
      seams: mailBufferReuse.apply(DEFAULT_SEAMS),
    });
    const replies = await Promise.all(Array.from({ length: 24 }, () => signUp(service, newPerson())));
    await expect.poll(() => pagesOf(alertmanager, "wrong-person").length, PATIENCE).toBeGreaterThan(0);
    await expect
      .poll(() => stage.sql("select distinct kind from anomalies where route = 'mail'"), PATIENCE)
      .toEqual([{ kind: "wrong-person" }]);
    await expect
      .poll(() => stage.sql("select phase from campaign_state"), PATIENCE)
      .toEqual([{ phase: "halted" }]);
    expect(await metricsOf(service)).toMatch(/^crowdproof_anomalies_total\{kind="wrong-person"\} [1-9]/m);
    // Each row has been tried once: what is left of the outbox was kept back.
    await expect
      .poll(() => stage.sql("select id from outbox where due_at <> 'infinity'"), PATIENCE)
      .toEqual([]);
    const numberOf = new Map(replies.map(({ body }) => [body["email"], body["number"]]));
    for (const file of readdirSync(mails)) {
      const text = readFileSync(join(mails, file), "latin1");
      const to = /^Delivered-To: (.*)\r$/m.exec(text)?.[1];
      const body = Buffer.from(text.slice(text.indexOf("\r\n\r\n")), "base64").toString();
      expect(body, file).toContain(numberOf.get(to));
    }
  });

  test("is no anomaly that is older than the reopening, and each one after it", async () => {
    const alertmanager = await start();
    await (await stage.start()).close();
    await reopen();
    const { raise, outcomes } = await startAlarm(alertmanager.url);
    raise({ kind: "malformed", by: "guard", reason: "old", atMs: Date.now() - 60_000 });
    raise({ kind: "malformed", by: "guard", reason: "young", atMs: Date.now() });
    await expect.poll(() => pagesOf(alertmanager, "malformed").length, PATIENCE).toBe(1);
    expect(pagesOf(alertmanager, "malformed")[0]?.annotations["description"]).toMatch(/^1 of/);
    expect(outcomes).toEqual(["delivered"]);
  });

  test("is over with the reopening", async () => {
    const alertmanager = await start();
    const { halt, raise } = await startAlarm(alertmanager.url);
    raise({ kind: "malformed", by: "guard", reason: "young", atMs: Date.now() });
    await expect.poll(() => pagesOf(alertmanager, "malformed").length, PATIENCE).toBe(1);
    await halt.settled();
    await reopen();
    const statuses = () => alertmanager.pages.map(({ status }) => status);
    await expect.poll(statuses, PATIENCE).toEqual(["firing", "resolved"]);
    // The next one is news, and counted from one.
    raise({ kind: "malformed", by: "guard", reason: "younger", atMs: Date.now() });
    await expect.poll(statuses, PATIENCE).toEqual(["firing", "resolved", "firing"]);
    expect(alertmanager.pages[2]?.annotations["description"]).toMatch(/^1 of/);
  });

  test("is the anomaly of a process that lives for 50 ms more while the database takes nothing; the file has it too", async () => {
    const alertmanager = await start();
    await (await stage.start()).close();
    const spool = freshFolder();
    const unlock = await lockAnomalies();
    // A machine on which others work may give it none of its 50 ms: then it is born again.
    for (let tries = 0; tries < 3 && (readdirSync(spool).length === 0 || isSilent()); tries++) {
      await stage.sql("update campaign_state set phase = 'open'");
      expect(await signalThatEnds(stage.url, alertmanager.url, spool)).toBe("SIGKILL");
      await expect
        .poll(isSilent, { timeout: 2_000 })
        .toBe(false)
        .catch(() => {});
    }
    expect([isSilent(), readdirSync(spool).length > 0]).toEqual([false, true]);
    await unlock();

    function isSilent(): boolean {
      return pagesOf(alertmanager, "wrong-person").length === 0;
    }
  });
});

/** What a process has that sees anomalies, on a database that has a state. */
async function startAlarm(alertmanagerUrl: string) {
  await (await stage.start()).close();
  const halt = createHalt({ databaseUrl: stage.url, leaseSeconds: 3, log: SILENT });
  const { push, outcomes } = pushTo(alertmanagerUrl);
  closers.push(() => halt.close());
  const raise = createAlarm(halt, push);
  await halt.start();
  return { halt, raise, outcomes };
}

const reopen = () =>
  stage.sql(
    `update campaign_state set phase = 'open', version = version + 1, reopened_at = clock_timestamp()`,
  );

async function lockAnomalies(): Promise<() => Promise<void>> {
  const database = createPool({
    url: stage.url,
    connectionsMax: 1,
    statementSecondsMax: 90,
    connectSecondsMax: 5,
    onIdleError() {},
  });
  closers.push(() => database.close());
  const connection = await database.connect();
  await connection.query({ text: "begin" });
  await connection.query({ text: "lock table anomalies in access exclusive mode" });
  return async () => {
    await connection.query({ text: "commit" });
    connection.release();
  };
}

async function signalThatEnds(...args: string[]): Promise<string | null> {
  const path = new URL("./leak-and-die.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [path, ...args], { stdio: "ignore" });
  closers.push(async () => void child.kill("SIGKILL"));
  await once(child, "exit");
  return child.signalCode;
}

async function insertAnomaly(kind: string, age: string): Promise<void> {
  await stage.sql(
    `insert into anomalies (id, at, worker, kind, route, fields) values ($1, clock_timestamp() - $2::interval, 'w', $3, 'GET /me', '{}')`,
    [randomUUID(), age, kind],
  );
}

async function signUpAndDoctor(): Promise<void> {
  const service = await stage.start();
  await signUp(service, newPerson());
  await service.close();
  await stage.sql("update members set name = 'SOMEBODY ELSE'");
}

async function startWatchOver(alertmanager: Alertmanager): Promise<void> {
  const watch = await startWatch({
    config: readConfig({ ADMIN_PORT: "0", ALERTMANAGER_URLS: alertmanager.url }),
    urls: { operator: stage.url, auditor: stage.url },
    log: SILENT,
    createPages: () => ({
      contentType: "text/plain",
      render: async () => "",
      renderAnomalies: async () => "",
    }),
    countPush() {},
  });
  closers.push(() => watch.close());
}

/** A push of the test's own. */
function pushTo(...alertmanagerUrls: string[]) {
  return pushAt(Date.now, ...alertmanagerUrls);
}

function pushAt(clock: Clock, ...alertmanagerUrls: string[]) {
  const outcomes: PushOutcome[] = [];
  const push = createAlertPush({
    alertmanagerUrls,
    clock,
    runbookBaseUrl: "http://127.0.0.1/runbooks/",
    dashboardBaseUrl: "http://127.0.0.1",
    log: SILENT,
    count: (outcome) => outcomes.push(outcome),
  });
  closers.push(() => push.close());
  return { push, outcomes };
}

type Posted = Pick<Notified, "labels" | "annotations" | "endsAt">;

/** In Alertmanager's place: hears each alert that is posted, and answers as it is told. */
async function hearPosts(statusOf: (alert: Posted) => number) {
  const heard: Posted[] = [];
  const { url } = await listen(async (req, res) => {
    const [alert] = JSON.parse(await text(req)) as [Posted];
    heard.push(alert);
    res.writeHead(statusOf(alert)).end();
  });
  return { url, heard };
}

const wrongPerson = () => ({ kind: "wrong-person", by: "guard", atMs: Date.now() }) as const;

test("an Alertmanager that hangs delays no answer, and keeps no other one from hearing of it", async () => {
  let hanging = 0;
  const heard: string[] = [];
  const hangs = await listen(() => {
    hanging += 1;
  });
  const hears = await listen((req, res) => {
    heard.push(String(req.url));
    res.end();
  });
  const { reply, told } = await leak({ ALERTMANAGER_URLS: `${hangs.url}, ${hears.url}/prefix/` });
  expect([reply.status, reply.body["code"]]).toEqual([503, "withheld"]);
  await expect.poll(() => [hanging > 0, heard], PATIENCE).toEqual([true, ["/prefix/api/v2/alerts"]]);
  await expect.poll(told, PATIENCE).toMatch(/^crowdproof_pushes_total\{outcome="failed"\} 1$/m);
  expect(await told()).toMatch(/^crowdproof_pushes_total\{outcome="delivered"\} 1$/m);
});

test("one that was away for longer than the tries is told when it is back, without another anomaly", async () => {
  let asked = 0;
  const back = await listen((_req, res) => {
    asked += 1;
    res.writeHead(asked <= 3 ? 503 : 200).end();
  });
  const { push, outcomes } = pushTo(back.url);
  push.tell(wrongPerson());
  await expect.poll(() => outcomes, PATIENCE).toEqual(["failed", "delivered"]);
  await sleep(1_500);
  expect([asked, outcomes]).toEqual([4, ["failed", "delivered"]]);
});

test.each([
  { name: "a redirect", status: 302 },
  { name: "a password that is being changed", status: 401 },
  { name: "a proxy during a rollout", status: 404 },
  { name: "a proxy that waited too long", status: 408 },
  { name: "a crowd of others", status: 429 },
])("$name ($status) says nothing of the page: it is told again", async ({ status }) => {
  let asked = 0;
  const back = await listen((_req, res) => {
    asked += 1;
    res.writeHead(asked <= 3 ? status : 200, { Location: "/elsewhere" }).end();
  });
  const { push, outcomes } = pushTo(back.url);
  push.tell(wrongPerson());
  await expect.poll(() => outcomes, PATIENCE).toEqual(["failed", "delivered"]);
});

test("what nobody takes is still posted after 4:59 minutes, and no more after 5:01", async () => {
  let nowMs = Date.now();
  const toldMs = nowMs;
  const bodies: string[] = [];
  const away = await listen(async (req, res) => {
    bodies.push(await text(req));
    res.writeHead(503).end();
  });
  const { push, outcomes } = pushAt(() => nowMs, away.url);
  // It was found late, and is told for as long as one that was found at once.
  push.tell({ kind: "ghost", by: "auditor", atMs: toldMs - 3_600_000 });
  await expect.poll(() => outcomes.length, PATIENCE).toBe(1);
  nowMs = toldMs + 299_000;
  await expect.poll(() => outcomes.length, PATIENCE).toBeGreaterThanOrEqual(3);
  expect(JSON.parse(bodies.at(-1) ?? "[]")).toEqual([
    expect.objectContaining({
      startsAt: new Date(toldMs - 3_600_000).toISOString(),
      endsAt: new Date(nowMs + 300_000).toISOString(),
    }),
  ]);
  nowMs = toldMs + 301_000;
  // The post that is on its way, and its pause.
  await sleep(2_000);
  const posted = bodies.length;
  await sleep(2_500);
  expect(bodies.length).toBe(posted);
});

test.each([400, 413, 422])("what everybody says no to (%i) is told once", async (status) => {
  let asked = 0;
  const refuses = await listen((_req, res) => {
    asked += 1;
    res.writeHead(status).end('"no"');
  });
  const { push, outcomes } = pushTo(refuses.url);
  push.tell(wrongPerson());
  await sleep(2_500);
  expect([asked, outcomes]).toEqual([1, ["failed"]]);
});

test("one that is away, fails or answers without end is tried a few times; one that says no is not", async () => {
  const tries = { fails: 0, refuses: 0, floods: 0 };
  const fails = await listen((_req, res) => {
    tries.fails += 1;
    res.writeHead(503).end();
  });
  const refuses = await listen((_req, res) => {
    tries.refuses += 1;
    res.writeHead(400).end('"no"');
  });
  const floods = await listen((_req, res) => {
    tries.floods += 1;
    const more = setInterval(() => res.write("x".repeat(20_000)), 1);
    res.once("close", () => clearInterval(more));
  });
  // Somebody knows: nobody has to be told again.
  const hears = await listen((_req, res) => {
    res.end();
  });
  const { push, outcomes } = pushTo("http://127.0.0.1:1", fails.url, refuses.url, floods.url, hears.url);
  push.tell(wrongPerson());
  await expect
    .poll(() => outcomes.toSorted(), PATIENCE)
    .toEqual(["delivered", "failed", "failed", "failed", "failed"]);
  expect(tries).toEqual({ fails: 3, refuses: 1, floods: 3 });
});

test("one that comes back between two tries is told, with the user and password of its address", async () => {
  const asked: (string | undefined)[] = [];
  const back = await listen((req, res) => {
    asked.push(req.headers.authorization);
    res.writeHead(asked.length === 1 ? 502 : 200).end();
  });
  const { push, outcomes } = pushTo(back.url.replace("//", "//user:secret@"));
  push.tell(wrongPerson());
  await expect.poll(() => outcomes, PATIENCE).toEqual(["delivered"]);
  const basic = `Basic ${Buffer.from("user:secret").toString("base64")}`;
  expect(asked).toEqual([basic, basic]);
});

test("the first anomaly after a reopening is told at once, also where nobody takes the end of those before it", {
  retry: 2,
}, async () => {
  const isFiring = ({ endsAt }: Posted) => Date.parse(endsAt) > Date.now() + 1_000;
  const { url, heard } = await hearPosts((alert) => (isFiring(alert) ? 200 : 503));
  const { push } = pushTo(url);
  const firing = () => heard.filter(isFiring).length;
  push.tell(wrongPerson());
  await expect.poll(() => heard.length, PATIENCE).toBe(1);
  await sleep(20);
  push.endAll();
  await expect.poll(() => heard.length, PATIENCE).toBe(2);
  expect(firing()).toBe(1);
  push.tell(wrongPerson());
  await expect.poll(firing, { timeout: 500, interval: 5 }).toBe(2);
});

test("what nobody has taken when the campaign reopens pages nobody afterwards", async () => {
  let isBack = false;
  const { url, heard } = await hearPosts(() => (isBack ? 200 : 503));
  const { halt, raise, outcomes } = await startAlarm(url);
  raise({ kind: "malformed", by: "guard", reason: "young", atMs: Date.now() });
  await expect.poll(() => outcomes.length, PATIENCE).toBeGreaterThan(1);
  await halt.settled();
  await reopen();
  await expect.poll(() => halt.state().phase, PATIENCE).toBe("open");
  // What was on its way at that moment.
  await sleep(1_000);
  isBack = true;
  const before = heard.length;
  await sleep(3_000);
  expect(before).toBeGreaterThan(0);
  expect(heard.slice(before)).toEqual([]);
});

test("a storm is one post at once and one a second after it, each kind for itself, with its number", async () => {
  const { url, heard } = await hearPosts(() => 200);
  const { push } = pushTo(url);
  for (let at = 0; at < 10_000; at++) push.tell(wrongPerson());
  push.tell({ ...wrongPerson(), kind: "ghost", by: "auditor" });
  const descriptionsOf = (kind: string) =>
    heard
      .filter(({ labels }) => labels["kind"] === kind)
      .map(({ annotations }) => annotations["description"]?.split(" ")[0]);
  await expect.poll(() => descriptionsOf("ghost"), PATIENCE).toEqual(["1"]);
  await expect.poll(() => descriptionsOf("wrong-person"), PATIENCE).toEqual(["1", "10000"]);
});

test("nothing is sent where no Alertmanager is named, and nothing after the close", async () => {
  let heard = 0;
  const hears = await listen((_req, res) => {
    heard += 1;
    res.end();
  });
  const silent = pushTo();
  silent.push.tell(wrongPerson());
  const closed = pushTo(hears.url);
  await closed.push.close();
  closed.push.tell(wrongPerson());
  expect([heard, silent.outcomes, closed.outcomes]).toEqual([0, [], []]);
});

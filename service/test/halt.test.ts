import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pino from "pino";
import { afterEach, expect, test } from "vitest";
import { createTcpProxy, type TcpProxy } from "../../loadtests/weather/tcp-proxy.ts";
import type { HaltCause } from "../src/halt/campaign-state.ts";
import { createHalt, type OwnHalt } from "../src/halt/halt.ts";
import type { Service } from "../src/service.ts";
import { createStage, get, newPerson, signUp } from "./stage.ts";

const stage = createStage();
/** A busy machine may be slow; none of these waits in the good case. */
const PATIENCE = { timeout: 15_000, interval: 5 };
const silent = pino({ level: "silent" });
let halts: OwnHalt[] = [];
let proxies: TcpProxy[] = [];

afterEach(async () => {
  for (const proxy of proxies) proxy.release();
  await Promise.all(halts.map((halt) => halt.close()));
  await Promise.all(proxies.map((proxy) => proxy.close()));
  halts = [];
  proxies = [];
});

async function startHalt(databaseUrl = stage.url, leaseSeconds = 3): Promise<OwnHalt> {
  const halt = createHalt({ databaseUrl, leaseSeconds, log: silent });
  halts.push(halt);
  await halt.start();
  return halt;
}

async function startProxy(): Promise<TcpProxy> {
  const proxy = await createTcpProxy(stage.url);
  proxies.push(proxy);
  return proxy;
}

const now = (reason = "a reason"): HaltCause => ({ reason, atMs: Date.now() });
const auditOf = (action: string) =>
  stage.sql<{ halted_by: string; actor: string; credential: string; reason: string }>(
    "select halted_by, actor, credential, reason from campaign_audit where action = $1 and version > 1 order by id",
    [action],
  );
const reopen = (ago = "0 seconds") =>
  stage.sql(
    `update campaign_state set phase = 'open', share = 0.01, version = version + 1, reopened_at = clock_timestamp() - $1::interval`,
    [ago],
  );

test("a cause that is told again is no news, however long it takes to the database", async () => {
  await stage.start();
  const proxy = await startProxy();
  const halt = await startHalt(proxy.url);
  const version = async () => (await stage.sql<{ version: string }>("select version from campaign_state"))[0];
  const cause = now();
  halt.trip(cause);
  await halt.settled();
  const before = await version();
  proxy.hold();
  halt.trip(cause);
  await sleep(1_000);
  proxy.release();
  await sleep(500);
  await halt.settled();
  expect(await version()).toEqual(before);
  halt.trip(now());
  await halt.settled();
  expect(await version()).not.toEqual(before);
});

test("says since when it is closed, also while a younger cause is on its way to the database", async () => {
  await stage.start();
  const proxy = await startProxy();
  const halt = await startHalt(proxy.url);
  halt.trip(now());
  await halt.settled();
  const { sinceMs } = halt.state() as { sinceMs: number };
  expect(Math.abs(Date.now() - sinceMs)).toBeLessThan(PATIENCE.timeout);
  await sleep(50);
  proxy.hold();
  halt.trip(now("a younger one"));
  expect(halt.state()).toEqual({ phase: "halted", reason: "a younger one", sinceMs });
});

test("a trip closes its own process before it returns, and the other service on the database shortly after", async () => {
  const [one, other] = [await stage.start(), await stage.start()];
  expect((await signUp(other, newPerson())).status).toBe(201);
  const halt = await startHalt();
  const trippedMs = performance.now();
  halt.trip(now("duplicate on /signups"));
  expect(halt.state()).toMatchObject({ phase: "halted", reason: "duplicate on /signups" });
  // Asked without a body, so that an answer costs nothing and the wait is the notification's.
  await expect
    .poll(async () => (await signUp(other, "")).body["code"], { ...PATIENCE, interval: 1 })
    .toBe("halted");
  console.log(`trip → other service closed: ${(performance.now() - trippedMs).toFixed(1)} ms`);
  await expect.poll(async () => (await signUp(one, "")).body["code"], PATIENCE).toBe("halted");
});

test("a signup at a halted campaign is refused politely: code, spread Retry-After, no number, no cookie, nothing registered", async () => {
  const service = await stage.start();
  const halt = await startHalt();
  halt.trip(now("secret words of the operator"));
  await expect.poll(async () => (await signUp(service, "")).body["code"], PATIENCE).toBe("halted");
  const replies = await Promise.all(Array.from({ length: 20 }, () => signUp(service, newPerson())));
  for (const { status, body, cookie } of replies) {
    expect({ status, keys: Object.keys(body).sort(), cookie }).toEqual({
      status: 503,
      keys: ["code", "detail"],
      cookie: undefined,
    });
    expect(JSON.stringify(body)).not.toContain("secret");
  }
  const seconds = replies.map((reply) => Number(reply.headers.get("retry-after")));
  expect(Math.min(...seconds)).toBeGreaterThanOrEqual(30);
  expect(new Set(seconds).size).toBeGreaterThan(5);
  expect(await stage.sql("select count(*)::int as n from members")).toEqual([{ n: 0 }]);
});

test("members still read their data while the campaign is halted, and the service stays ready", async () => {
  const service = await stage.start();
  const member = await signUp(service, newPerson());
  const halt = await startHalt();
  halt.trip(now());
  await expect.poll(async () => (await signUp(service, "")).body["code"], PATIENCE).toBe("halted");
  expect((await get(service, "/me", member.cookie)).body).toEqual(member.body);
  expect((await get(service, "/readyz")).status).toBe(200);
});

test("no sign-in codes are sent while the campaign is halted, and who is signed in may leave", async () => {
  const service = await stage.start();
  const { cookie = "" } = await signUp(service, newPerson(), randomUUID());
  const askCode = () =>
    fetch(`${service.url}/sign-in-codes`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: "person@example.test" }),
    });
  expect((await askCode()).status).toBe(202);
  const halt = await startHalt();
  halt.trip(now());
  await expect.poll(async () => (await askCode()).status, PATIENCE).toBe(503);
  expect(await (await askCode()).json()).toMatchObject({ code: "halted" });
  expect((await fetch(`${service.url}/sessions`, { method: "DELETE", headers: { cookie } })).status).toBe(
    204,
  );
});

test("an old cause told right after a new one does not take its place, though the reopening between was not read yet", async () => {
  await stage.start();
  const halt = await startHalt();
  await reopen();
  halt.trip(now("after the reopening"));
  halt.trip({ reason: "from before it", atMs: Date.now() - 60_000 });
  await halt.settled();
  expect(halt.state()).toMatchObject({ phase: "halted", reason: "after the reopening" });
});

test("a halt survives a restart", async () => {
  const first = await stage.start();
  const halt = await startHalt();
  halt.trip(now());
  await halt.settled();
  await first.close();
  const second = await stage.start();
  expect((await signUp(second, newPerson())).body["code"]).toBe("halted");
});

test("who halted, when, what, why and by which credential is in the audit trail, which cannot be changed", async () => {
  await stage.start();
  const halt = await startHalt();
  halt.trip({ ...now("an alert"), by: "alert", actor: "alertmanager", credential: "alerts-token:00ff" });
  await halt.settled();
  expect((await auditOf("halt")).at(-1)).toEqual({
    halted_by: "alert",
    actor: "alertmanager",
    credential: "alerts-token:00ff",
    reason: "an alert",
  });
  for (const change of [
    "update campaign_audit set reason = ''",
    "delete from campaign_audit",
    "truncate campaign_audit",
  ])
    await expect(stage.sql(change)).rejects.toThrow("append-only");
});

test("an anomaly older than the last reopening halts neither this process nor the campaign; one that is younger does", async () => {
  await stage.start();
  const halt = await startHalt();
  const before = Date.now() - 60_000;
  await reopen("30 seconds");
  await stage.sql("notify crowdproof_campaign");
  await expect.poll(() => halt.state(), PATIENCE).toMatchObject({ phase: "open", share: 0.01 });
  halt.trip({ reason: "old", atMs: before });
  expect(halt.state().phase).toBe("open");
  halt.trip({ reason: "young", atMs: Date.now() - 10_000 });
  expect(halt.state().phase).toBe("halted");
});

test("an older anomaly tripped by a process that has not heard of the reopening is settled by the database", async () => {
  await stage.start();
  const proxy = await startProxy();
  const halt = await startHalt(proxy.url, 30);
  proxy.hold();
  await reopen();
  halt.trip({ reason: "old", atMs: Date.now() - 1_000 });
  expect(halt.state().phase).toBe("halted");
  proxy.release();
  await halt.settled();
  expect(halt.state()).toMatchObject({ phase: "open", share: 0.01 });
});

test("a process whose clock is wrong by an hour halts all the same", async () => {
  await stage.start();
  await reopen("1 second");
  const halt = await startHalt();
  const realNow = Date.now;
  Date.now = () => realNow() - 3_600_000;
  try {
    halt.trip(now());
  } finally {
    Date.now = realNow;
  }
  await halt.settled();
  expect(halt.state().phase).toBe("halted");
});

test("a database whose clock was set back compares no ages: the halt counts", async () => {
  await stage.start();
  const halt = await startHalt();
  await reopen("-1 hour");
  await stage.sql("notify crowdproof_campaign");
  await expect.poll(() => halt.state(), PATIENCE).toMatchObject({ phase: "open", share: 0.01 });
  halt.trip(now());
  await halt.settled();
  expect(halt.state().phase).toBe("halted");
});

test("the same cause told again is no news, a newer one is, and a storm of them is a few lines", async () => {
  await stage.start();
  const halt = await startHalt();
  const cause = now("storm");
  halt.trip(cause);
  await halt.settled();
  const count = async () => (await auditOf("halt")).filter(({ reason }) => reason === "storm").length;
  halt.trip(cause);
  await halt.settled();
  expect(await count()).toBe(1);
  for (let i = 0; i < 1_000; i += 1) halt.trip(now("storm"));
  await halt.settled();
  expect(await count()).toBe(2);
});

test("where the wire to the database is held, a process closes when its lease ends, and heals by itself", async () => {
  const proxy = await startProxy();
  const service = await stage.start({
    databaseUrl: proxy.url,
    env: { HALT_LEASE_SECONDS: "1", CONNECT_SECONDS_MAX: "0.5" },
  });
  expect((await signUp(service, newPerson())).status).toBe(201);
  proxy.hold();
  const heldMs = performance.now();
  await expect.poll(async () => (await signUp(service, "")).body["code"], PATIENCE).toBe("halted");
  console.log(
    `wire held → closed by the lease of 1 s: ${((performance.now() - heldMs) / 1_000).toFixed(2)} s`,
  );
  proxy.release();
  const releasedMs = performance.now();
  await expect.poll(async () => (await signUp(service, "")).body["code"], PATIENCE).toBe("invalid-input");
  console.log(`wire released → open again: ${((performance.now() - releasedMs) / 1_000).toFixed(2)} s`);
  // Nobody halted, so nobody need reopen.
  expect(await stage.sql("select phase from campaign_state")).toEqual([{ phase: "open" }]);
});

test("a process that is cut off from the database hears of a halt as soon as it can read again", async () => {
  await stage.start();
  const proxy = await startProxy();
  const far = await startHalt(proxy.url, 1);
  proxy.cut();
  await expect.poll(() => far.state().phase, PATIENCE).toBe("unreadable");
  const near = await startHalt();
  near.trip(now("while it was away"));
  await near.settled();
  proxy.release();
  await expect
    .poll(() => far.state(), PATIENCE)
    .toMatchObject({ phase: "halted", reason: "while it was away" });
});

test("a connection that is terminated is made anew before the lease ends", async () => {
  await stage.start();
  const halt = await startHalt();
  const phases = new Set<string>();
  const watching = setInterval(() => phases.add(halt.state().phase), 5);
  await stage.sql(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'crowdproof-halt' and datname = current_database()",
  );
  const near = await startHalt();
  near.trip(now());
  await expect.poll(() => halt.state().phase, PATIENCE).toBe("halted");
  clearInterval(watching);
  expect(phases).not.toContain("unreadable");
});

test("a trip that cannot be written keeps its process closed, and is written once it can be", async () => {
  await stage.start();
  const proxy = await startProxy();
  const halt = await startHalt(proxy.url, 1);
  proxy.cut();
  halt.trip(now("while the wire was cut"));
  await expect
    .poll(() => halt.state(), PATIENCE)
    .toMatchObject({ phase: "halted", reason: "while the wire was cut" });
  expect(await stage.sql("select phase from campaign_state")).toEqual([{ phase: "open" }]);
  proxy.release();
  await halt.settled();
  expect(await stage.sql("select phase, reason from campaign_state")).toEqual([
    { phase: "halted", reason: "while the wire was cut" },
  ]);
});

test("a state that is not in the database, or not to be read, closes the process", async () => {
  await stage.start();
  const halt = await startHalt(stage.url, 1);
  await stage.sql("alter table campaign_state rename to campaign_state_gone");
  try {
    await expect.poll(() => halt.state().phase, PATIENCE).toBe("unreadable");
  } finally {
    await stage.sql("alter table campaign_state_gone rename to campaign_state");
  }
  await expect.poll(() => halt.state().phase, PATIENCE).toBe("open");
});

test("people who queued while the campaign was closed are not let in by their turn", async () => {
  const service = await stage.start({ env: { WORKING_MAX: "1", QUEUE_SECONDS_MAX: "10" } });
  const halt = await startHalt();
  await stage.sql("begin");
  await stage.sql("lock table members in exclusive mode");
  const inside = signUp(service, newPerson());
  const queued = signUp(service, newPerson());
  await expect
    .poll(
      () => stage.sql("select 1 from pg_locks where relation = 'members'::regclass and not granted"),
      PATIENCE,
    )
    .toHaveLength(1);
  halt.trip(now());
  await expect.poll(() => quickCodeOf(service), PATIENCE).toBe("halted");
  await stage.sql("commit");
  expect([(await inside).status, (await queued).body["code"]]).toEqual([201, "halted"]);
});

/** Of an empty signup; undefined where it is queued. */
async function quickCodeOf(service: Service): Promise<unknown> {
  const request = { method: "POST", signal: AbortSignal.timeout(200) };
  return fetch(`${service.url}/signups`, request).then(
    async (response) => ((await response.json()) as { code: string }).code,
    () => undefined,
  );
}

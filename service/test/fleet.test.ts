import { once } from "node:events";
import { copyFileSync, renameSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  createServiceProcesses,
  exitCodeOf,
  isAlive,
  type Ready,
  readProc,
  workerPidsOf,
} from "./service-process.ts";
import { createStage, newPerson } from "./stage.ts";

const stage = createStage();
const { startReady, freshFolder } = createServiceProcesses();

interface Stream {
  /** Numbers that were acknowledged. */
  readonly acknowledged: string[];
  /** Every other answer but being told to wait, and every request without one. */
  readonly misses: string[];
  stop(): Promise<void>;
}

/** People who sign up one after the other, a few at a time, on kept connections as browsers have them. */
function streamSignups(url: string, atOnce = 8): Stream {
  const acknowledged: string[] = [];
  const misses: string[] = [];
  let isOver = false;
  async function signUpOnAndOn(): Promise<void> {
    while (!isOver) {
      try {
        const response = await fetch(`${url}/signups`, {
          method: "POST",
          headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
          body: JSON.stringify(newPerson()),
        });
        const body = (await response.json()) as { number: string; code?: string };
        if (response.status === 201) acknowledged.push(body.number);
        // A slow machine's door tells newcomers to wait, and means it: that is no refusal.
        else if (body.code === "waiting") await sleep(100);
        else misses.push(`${response.status} ${body.code}`);
      } catch (error) {
        const cause = error instanceof Error ? error.cause : undefined;
        misses.push(String(cause ?? error));
        await sleep(5);
      }
    }
  }
  const people = Array.from({ length: atOnce }, signUpOnAndOn);
  return {
    acknowledged,
    misses,
    async stop() {
      isOver = true;
      await Promise.all(people);
    },
  };
}

async function registeredNumbers(): Promise<Set<string>> {
  const rows = await stage.sql<{ number: string }>("select number from members");
  return new Set(rows.map(({ number }) => number));
}

async function metricsAt({ adminUrl }: Ready, path = "/metrics"): Promise<string> {
  return (await fetch(adminUrl + path)).text();
}

async function readSeries(ready: Ready, series: string): Promise<number> {
  const line = (await metricsAt(ready)).split("\n").find((text) => text.startsWith(`${series} `));
  return Number(line?.split(" ").at(-1));
}

test("a rolling restart replaces every worker, refuses nobody, resets nobody and loses nobody", async () => {
  const service = await startReady({ DATABASE_URL: stage.url, WORKERS: "2" });
  const before = workerPidsOf(service.pid);
  const stream = streamSignups(service.url);
  await expect.poll(() => stream.acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(20);
  const deploying = () => readSeries(service, "crowdproof_deploying");
  expect(await deploying()).toBe(0);
  service.child.kill("SIGHUP");
  await expect.poll(deploying, { timeout: 30_000, interval: 50 }).toBe(1);
  await expect.poll(service.words, { timeout: 60_000, interval: 50 }).toContain("rolling restart: done");
  await expect.poll(deploying, { timeout: 30_000 }).toBe(0);
  const soFar = stream.acknowledged.length;
  await expect.poll(() => stream.acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(soFar + 20);
  await stream.stop();
  expect(stream.misses).toEqual([]);
  const after = workerPidsOf(service.pid);
  expect({ workers: after.length, stayed: after.filter((pid) => before.includes(pid)) }).toEqual({
    workers: 2,
    stayed: [],
  });
  const registered = await registeredNumbers();
  expect(stream.acknowledged.filter((number) => !registered.has(number))).toEqual([]);
  // What the workers that left had counted is still counted.
  await expect
    .poll(() => readSeries(service, 'crowdproof_signups_total{outcome="acknowledged"}'), { timeout: 30_000 })
    .toBe(stream.acknowledged.length);
  expect(await readSeries(service, 'crowdproof_worker_exits_total{reason="asked"}')).toBe(2);
  expect(await readSeries(service, "crowdproof_workers_wanted")).toBe(2);
  expect(await metricsAt(service)).toMatch(/^crowdproof_mails_total\{outcome="withheld"\} 0$/m);
});

test("SIGTERM in a stream of signups loses no acknowledged member", async () => {
  const service = await startReady({ DATABASE_URL: stage.url, WORKERS: "2" });
  const stream = streamSignups(service.url, 16);
  await expect.poll(() => stream.acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(50);
  service.child.kill("SIGTERM");
  expect(await exitCodeOf(service)).toBe(0);
  await stream.stop();
  const registered = await registeredNumbers();
  expect(stream.acknowledged.filter((number) => !registered.has(number))).toEqual([]);
});

test("a worker that is killed is replaced and counted, and no counter falls", async () => {
  const service = await startReady({ DATABASE_URL: stage.url, WORKERS: "2" });
  const stream = streamSignups(service.url);
  await expect.poll(() => stream.acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(20);
  await stream.stop();
  const series = 'crowdproof_signups_total{outcome="acknowledged"}';
  const before = await readSeries(service, series);
  expect(before).toBe(stream.acknowledged.length);
  const [victim = 0] = workerPidsOf(service.pid);
  process.kill(victim, "SIGKILL");
  await expect
    .poll(() => readSeries(service, 'crowdproof_worker_exits_total{reason="killed"}'), { timeout: 30_000 })
    .toBe(1);
  expect(await readSeries(service, series)).toBe(before);
  await expect
    .poll(() => readSeries(service, 'crowdproof_workers{state="serving"}'), { timeout: 30_000 })
    .toBe(2);
  expect(workerPidsOf(service.pid)).not.toContain(victim);
  expect(await readSeries(service, series)).toBe(before);
});

test("each worker has a name of its own in the ledgers, which goes to its successor", async () => {
  const service = await startReady({ DATABASE_URL: stage.url, WORKERS: "2" });
  // One span is one process's life; each says every five seconds that it is alive.
  const livesByName = async () => {
    const rows = await stage.sql<{ slot: string; lives: number }>(
      "select split_part(worker, '/', 2) as slot, count(distinct span)::int as lives from access_spans group by worker",
    );
    return Object.fromEntries(rows.map(({ slot, lives }) => [slot, lives]));
  };
  await expect.poll(livesByName, { timeout: 30_000 }).toEqual({ 1: 1, 2: 1 });
  const [victim = 0] = workerPidsOf(service.pid);
  process.kill(victim, "SIGKILL");
  await expect
    .poll(async () => Object.values(await livesByName()).sort(), { timeout: 30_000 })
    .toEqual([1, 2]);
});

test("the only worker comes back at the same place", async () => {
  const service = await startReady({ DATABASE_URL: stage.url });
  const [victim = 0] = workerPidsOf(service.pid);
  process.kill(victim, "SIGKILL");
  await expect
    .poll(() => fetch(`${service.url}/readyz`).then(({ status }) => status, String), { timeout: 30_000 })
    .toBe(200);
});

test("a new worker that dies while the old one leaves is replaced", async () => {
  const service = await startReady({ DATABASE_URL: stage.url, DRAIN_SECONDS_MAX: "0.1" });
  const [old = 0] = workerPidsOf(service.pid);
  const workers = (state: string) => readSeries(service, `crowdproof_workers{state="${state}"}`);
  // It hears nothing, so that it leaves only when it is cut off.
  process.kill(old, "SIGSTOP");
  service.child.kill("SIGHUP");
  await expect.poll(() => workers("leaving"), { timeout: 30_000, interval: 50 }).toBe(1);
  const [young = 0] = workerPidsOf(service.pid).filter((pid) => pid !== old);
  process.kill(young, "SIGKILL");
  await expect.poll(service.words, { timeout: 30_000 }).toContain("rolling restart: done");
  await expect.poll(() => workers("serving"), { timeout: 15_000 }).toBe(1);
  expect(workerPidsOf(service.pid)).not.toContain(young);
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
});

test("a worker that died during a rolling restart is replaced also where the restart is given up", async () => {
  const service = await startReady({ DATABASE_URL: stage.url, WORKERS: "2" });
  const before = workerPidsOf(service.pid);
  service.child.kill("SIGHUP");
  await expect.poll(() => workerPidsOf(service.pid).length, { timeout: 30_000, interval: 5 }).toBe(3);
  const [young = 0] = workerPidsOf(service.pid).filter((pid) => !before.includes(pid));
  process.kill(young, "SIGSTOP");
  process.kill(before[1] ?? 0, "SIGKILL");
  // Longer than the replacement waits.
  await sleep(1_000);
  process.kill(young, "SIGKILL");
  await expect.poll(service.words, { timeout: 30_000 }).toContain("rolling restart: given up");
  await expect
    .poll(() => readSeries(service, 'crowdproof_workers{state="serving"}'), { timeout: 15_000 })
    .toBe(2);
});

test("a worker that cannot even be forked takes nobody down, and is tried again", async () => {
  const node = join(freshFolder(), "node");
  copyFileSync(process.execPath, node);
  const service = await startReady({ DATABASE_URL: stage.url }, node);
  renameSync(node, `${node}.away`);
  process.kill(workerPidsOf(service.pid)[0] ?? 0, "SIGKILL");
  await expect.poll(service.words, { timeout: 15_000 }).toContain("ENOENT");
  expect((await fetch(`${service.adminUrl}/healthz`)).status).toBe(200);
  renameSync(`${node}.away`, node);
  await expect
    .poll(() => fetch(`${service.url}/readyz`).then(({ status }) => status, String), { timeout: 30_000 })
    .toBe(200);
});

test("a worker that hangs delays no page, is told by what it said last, and after 5 s no longer counts as serving", async () => {
  const service = await startReady({ DATABASE_URL: stage.url, WORKERS: "2" });
  const stream = streamSignups(service.url, 2);
  await expect.poll(() => stream.acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(5);
  await stream.stop();
  const series = 'crowdproof_signups_total{outcome="acknowledged"}';
  const acknowledged = stream.acknowledged.length;
  await expect.poll(() => readSeries(service, series), { timeout: 30_000 }).toBe(acknowledged);
  const [hung = 0] = workerPidsOf(service.pid);
  process.kill(hung, "SIGSTOP");
  try {
    expect(await readSeries(service, series)).toBe(acknowledged);
    await expect
      .poll(() => readSeries(service, "crowdproof_event_loop_lag_seconds"), { timeout: 30_000 })
      .toBeGreaterThan(2);
    expect(await metricsAt(service, "/metrics/anomalies")).toContain('crowdproof_workers{state="serving"} 2');
    const workersIn = (state: string) => readSeries(service, `crowdproof_workers{state="${state}"}`);
    await expect.poll(() => workersIn("serving"), { timeout: 30_000 }).toBe(1);
    expect(await workersIn("silent")).toBe(1);
    process.kill(hung, "SIGCONT");
    await expect.poll(() => workersIn("serving"), { timeout: 30_000 }).toBe(2);
    expect(await workersIn("silent")).toBe(0);
  } finally {
    process.kill(hung, "SIGCONT");
  }
});

test("nothing is connected as the owner while the service serves, and no worker's environment has a secret", async () => {
  const secret = "a secret key that workers must not inherit";
  const service = await startReady({ DATABASE_URL: stage.url, SECRET_KEY: secret, WORKERS: "2" });
  const connected = async () => {
    const rows = await stage.sql<{ name: string }>(
      "select distinct usename as name from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    return rows.map(({ name }) => name.replace(/_[0-9a-f]{8}$/, "")).sort();
  };
  // Each part connects with its first question, not before the service is ready.
  await expect
    .poll(connected, { timeout: 30_000 })
    .toEqual(["crowdproof_auditor", "crowdproof_mailer", "crowdproof_operator", "crowdproof_service"]);
  for (const pid of workerPidsOf(service.pid)) {
    const environment = readProc(pid, "environ");
    expect(environment).toContain("NODE_UNIQUE_ID");
    for (const word of [secret, new URL(stage.url).password]) expect(environment).not.toContain(word);
  }
});

test("kill −9 of the parent takes its workers and its PostgreSQL with it", async () => {
  const service = await startReady({ WORKERS: "2" });
  const workers = workerPidsOf(service.pid);
  expect(workers).toHaveLength(2);
  service.child.kill("SIGKILL");
  await expect.poll(() => workers.filter(isAlive), { timeout: 30_000 }).toEqual([]);
  await expect.poll(() => answersAt(service.databaseUrl), { timeout: 30_000 }).toBe(false);
});

async function answersAt(databaseUrl: string): Promise<boolean> {
  const { hostname, port } = new URL(databaseUrl);
  const socket = connect(Number(port), hostname);
  const isThere = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isThere;
}

import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";
import type { RunningService } from "../src/reference/start-service.ts";

/** What beside a crowd a fault needs, and how it is made. */
export interface Weather {
  /** Environment of the service. */
  environment?: Readonly<Record<string, string>>;
  /** File in this folder. */
  campaign?: string;
  /** What a worker had counted goes with it when it is killed: its counters are not compared. */
  isCountLost?: boolean;
  /** It makes the service do less than was promised before: times that were told come out wrong, and nobody lied. */
  isPromiseLost?: boolean;
  /** Begins with the campaign; the signal comes when people are read back. */
  make?(service: RunningService, signal: AbortSignal): Promise<void>;
}

/** Why refusals-honest is not judged in a weather with `isPromiseLost`. */
export const WHY_NO_PROMISES = "the database becomes slower after people were told when to come back";

const LONGER = "weather.yaml";

/** By the names that the service's faults use. */
export const WEATHERS: Readonly<Record<string, Weather>> = {
  // With more connections than by default more people are under way when it stands still.
  "slow-database": {
    campaign: LONGER,
    environment: { POOL_CONNECTIONS_MAX: "40" },
    isPromiseLost: true,
    make: stutter,
  },
  "worker-killed": { campaign: "killed.yaml", isCountLost: true, make: killWorker },
  "two-workers": { environment: { WORKERS: "2" } },
  "clock-steps-back": { make: stepClock },
  deletions: { campaign: LONGER, make: deleteMembers },
  volume: { campaign: "volume.yaml" },
  overload: { campaign: LONGER, environment: { WORKING_MAX: "4", QUEUE_SECONDS_MAX: "0.001" } },
};

/** Of several the first that names a campaign decides it; all else is added up. */
export function addWeather(names: readonly string[]): Required<Weather> {
  const all = names.map(weatherNamed);
  return {
    environment: Object.assign({}, ...all.map(({ environment }) => environment)),
    campaign: all.find(({ campaign }) => campaign !== undefined)?.campaign ?? "campaign.yaml",
    isCountLost: all.some(({ isCountLost }) => isCountLost === true),
    isPromiseLost: all.some(({ isPromiseLost }) => isPromiseLost === true),
    async make(service, signal) {
      await Promise.all(all.map(({ make }) => make?.(service, signal)));
    },
  };
}

function weatherNamed(name: string): Weather {
  const weather = WEATHERS[name];
  if (weather === undefined) throw new Error(`nobody here makes the weather "${name}"`);
  return weather;
}

/** Longer than the patience that the faults have with their database, 250, shorter than anybody else's. */
const STAND_STILL_MS = 320;
/** Longer still: who comes in its first 230 ms waits for longer than 250. */
const LOCKED_MS = 480;
/** Enough for a few statements. */
const GO_ON_MS = 25;

/**
 * The service's backends stand still as on a disk that hangs, go on for a moment, find the members locked as by a
 * migration, go on, and stand still again. Where all stand still it is a request's first statement that waits, and the
 * next ones come while they go on: without the lock, a profile that is read after the session was late in 19 of 20 runs
 * only.
 */
async function stutter({ environment }: RunningService, signal: AbortSignal): Promise<void> {
  await withDatabase(environment, async (client) => {
    while (!signal.aborted) {
      const { rows } = await client.query<{ pid: number }>(
        "select pid from pg_stat_activity where application_name = 'crowdproof'",
      );
      for (const { pid } of rows) sendSignal(pid, "SIGSTOP");
      await sleep(STAND_STILL_MS);
      for (const { pid } of rows) sendSignal(pid, "SIGCONT");
      await sleep(GO_ON_MS);
      await client.query(
        `begin; lock table members in access exclusive mode; select pg_sleep(${LOCKED_MS / 1_000}); commit`,
      );
      await sleep(GO_ON_MS);
    }
  });
}

/** After the campaign's first burst: what is being written then is in nobody's memory but the worker's. */
const KILL_AFTER_MS = 1_200;

async function killWorker({ pid }: RunningService, signal: AbortSignal): Promise<void> {
  await sleep(KILL_AFTER_MS, null, { signal }).catch(() => null);
  if (signal.aborted) return;
  const [worker] = await workersOf(pid);
  if (worker === undefined) throw new Error("there is no worker process to kill");
  process.kill(worker, "SIGKILL");
}

const STEP_EVERY_MS = 300;
const STEPS = 6;

/** The service's fault knows the signal, and nothing else does. */
async function stepClock({ pid }: RunningService, signal: AbortSignal): Promise<void> {
  const workers = await workersOf(pid);
  for (let step = 0; step < STEPS && !signal.aborted; step++) {
    await sleep(STEP_EVERY_MS);
    for (const worker of workers) sendSignal(worker, "SIGUSR2");
  }
}

async function workersOf(parent: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,args="]);
  const workers: number[] = [];
  for (const line of stdout.split("\n")) {
    const [pid, ppid, ...words] = line.trim().split(/\s+/);
    if (Number(ppid) === parent && words.join(" ").includes("worker-main")) workers.push(Number(pid));
  }
  return workers;
}

const DELETE_EVERY_MS = 150;

/** Members are removed while others come: the oldest first, as by a rule of retention. */
async function deleteMembers({ environment }: RunningService, signal: AbortSignal): Promise<void> {
  await withDatabase(environment, async (client) => {
    while (!signal.aborted) {
      await client.query(
        "delete from members where id in (select id from members order by created_at, id limit 3)",
      );
      await sleep(DELETE_EVERY_MS);
    }
  });
}

async function withDatabase(
  environment: RunningService["environment"],
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const client = new Client({
    connectionString: environment["CROWDPROOF_DATABASE_URL"],
    application_name: "crowdproof-prove",
  });
  // The database may be stopped under us by Ctrl-C.
  client.on("error", () => {});
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** A backend may have ended meanwhile. */
function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

import { readFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type RunningService, startReferenceService } from "../src/reference/start-service.ts";
import { UsageError } from "../src/usage-error.ts";
import { createTcpProxy, type TcpProxy } from "../weather/tcp-proxy.ts";
import { type Clock, createClock, findFaketime } from "./clock.ts";
import { type CrashDatabase, createDatabase } from "./database.ts";
import { type Disk, openDisk, whyNoDisk } from "./disk.ts";
import { isAlive, signalTo, workersOf } from "./processes.ts";

/** The reference service with two workers, its PostgreSQL, and everything that can be done to them. */
export interface Machine {
  readonly database: CrashDatabase;
  /** Between the service and its database. */
  readonly proxy: TcpProxy;
  readonly disk: Disk | null;
  readonly clock: Clock | null;
  readonly mailDir: string;
  /** What the target file asks of the environment. */
  environment(): Record<string, string>;
  workers(): number[];
  /** kill −9 of the parent; started again as soon as its workers are gone. False where it is down already. */
  killParent(): Promise<boolean>;
  /** False where it is down already. */
  bounceDatabase(downMs: number): Promise<boolean>;
  /** Resolves, with the seconds it took, once everything serves again; UsageError never: what did not is in the sentence. */
  recover(signal: AbortSignal): Promise<{ seconds: number } | { complaint: string }>;
  /** What ended by itself since this was last asked. */
  takeDeaths(): string[];
  readonly logFile: string;
  close(): Promise<void>;
}

const WORKERS = 2;
/** A worker that died soon after its start is replaced after up to ten seconds. */
const RECOVERY_SECONDS_MAX = 40;
const POLL_MS = 20;

export async function startMachine(fault: string | undefined, signal: AbortSignal): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), "crowdproof-crash-"));
  // Run as root, PostgreSQL is the user `postgres`, who must be able to get to its data.
  await chmod(folder, 0o755);
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const disk = whyNoDisk() === null ? await openDisk(join(folder, "disk")) : null;
    if (disk !== null) closers.push(disk.close);
    const deaths: string[] = [];
    const database = createDatabase({
      dataDir: join(disk?.folder ?? folder, "data"),
      prefix: disk?.prefix ?? [],
    });
    await database.start();
    closers.push(database.close);
    const proxy = await createTcpProxy(database.url);
    closers.push(proxy.close);
    const faketime = findFaketime();
    const clock = "library" in faketime ? await createClock(folder, faketime.library) : null;
    const service = createSupervisor({ folder, fault, proxy, clock, deaths, signal });
    closers.push(service.stop);
    await service.start();
    return assemble({ folder, database, proxy, disk, clock, service, deaths, close: closeAll });
  } catch (error) {
    await closeAll();
    throw error;
  }
}

interface Parts {
  folder: string;
  database: CrashDatabase;
  proxy: TcpProxy;
  disk: Disk | null;
  clock: Clock | null;
  service: Supervisor;
  deaths: string[];
  close(): Promise<void>;
}

function assemble({ folder, database, proxy, disk, clock, service, deaths, close }: Parts): Machine {
  let isBouncing = false;
  const logFile = join(folder, "service.log");
  const log = followLog(logFile);
  async function startDatabase(): Promise<void> {
    await database.start();
    proxy.leadTo(database.url);
  }
  return {
    database,
    proxy,
    disk,
    clock,
    mailDir: join(folder, "mails"),
    logFile,
    environment: () => ({ ...service.environment(), CROWDPROOF_DATABASE_URL: database.url }),
    workers: service.workers,
    killParent: service.kill,
    async bounceDatabase(downMs) {
      if (isBouncing || !database.isUp) return false;
      isBouncing = true;
      try {
        await database.stopImmediately();
        await sleep(downMs);
        await startDatabase();
      } finally {
        isBouncing = false;
      }
      return true;
    },
    async recover(signal) {
      const startedMs = performance.now();
      const secondsSince = () => (performance.now() - startedMs) / 1_000;
      let complaint = "";
      while (secondsSince() < RECOVERY_SECONDS_MAX) {
        signal.throwIfAborted();
        try {
          if (!database.isUp && !isBouncing) await startDatabase();
          complaint = await whyNotServing(service);
        } catch (error) {
          complaint = error instanceof Error ? error.message : String(error);
        }
        if (complaint === "") return { seconds: secondsSince() };
        await sleep(POLL_MS);
      }
      return { complaint: `not recovered within ${RECOVERY_SECONDS_MAX} s: ${complaint}` };
    },
    takeDeaths: () => [...deaths.splice(0), ...workersThatFailed(log())],
    close,
  };
}

/** As many answers on fresh connections as make it likely that each worker gave one. */
const LOOKS = 4;

async function whyNotServing(service: Supervisor): Promise<string> {
  const url = service.environment()["CROWDPROOF_TARGET_URL"];
  if (url === undefined) return service.trouble();
  const workers = service.workers().length;
  if (workers !== WORKERS) return `${workers} of ${WORKERS} workers are there`;
  for (let look = 0; look < LOOKS; look++) {
    const answer = await fetch(`${url}/readyz`, {
      headers: { connection: "close" },
      signal: AbortSignal.timeout(3_000),
    });
    await answer.arrayBuffer();
    if (answer.status !== 200) return `/readyz answers ${answer.status}`;
  }
  return "";
}

interface Supervisor {
  start(): Promise<void>;
  kill(): Promise<boolean>;
  workers(): number[];
  /** Empty while it is down. */
  environment(): Record<string, string>;
  /** Why it does not start. */
  trouble(): string;
  stop(): Promise<void>;
}

interface Supervised {
  folder: string;
  fault: string | undefined;
  proxy: TcpProxy;
  clock: Clock | null;
  deaths: string[];
  signal: AbortSignal;
}

const AGAIN_MS = 100;
/** Later it is recovery that has a limit. */
const FIRST_START_SECONDS_MAX = 60;
const WORKERS_OUTLIVE_SECONDS_MAX = 10;

/** What systemd or Kubernetes do: who dies is started again, once nothing of it is left. */
function createSupervisor({ folder, fault, proxy, clock, deaths, signal }: Supervised): Supervisor {
  let running: RunningService | undefined;
  /** Any that is free; from the first start on, the same through all its lives. */
  let port = 0;
  let isStopping = false;
  let trouble = "the service is being started";
  let starting: Promise<void> = Promise.resolve();

  async function start(): Promise<void> {
    const deadlineMs = port === 0 ? performance.now() + FIRST_START_SECONDS_MAX * 1_000 : Infinity;
    while (!isStopping) {
      try {
        const started = await startReferenceService({
          port,
          fault,
          databaseUrl: proxy.url,
          folder,
          environment: { WORKERS: String(WORKERS), SPOOL_DIR: join(folder, "spool"), ...clock?.environment },
          signal,
        });
        running = started;
        port = Number(new URL(started.url).port);
        void started.ended.then((words) => bury(started, words));
        return;
      } catch (error) {
        // The database is away, or the port not free yet: again, as a supervisor would.
        if (signal.aborted && port !== 0) return;
        if (!(error instanceof UsageError) || performance.now() > deadlineMs) throw error;
        trouble = error.message;
        await sleep(AGAIN_MS);
      }
    }
  }

  /** Nobody killed it: that is a finding, and it is started again. */
  async function bury(died: RunningService, words: string): Promise<void> {
    if (isStopping || running !== died) return;
    deaths.push(`by itself: ${words}`);
    running = undefined;
    await gone(workersOf(died.pid));
    startAgain();
  }

  /** Not waited for: where a full disk has ended the database meanwhile, only recovery starts that again. */
  function startAgain(): void {
    starting = start().catch((error: unknown) => {
      deaths.push(`could not be started again: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  async function gone(workers: readonly number[]): Promise<void> {
    const deadlineMs = performance.now() + WORKERS_OUTLIVE_SECONDS_MAX * 1_000;
    while (workers.some(isAlive)) {
      if (performance.now() > deadlineMs) {
        deaths.push(`workers outlived their parent by ${WORKERS_OUTLIVE_SECONDS_MAX} s`);
        for (const pid of workers) signalTo(pid, "SIGKILL");
      }
      await sleep(POLL_MS);
    }
  }

  return {
    start,
    async kill() {
      if (running === undefined) return false;
      const { pid, ended } = running;
      const workers = workersOf(pid);
      running = undefined;
      signalTo(pid, "SIGKILL");
      await ended;
      await gone(workers);
      startAgain();
      return true;
    },
    workers: () => (running === undefined ? [] : workersOf(running.pid)),
    environment: () => running?.environment ?? {},
    trouble: () => trouble,
    async stop() {
      isStopping = true;
      await starting;
      await running?.stop();
    },
  };
}

/** What was written since the last call. */
function followLog(file: string): () => string {
  let read = 0;
  return () => {
    const bytes = readFileSync(file);
    const fresh = bytes.subarray(read).toString();
    read = bytes.length;
    return fresh;
  };
}

/** Killed ones are ours. */
function workersThatFailed(log: string): string[] {
  return log
    .split("\n")
    .filter((line) => line.includes("a worker died and is replaced") && !line.includes('"reason":"killed"'));
}

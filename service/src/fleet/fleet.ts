import cluster, { type Worker } from "node:cluster";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { type MetricsPage, type MetricsSnapshot, mergeSnapshots } from "../metrics/snapshot.ts";
import { UsageError } from "../usage-error.ts";
import { createLink, type ParentLink } from "./parent-link.ts";

/** The worker processes that share the listening socket, seen from their parent. */
export interface Fleet {
  readonly url: string;
  /** The links to the workers that live now. */
  links(): readonly ParentLink[];
  counts(): Readonly<Record<WorkerState, number>>;
  /** Of the worker that owes its metrics longest; 0 where all have told them. */
  silentSeconds(): number;
  /** How many should be serving. */
  wanted(): number;
  /** A rolling restart is under way. */
  isDeploying(): boolean;
  /** What every living worker says of itself; one that does not answer in time is told by what it said last. */
  snapshots(page: MetricsPage): Promise<readonly MetricsSnapshot[]>;
  /** One worker after the other is replaced; the next one serves before the old one leaves. */
  restart(): Promise<void>;
  /** Every worker finishes what it has under way and ends. */
  stop(): Promise<void>;
}

/** Silent: it serves, by its own last word, and has not answered its parent for SILENT_MS. */
export const WORKER_STATES = ["starting", "serving", "leaving", "silent"] as const;
export type WorkerState = (typeof WORKER_STATES)[number];
/** asked: by us. ended: by itself, with exit code 0. failed: another exit code. killed: by a signal. */
export const EXIT_REASONS = ["asked", "ended", "failed", "killed"] as const;
export type ExitReason = (typeof EXIT_REASONS)[number];

/** What a worker is told at its start: it reads no environment of its own. */
export interface WorkerSettings {
  readonly config: Config;
  readonly databaseUrl: string;
  /** Its place among the workers, from 1; in a crash the place is taken again, by its successor only. */
  readonly slot: number;
}

export interface FleetOptions {
  readonly settings: Omit<WorkerSettings, "slot">;
  readonly log: Logger;
  /** Gives a new worker's link its listeners, before the worker says anything. */
  attach(link: ParentLink): void;
  /** A worker is gone; what it counted must stay counted. */
  onExit(reason: ExitReason, last: MetricsSnapshot): void;
}

/** A worker that dies is replaced at once; one that dies soon after its start waits twice as long each time, up to the limit. */
const BACKOFF_MS = { first: 100, max: 10_000 } as const;
const SOON_MS = 10_000;
/** A worker starts in well under a second; on a machine that is overloaded, in several. */
const START_SECONDS_MAX = 30;
/** A scrape each second has to end within it, also while a worker hangs. */
const METRICS_MS_MAX = 300;
/** Longer than a busy loop leaves its parent without an answer; one that hangs would be counted as serving for ever. */
const SILENT_MS = 5_000;
/** Beyond its own time to drain: the idle wait of kept connections in a rolling restart, and the exit itself. */
const LEAVE_GRACE_SECONDS = 7;

interface Member {
  readonly slot: number;
  readonly worker: Worker;
  readonly link: ParentLink;
  readonly startedMs: number;
  /** It is gone, or never came to be; then with the error. */
  readonly exited: Promise<Error | undefined>;
  state: Exclude<WorkerState, "silent">;
  /** What it said of itself last. */
  last: MetricsSnapshot;
  /** Since when it owes an answer. */
  askedMs: number | undefined;
}

/** Resolves when all workers listen; rejects with the first one's own words when it cannot. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { settings, log } = options;
  const { config } = settings;
  const members = new Set<Member>();
  let isStopping = false;
  let soonDeaths = 0;
  let restarting: Promise<void> | undefined;

  // The kernel gives each new connection to a worker that accepts: none is handed over by a parent, so none is lost with it.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({
    exec: fileURLToPath(
      new URL(import.meta.url.endsWith(".ts") ? "./worker-main.ts" : "./worker-main.js", import.meta.url),
    ),
    args: [],
    serialization: "advanced",
  });

  /** Never one of a living worker: the ledgers tell from the place's name when a worker that died was replaced. */
  function freeSlot(): number {
    const taken = new Set([...members].map(({ slot }) => slot));
    let slot = 1;
    while (taken.has(slot)) slot += 1;
    return slot;
  }

  /** Those who are to stay: one that leaves serves nobody for much longer. */
  const staying = () => [...members].filter(({ state }) => state !== "leaving").length;

  function fork(slot: number): Member {
    const worker = cluster.fork();
    const link = createLink({
      post: (message) => worker.isConnected() && worker.send(message, undefined, () => {}),
      onMessage: (listener) => worker.on("message", listener),
      onClose: (listener) => worker.once("disconnect", listener),
    });
    const { promise: exited, resolve: end } = Promise.withResolvers<Error | undefined>();
    const member: Member = {
      slot,
      worker,
      link,
      startedMs: performance.now(),
      exited,
      state: "starting",
      last: [],
      askedMs: undefined,
    };
    link.on("settings", (): WorkerSettings => ({ ...settings, slot }));
    link.on("last-words", (snapshot) => {
      member.last = mergeSnapshots(member.last, snapshot as MetricsSnapshot);
    });
    options.attach(link);
    members.add(member);
    worker.once("exit", (code, signal) => {
      bury(member, code, signal);
      end(undefined);
    });
    worker.on("error", (error) => {
      // A message to a worker that is just dying fails; its exit says so. One that was never born has no exit.
      if (worker.process.pid !== undefined || !members.has(member)) return;
      bury(member, null, null);
      end(error);
    });
    return member;
  }

  function bury(member: Member, code: number | null, signal: string | null): void {
    const { slot, state, startedMs, last } = member;
    members.delete(member);
    const reason =
      state === "leaving" ? "asked" : signal !== null ? "killed" : code === 0 ? "ended" : "failed";
    options.onExit(reason, last);
    if (isStopping || state !== "serving") return;
    soonDeaths = performance.now() - startedMs < SOON_MS ? soonDeaths + 1 : 0;
    log.error({ reason, code, signal, soonDeaths }, "a worker died and is replaced");
    void replaceLater(slot);
  }

  async function replaceLater(slot: number): Promise<void> {
    const waitMs = Math.min(BACKOFF_MS.max, BACKOFF_MS.first * 2 ** Math.max(0, soonDeaths - 1));
    await sleep(waitMs);
    if (isStopping || staying() >= config.workers) return;
    try {
      const isTaken = [...members].some((member) => member.slot === slot);
      await start(isTaken ? freeSlot() : slot);
    } catch (error) {
      soonDeaths += 1;
      log.error({ words: error instanceof Error ? error.message : String(error) }, "a worker did not start");
      void replaceLater(slot);
    }
  }

  async function start(slot = freeSlot()): Promise<{ member: Member; url: string }> {
    const member = fork(slot);
    const ready = new Promise<string>((resolve, reject) => {
      member.link.on("ready", (url) => resolve(String(url)));
      member.link.on("failed", (failure) => reject(errorOf(failure)));
      void member.exited.then((cause) => {
        const words = cause?.message ?? "it ended before it was ready";
        reject(new Error(`a worker did not start: ${words}`, { cause }));
      });
    });
    const limit = setTimeout(() => member.worker.process.kill("SIGKILL"), START_SECONDS_MAX * 1_000);
    try {
      const url = await ready;
      member.state = "serving";
      return { member, url };
    } finally {
      clearTimeout(limit);
    }
  }

  async function leave(member: Member, how: "politely" | "now"): Promise<void> {
    member.state = "leaving";
    member.link.send("leave", how);
    const secondsMax = config.drainSecondsMax + LEAVE_GRACE_SECONDS;
    const limit = setTimeout(() => member.worker.process.kill("SIGKILL"), secondsMax * 1_000);
    await member.exited;
    clearTimeout(limit);
  }

  async function restartEach(): Promise<void> {
    for (const member of [...members].filter(({ state }) => state === "serving")) {
      if (isStopping) return;
      // It died meanwhile, and its successor is of the new build already.
      if (!members.has(member)) continue;
      await start();
      if (members.has(member)) await leave(member, "politely");
    }
  }

  /** One that died during a rolling restart was not replaced while another was starting; that one may not have come. */
  function fillUp(): void {
    for (let missing = config.workers - staying(); missing > 0; missing--) void replaceLater(freeSlot());
  }

  async function ask(member: Member, page: MetricsPage): Promise<void> {
    member.askedMs ??= performance.now();
    try {
      const told = (await member.link.request("metrics", page)) as MetricsSnapshot;
      member.askedMs = undefined;
      member.last = mergeSnapshots(member.last, told);
    } catch (error) {
      log.debug({ words: error instanceof Error ? error.message : "" }, "a worker told no metrics");
    }
  }

  async function stop(): Promise<void> {
    isStopping = true;
    // One that is still starting has nobody to finish.
    for (const member of members) if (member.state === "starting") member.worker.process.kill("SIGKILL");
    await Promise.all([...members].map((member) => leave(member, "now")));
  }

  let first: Awaited<ReturnType<typeof start>>[];
  try {
    first = await Promise.all(Array.from({ length: config.workers }, () => start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: first[0]?.url ?? "",
    links: () => [...members].map(({ link }) => link),
    counts() {
      const counts = { starting: 0, serving: 0, leaving: 0, silent: 0 };
      const silentSinceMs = performance.now() - SILENT_MS;
      for (const { state, askedMs } of members) {
        const isSilent = state === "serving" && askedMs !== undefined && askedMs < silentSinceMs;
        counts[isSilent ? "silent" : state] += 1;
      }
      return counts;
    },
    silentSeconds() {
      const nowMs = performance.now();
      return Math.max(0, ...[...members].map(({ askedMs = nowMs }) => (nowMs - askedMs) / 1_000));
    },
    wanted: () => (isStopping ? 0 : config.workers),
    isDeploying: () => restarting !== undefined,
    async snapshots(page) {
      const asked = [...members]
        .filter(({ state }) => state !== "starting")
        .map((member) => ask(member, page));
      await Promise.race([Promise.all(asked), sleep(METRICS_MS_MAX)]);
      return [...members].map(({ last }) => last);
    },
    restart() {
      restarting ??= restartEach().finally(() => {
        restarting = undefined;
        fillUp();
      });
      return restarting;
    },
    stop,
  };
}

/** What a worker that cannot start says. */
export interface StartFailure {
  readonly isUsage: boolean;
  readonly words: string;
}

function errorOf(failure: unknown): Error {
  const { isUsage, words } = failure as StartFailure;
  return isUsage ? new UsageError(words) : new Error(words);
}

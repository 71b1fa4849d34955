import type { Logger } from "pino";
import { type OwnConnection, openOwnConnection } from "../db/own-connection.ts";
import { errorCodeOf } from "../db/sql-state.ts";
import { readStatement } from "../db/statement.ts";
import type { CampaignState, Halt, HaltCause } from "./campaign-state.ts";

const READ_STATE = readStatement(import.meta.url, "read-campaign-state.sql");
const HALT_CAMPAIGN = readStatement(import.meta.url, "halt-campaign.sql");
const CHANNEL = "crowdproof_campaign";

/** Of a storm of causes the first are forgotten; told again they may count once more. */
const TOLD_MAX = 1_000;
/** Twice in the second that is promised, so that one slow look does not break the promise. */
const READ_EVERY_MS = 500;
/** After a look that failed: soon, because the lease is running out; not at once, because the database may be starting. */
const RETRY_AFTER_MS = 250;

export interface HaltOptions {
  readonly databaseUrl: string;
  /** HALT_LEASE_SECONDS: longest this process believes in "open" without having read it again. */
  readonly leaseSeconds: number;
  readonly log: Logger;
}

interface Row {
  phase: "open" | "halted";
  share: number;
  reason: string;
  sinceMs: number;
  reopenedAtMs: number | null;
  reopenedAgeMs: number | null;
}

/** What was last read, and until when it may be believed. Times on this process's monotonic clock. */
interface Reading {
  readonly row: Row;
  readonly trustedUntilMs: number;
  readonly reopenedMonotonicMs: number | null;
}

interface Tripped {
  readonly cause: HaltCause;
  readonly causeMonotonicMs: number;
  readonly sinceMs: number;
}

/** A halt of this process's own. */
export interface OwnHalt extends Halt {
  /** Begins to look, once the schema is there. Resolves after the first look, whether or not the state could be read. */
  start(): Promise<void>;
}

/**
 * The campaign's state as one process knows it; closed before `start`. One connection of its own carries LISTEN, the
 * looks and the trips, one after the other, so that no old answer can overtake a new one.
 */
export function createHalt(options: HaltOptions): OwnHalt {
  const leaseMs = options.leaseSeconds * 1_000;
  let connection: OwnConnection | undefined;
  let reading: Reading | undefined;
  let pending: Tripped | undefined;
  let isClosing = false;
  const startedMs = Date.now();
  const bell = createBell();
  const news = createNews(options.log);
  const watchers: ((state: CampaignState) => void)[] = [];
  let settling = Promise.withResolvers<void>();
  settling.resolve();

  function state(): CampaignState {
    if (pending !== undefined)
      return { phase: "halted", sinceMs: pending.sinceMs, reason: pending.cause.reason };
    if (reading === undefined) return { phase: "unreadable", sinceMs: startedMs };
    const overdueMs = performance.now() - reading.trustedUntilMs;
    if (overdueMs >= 0) return { phase: "unreadable", sinceMs: Date.now() - overdueMs };
    const { phase, share, reason, sinceMs, reopenedAtMs } = reading.row;
    return phase === "open" ? { phase, share, reopenedAtMs } : { phase, sinceMs, reason };
  }

  /**
   * Causes told since the campaign was last seen open, by the time they happened. Alertmanager sends an alert again and
   * again: told twice, the second would look younger by what it took to the database, and void a reopening.
   */
  const toldAtMs = new Set<number>();

  function trip(cause: HaltCause): boolean {
    const before = state();
    const isHalted = before.phase === "halted";
    if (!isHalted || toldAtMs.size >= TOLD_MAX) toldAtMs.clear();
    if (isHalted && toldAtMs.has(cause.atMs)) return true;
    const causeMonotonicMs = performance.now() - Math.max(0, Date.now() - cause.atMs);
    const reopenedMs = reading?.reopenedMonotonicMs ?? null;
    if (reopenedMs !== null && causeMonotonicMs < reopenedMs) return false;
    toldAtMs.add(cause.atMs);
    if (pending === undefined) settling = Promise.withResolvers<void>();
    // The younger of two is written: an older one may turn out to be older than a reopening not read here yet.
    if (pending === undefined || causeMonotonicMs > pending.causeMonotonicMs)
      pending = { cause, causeMonotonicMs, sinceMs: isHalted ? before.sinceMs : Date.now() };
    tellState();
    // The database is told each cause's news, but a storm of them at the pace of the looks.
    if (!isHalted) bell.ring();
    return true;
  }

  function tellState(): void {
    const now = state();
    news.tell(now);
    for (const watcher of watchers) watcher(now);
  }

  async function connect(): Promise<OwnConnection> {
    return openOwnConnection({
      url: options.databaseUrl,
      applicationName: "crowdproof-halt",
      // Two tries fit into one lease.
      secondsMax: options.leaseSeconds / 2,
      channel: CHANNEL,
      onNotification: bell.ring,
      onLost() {
        connection = undefined;
        bell.ring();
      },
    });
  }

  async function look(): Promise<void> {
    connection ??= await connect();
    const written = pending;
    if (written !== undefined) await write(connection, written);
    reading = await read(connection, leaseMs);
    // Only now: between the write and the look the last reading may still say "open".
    if (pending === written) {
      pending = undefined;
      settling.resolve();
    }
    tellState();
  }

  async function lookOrLose(): Promise<boolean> {
    try {
      await look();
      return true;
    } catch (error) {
      connection?.destroy();
      connection = undefined;
      news.tellTrouble(error);
      tellState();
      return false;
    }
  }

  async function attend(): Promise<void> {
    let isHealthy = true;
    while (!isClosing) {
      await bell.wait(isHealthy ? READ_EVERY_MS : RETRY_AFTER_MS);
      if (!isClosing) isHealthy = await lookOrLose();
    }
    // The last chance of a trip that could not be written; after it the auditor finds what the ledger holds.
    if (pending !== undefined) await lookOrLose();
    settling.resolve();
    await connection?.close();
  }

  let attending: Promise<void> | undefined;
  return {
    state,
    trip,
    watch: (watcher) => void watchers.push(watcher),
    settled: () => settling.promise,
    async start() {
      await lookOrLose();
      attending = attend();
    },
    async close() {
      isClosing = true;
      bell.ring();
      await attending;
    },
  };
}

async function read(connection: OwnConnection, leaseMs: number): Promise<Reading> {
  // From before the question was sent: the answer may have been on its way for long.
  const askedMs = performance.now();
  const [row] = await connection.query<Row>(READ_STATE);
  if (row === undefined) throw new Error("the campaign's state is not in the database");
  const ageMs = row.reopenedAgeMs;
  return {
    row,
    trustedUntilMs: askedMs + leaseMs,
    // A reopening in the future means that the database's clock was set back: then nothing is older.
    reopenedMonotonicMs: ageMs === null || ageMs < 0 ? null : askedMs - ageMs,
  };
}

async function write(connection: OwnConnection, { cause, causeMonotonicMs }: Tripped): Promise<void> {
  const { by = "guard", actor = by, credential = "process", reason } = cause;
  const ageSeconds = (performance.now() - causeMonotonicMs) / 1_000;
  await connection.query(HALT_CAMPAIGN, [by, actor, credential, reason, ageSeconds]);
}

/** A sleep that can be ended early; a ring while nobody sleeps ends the next one. */
function createBell() {
  let hasRung = false;
  let wake = () => {};
  return {
    ring(): void {
      hasRung = true;
      wake();
    },
    async wait(ms: number): Promise<void> {
      if (!hasRung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      hasRung = false;
    },
  };
}

/** One line for each change, none for what goes on. The reason stays out: people type it. */
function createNews(log: Logger) {
  let phase: CampaignState["phase"] = "open";
  let trouble = "";
  return {
    tell(state: CampaignState): void {
      if (state.phase === phase) return;
      phase = state.phase;
      if (phase !== "unreadable") trouble = "";
      log.warn({ phase }, "the campaign's state changed");
    },
    tellTrouble(error: unknown): void {
      const words = errorCodeOf(error) || (error instanceof Error ? error.name : typeof error);
      if (words === trouble) return;
      trouble = words;
      log.warn({ cause: words }, "the campaign's state cannot be read or written");
    },
  };
}

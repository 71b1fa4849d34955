import type { Logger } from "pino";
import type { RaiseAlarm } from "../alert-push/alarm.ts";
import type { AlarmKind } from "../alert-push/anomaly-alert.ts";
import type { Database } from "../db/database.ts";
import { type OwnConnection, openOwnConnection } from "../db/own-connection.ts";
import { errorCodeOf } from "../db/sql-state.ts";
import { readStatement } from "../db/statement.ts";
import type { Halt } from "../halt/campaign-state.ts";
import type { Keys } from "../keys.ts";
import { type CampaignMetrics, FINDING_KINDS, type FindingKind } from "../metrics/campaign-metrics.ts";
import { keyOf } from "./finding.ts";
import { FIRST_MEMORY, lookAtDatabase, type Sight } from "./look.ts";
import { createRecompute } from "./recompute.ts";

const RECORD_FINDINGS = readStatement(import.meta.url, "record-findings.sql");

export interface AuditorOptions {
  /** Of a role that only reads; the auditor has one connection of its own. */
  readonly databaseUrl: string;
  /** A pool that may write when each finding was first seen. */
  readonly database: Pick<Database, "query">;
  readonly keys: Pick<Keys, "memberNumber" | "identity">;
  readonly halt: Pick<Halt, "state">;
  /** Halts and pages. */
  readonly raiseAlarm: RaiseAlarm;
  readonly metrics: Pick<CampaignMetrics, "showLook">;
  readonly log: Logger;
}

export interface Auditor {
  /** Resolves after a look that begins now or later; rejects where the database cannot be looked at. */
  look(): Promise<Counts>;
  close(): Promise<void>;
}
export type Counts = Readonly<Record<FindingKind, number>>;

/** State, not events: nothing is lost between two looks, so a look that is late is only late. */
const LOOK_EVERY_MS = 1_000;
/** A statement that takes longer is one of a database in trouble; the gauge of the last look grows old and says so. */
const STATEMENT_SECONDS_MAX = 10;

/** Looks at the database each second from now on, and halts on what it finds, unless that is older than the reopening. */
export function createAuditor(options: AuditorOptions): Auditor {
  const { log } = options;
  const judge = createJudgement(options);
  const recompute = createRecompute(options.keys);
  let connection: OwnConnection | undefined;
  let memory = FIRST_MEMORY;
  let tail: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let trouble = "";

  async function look(): Promise<Counts> {
    const startedMs = performance.now();
    try {
      connection ??= await openOwnConnection({
        url: options.databaseUrl,
        applicationName: "crowdproof-auditor",
        secondsMax: STATEMENT_SECONDS_MAX,
      });
      const seen = await lookAtDatabase(connection.query, recompute, memory);
      const { counts, lastSeconds } = await judge(seen.sight);
      memory = seen.memory;
      options.metrics.showLook({
        atMs: Date.now(),
        seconds: (performance.now() - startedMs) / 1_000,
        findings: counts,
        lastFindingSeconds: lastSeconds,
        isBehind: seen.sight.isBehind,
      });
      trouble = "";
      return counts;
    } catch (error) {
      connection?.destroy();
      connection = undefined;
      throw error;
    }
  }

  /** One after the other: they share a connection and its snapshot. */
  function lookInTurn(): Promise<Counts> {
    waiting += 1;
    const turn = tail.then(look).finally(() => {
      waiting -= 1;
    });
    tail = turn.catch(tellTrouble);
    return turn;
  }

  function tellTrouble(error: unknown): void {
    const words = errorCodeOf(error) || (error instanceof Error ? error.name : typeof error);
    if (words !== trouble) log.error({ cause: words }, "the auditor cannot look at the database");
    trouble = words;
  }

  const timer = setInterval(() => {
    if (waiting === 0) lookInTurn().catch(() => undefined);
  }, LOOK_EVERY_MS);
  return {
    look: lookInTurn,
    async close() {
      clearInterval(timer);
      await tail;
      await connection?.close();
    },
  };
}

interface Recorded {
  readonly kind: FindingKind;
  readonly subject: string;
  readonly ageSeconds: number;
  /** When it was first seen, by the database's clock, since 1970. */
  readonly atSeconds: number;
  readonly isHandled: boolean;
}

type Unhandled = Omit<Recorded, "isHandled"> & { readonly pagedAs: AlarmKind };

interface Judged {
  readonly counts: Counts;
  /** When the newest of each kind was first seen, by the database's clock, since 1970; 0: there is none. */
  readonly lastSeconds: Counts;
}

/** Counts what nobody has handled, and halts for it: each finding once, and again where the campaign is found open. */
function createJudgement({
  database,
  halt,
  raiseAlarm,
  log,
}: AuditorOptions): (sight: Sight) => Promise<Judged> {
  let known = new Set<string>();
  return async ({ findings, anomalies }) => {
    const recorded =
      findings.length === 0
        ? []
        : await database.query<Recorded>(RECORD_FINDINGS, [JSON.stringify(findings)]);
    const unhandled: Unhandled[] = [
      ...recorded.filter(({ isHandled }) => !isHandled).map((row) => ({ ...row, pagedAs: row.kind })),
      // Paged as what the guard paged it: the same page, also of a process that died before it could.
      ...anomalies.map(
        ({ id, kind, ageSeconds, atSeconds }) =>
          ({ kind: "unhandled-anomaly", subject: id, ageSeconds, atSeconds, pagedAs: kind }) as const,
      ),
    ];
    const counts = zeros();
    const lastSeconds = zeros();
    const isOpen = halt.state().phase === "open";
    for (const finding of unhandled) {
      const { kind, ageSeconds, atSeconds, pagedAs } = finding;
      counts[kind] += 1;
      lastSeconds[kind] = Math.max(lastSeconds[kind], atSeconds);
      const isNew = !known.has(keyOf(finding));
      if (isNew) log.error({ kind }, "the auditor found what must not be");
      if (isNew || isOpen)
        raiseAlarm({
          kind: pagedAs,
          reason: `auditor: ${kind}`,
          atMs: Date.now() - ageSeconds * 1_000,
          by: "auditor",
        });
    }
    known = new Set(unhandled.map(keyOf));
    return { counts, lastSeconds };
  };
}

const zeros = () => Object.fromEntries(FINDING_KINDS.map((kind) => [kind, 0])) as Record<FindingKind, number>;

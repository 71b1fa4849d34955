import { randomUUID } from "node:crypto";
import type { AnomalyKind, Finding } from "./judge.ts";

/** What the guard found, as it goes to the ledger. No values of anybody. */
export interface Anomaly extends Finding {
  /** UUID; whoever writes it twice has written it once. */
  readonly id: string;
  readonly atMs: number;
}

export interface ReportParts {
  /** Durable (or spooled) before it resolves; the answer stays blocked whatever happens. */
  record(anomaly: Anomaly): Promise<void>;
  /** Halts and pages; both are on their way when it returns. */
  raiseAlarm(cause: { readonly kind: AnomalyKind; readonly reason: string; readonly atMs: number }): void;
  countAnomaly(kind: AnomalyKind): void;
  /** For the log, without a word of the answer. */
  warn(trouble: Trouble, words: string): void;
}

export interface Trouble {
  readonly route: string;
  /** Of the answer; 0 where nobody asks for it. */
  readonly status: number;
  readonly why: string;
}

/** Everything that an anomaly sets off. Resolves once it is recorded or can be recorded nowhere; never rejects. */
export type ReportAnomaly = (finding: Finding, atMs: number) => Promise<void>;

export function createReport({ record, raiseAlarm, countAnomaly, warn }: ReportParts): ReportAnomaly {
  return async (finding, atMs) => {
    const { kind, route } = finding;
    // First what takes no time: the process may have 50 ms to live, and the database may be slow.
    countAnomaly(kind);
    raiseAlarm({ kind, reason: `${kind} at ${route}`, atMs });
    try {
      await record({ id: randomUUID(), atMs, ...finding });
    } catch (error) {
      const why = error instanceof Error ? error.name : "failed";
      warn({ route, status: 0, why }, "an anomaly was withheld and could not be recorded");
    }
  };
}

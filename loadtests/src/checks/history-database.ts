import type { Plan } from "../plan/plan.ts";

export type SqlValue = string | number | boolean | null;

/**
 * The history of one run in SQL. Columns have the names of the event types (`"sentMicroseconds"`; DuckDB ignores
 * their case); lists are lists, `foreign` a list of structs. `planned` is the plan's arrival list.
 *
 * Views, all without control events and without lines of another run:
 * `requests`, `arrivals`, `dones`, `observations`, `ends`; table `planned(visitor, dueMicroseconds, behaviour, groupFirst, burst)`.
 */
export interface HistoryDatabase {
  readonly plan: Plan;
  /** Rows as plain values; BIGINT comes as a number (all of ours are below 2⁵³). */
  rows<Row extends Record<string, unknown> = Record<string, SqlValue>>(sql: string): Promise<Row[]>;
  close(): Promise<void>;
}

/** Loads plan.json and events.ndjson of a run folder; `close` removes what it put on disk. */
export async function openHistory(_dir: string): Promise<HistoryDatabase> {
  throw new Error("openHistory is being written");
}

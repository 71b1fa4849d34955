import type { HistoryDatabase } from "../checks/history-database.ts";
import { readCleanUpRecord } from "../cleanup/clean-up-record.ts";

/** How many of a run's people are in the target, as far as anybody has looked. */
export interface Residue {
  /** Null where nobody could count them. */
  left: number | null;
  seen: "read-back" | "clean-up";
}

/** After a clean-up what that left, else what the read-back found; null where neither looked. */
export async function readResidue(dir: string, history: HistoryDatabase | null): Promise<Residue | null> {
  const record = await readCleanUpRecord(dir);
  if (record !== null) return { left: record.left, seen: "clean-up" };
  if (history === null || history.plan.target.readBack.sql === undefined) return null;
  const [counted] = await history.rows<{ rows: number }>(
    "select count(*) as rows from observations where kind = 'row' and visitor is not null and exists (select 1 from wholeRows)",
  );
  const [whole] = await history.rows<{ whole: boolean }>("select exists (select 1 from wholeRows) as whole");
  return { left: whole?.whole === true ? (counted?.rows ?? 0) : null, seen: "read-back" };
}

import type { Plan } from "../plan/plan.ts";

/** What a clean-up did, or would do; counts are people, or rows where the statement says how many. */
export interface CleanUp {
  by: "sql" | "step";
  /** Members of this run that were there; null where nobody can count them (a step, and no rows to read). */
  found: number | null;
  /** Null where nothing was done. */
  removed: number | null;
  /** Members of this run that are still there; null where nobody can count them. */
  left: number | null;
  /** Why something is left, or could not be counted. */
  remarks: string[];
}

export interface CleanUpOptions {
  plan: Plan;
  secrets: Record<string, string>;
  /** False: nothing is changed, everything is counted. */
  isMeant: boolean;
}

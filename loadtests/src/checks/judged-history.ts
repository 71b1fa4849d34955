import type { AlertSeen, CheckResult, Exposure, RunFacts, Strength } from "../verdict/verdict.ts";

/** All that the record says about a run, before anybody decides what it means together. */
export interface JudgedHistory {
  /** In the order of the check table; what could not be computed is there too, as unknown. */
  checks: CheckResult[];
  /** At most EXPOSURES_MAX, earliest first; `exposuresTotal` has the whole count. */
  exposures: Exposure[];
  exposuresTotal: number;
  /** In the order in which they fired, at most ALERTS_MAX. */
  alerts: AlertSeen[];
  strength: StrengthNumbers;
  /** What the target file's headers step around, in its words. */
  bypassed: string[];
  run: RunFacts;
}

/** What was counted; the sentence and the bound over episodes are the verdict's. */
export type StrengthNumbers = Omit<Strength, "episodes" | "episodeBound95" | "sentence">;

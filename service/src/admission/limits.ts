import { randomInt } from "node:crypto";
import type { Config } from "../config.ts";

/** What the door allows. */
export interface AdmissionLimits {
  /** Signups being worked on at once. */
  readonly workingMax: number;
  /** Signups queued for their turn; the next one is refused. */
  readonly queueMax: number;
  /** Longest time in the queue; then refused, for the person would rather be told. */
  readonly queueSecondsMax: number;
  /** Whole seconds after which a refused person may come back, a new draw for each. */
  retryAfterSeconds(): number;
}

export function createAdmissionLimits(config: Config): AdmissionLimits {
  return {
    workingMax: config.workingMax,
    queueMax: config.queueMax,
    queueSecondsMax: config.queueSecondsMax,
    // Spread, because a crowd told one number comes back as one crowd.
    retryAfterSeconds: () => randomInt(config.retryAfterSecondsMin, config.retryAfterSecondsMax + 1),
  };
}

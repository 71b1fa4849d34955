import { randomInt } from "node:crypto";
import type { Config } from "../config.ts";

/** What the door allows. */
export interface AdmissionLimits {
  /** Signups being worked on at once, at most: the adaptive limit stays below. */
  readonly workingMax: number;
  /** Newcomers queued for their turn; the next one is given a ticket. */
  readonly queueMax: number;
  /** Longest a newcomer is queued; where it would take longer, they are given a ticket at once. */
  readonly queueSecondsMax: number;
  /** Reads of members worked on at once, and queued, and for how long; then `busy`. */
  readonly readsMax: number;
  readonly readsQueueMax: number;
  readonly readsQueueSecondsMax: number;
  /** Whole seconds after which a refused person may come back, a new draw for each. */
  retryAfterSeconds(): number;
}

/** Connections that reads leave alone: two batches under way, their clashes being settled, and the next block of serials. */
const CONNECTIONS_KEPT_FROM_READS = 4;
/** A thousand people looking at their card at once is a campaign's minute; each costs a few kilobytes while queued. */
const READS_QUEUE_MAX = 2_000;
/** A member bears two seconds; the browser's own patience is longer. */
const READS_QUEUE_SECONDS_MAX = 2;

export function createAdmissionLimits(config: Config): AdmissionLimits {
  return {
    workingMax: config.workingMax,
    queueMax: config.queueMax,
    queueSecondsMax: config.queueSecondsMax,
    readsMax: Math.max(1, config.poolConnectionsMax - CONNECTIONS_KEPT_FROM_READS),
    readsQueueMax: READS_QUEUE_MAX,
    readsQueueSecondsMax: READS_QUEUE_SECONDS_MAX,
    // Spread, because a crowd told one number comes back as one crowd.
    retryAfterSeconds: () => randomInt(config.retryAfterSecondsMin, config.retryAfterSecondsMax + 1),
  };
}

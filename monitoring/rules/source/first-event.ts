import { duration } from "../duration.ts";
import type { Parameters } from "../parameters.ts";
import type { Recording } from "../rule.ts";

export interface FirstEvent {
  /** Labels that are kept apart. */
  readonly level: string;
  readonly by: readonly string[];
  readonly counter: string;
  readonly timestamp: string;
  /** Kept firing by its alert, when its reason is gone. */
  readonly keepFiringSeconds: number;
}

/**
 * Fires from the first event on, which `increase() > 0` alone does not: it needs two samples, and the first may already
 * have counted. Two forms, for each misses what the other sees.
 * A: the counter rose within the window, or is above 0 and was not there a window ago. The second half would fire again
 *    after each gap in the scraping, so a recent event must go with it.
 * B: the event's own time lies within the window. It needs no second sample; but a clock that runs ahead would make it
 *    fire for as long as it is ahead, so times in the future are left to A.
 * A looks no further back than B and what the alert is kept firing, or a gap could make an old event fire anew.
 * What lies before the last reopening is no news. Where nothing tells of a reopening, nothing is held back.
 * Neither form sees an event whose process died before any scrape: that is the auditor's, and the push's.
 */
export function firstEventRules(event: FirstEvent, { identity }: Parameters) {
  const window = duration(identity.windowSeconds);
  const lateSecondsMax =
    identity.windowSeconds + Math.min(event.keepFiringSeconds, identity.clockSkewSeconds);
  const by = `by (${[...event.by, "run"].join(", ")})`;
  const counted = `${event.level}:${event.counter}:max`;
  const last = `${event.level}:${event.timestamp}:max`;
  const recordings: Recording[] = [
    { record: counted, expr: `max ${by} (max_over_time(${event.counter}[${window}]))` },
    { record: last, expr: `max ${by} (max_over_time(${event.timestamp}[${window}]))` },
  ];
  const expr = `
(${counted} or ${last} * 0)
and (
  (
    group ${by} (
      increase(${event.counter}[${window}]) > 0
      or (group without () (${event.counter} > 0) unless group without () (${event.counter} offset ${window}))
    )
    and time() - ${last} < ${lateSecondsMax}
  )
  or
  group ${by} (
    time() - max_over_time(${event.timestamp}[${window}]) < ${identity.windowSeconds} > -${identity.clockSkewSeconds}
  )
)
unless ${last} <= on (run) group_left () ${REOPENED}`;
  return { recordings, expr };
}

/** Read over the window as the events are: a scrape that fails must not forget that people reopened. */
export const REOPENED = "campaign:crowdproof_reopened_timestamp_seconds:max";

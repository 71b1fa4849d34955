import { STOPPING_CHECKS } from "../../../monitoring/catalogue/closed-sets.ts";
import type { ProbeCheck } from "./judge-history.ts";
import { EPISODE_SECONDS, STOP_AGAIN_SECONDS } from "./limits.ts";

/** What a check has seen, without a pause that would have let the alarm end. Nothing of anybody. */
export interface Seen {
  readonly check: ProbeCheck;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly times: number;
}

export const isStopping = (check: ProbeCheck) => STOPPING_CHECKS.includes(check);

/** What goes on: by check, and since when the campaign is being stopped. Pure but for the times it is given. */
export interface Alarm {
  /** What is to be told now. `isToBeStopped`: the campaign has to be stopped, for the first time or again. */
  add(check: ProbeCheck, times: number, atMs: number): { seen: Seen; isToBeStopped: boolean };
  /** Nobody stopped the campaign: what is found a little later is to stop it. */
  noteNotStopped(nowMs: number): void;
  /** Everything that still goes on. */
  going(nowMs: number): Seen[];
}

export function createAlarm(): Alarm {
  const seenBy = new Map<ProbeCheck, Seen>();
  let stopsUntilMs = Number.NEGATIVE_INFINITY;
  const isGoing = (seen: Seen, nowMs: number) => nowMs - seen.lastAtMs < EPISODE_SECONDS * 1e3;
  return {
    add(check, times, atMs) {
      const before = seenBy.get(check);
      const isOn = before !== undefined && isGoing(before, atMs);
      const seen = {
        check,
        firstAtMs: isOn ? before.firstAtMs : atMs,
        lastAtMs: atMs,
        times: (isOn ? before.times : 0) + times,
      };
      seenBy.set(check, seen);
      if (!isStopping(check) || atMs < stopsUntilMs) return { seen, isToBeStopped: false };
      // Not put off by what is found meanwhile: people may have reopened what still leaks.
      stopsUntilMs = atMs + EPISODE_SECONDS * 1e3;
      return { seen, isToBeStopped: true };
    },
    noteNotStopped(nowMs) {
      stopsUntilMs = nowMs + STOP_AGAIN_SECONDS * 1e3;
    },
    going: (nowMs) => [...seenBy.values()].filter((seen) => isGoing(seen, nowMs)),
  };
}

import { dueBy } from "../arrivals/due-by.ts";
import type { DoneEvent, Ending, Event } from "../events/event.ts";
import { isExposure } from "../events/is-exposure.ts";
import type { Plan } from "../plan/plan.ts";

export type Finished =
  | "acknowledged"
  | "waiting"
  | "refused"
  | "rejected"
  | "halted"
  | "indeterminate"
  | "failed";

/** How a visitor's ending counts. Who gave up or lost an answer may be a member or not: nobody knows. */
const FINISHED: Record<Ending, Finished> = {
  member: "acknowledged",
  "still-waiting": "waiting",
  refused: "refused",
  rejected: "rejected",
  halted: "halted",
  "gave-up": "indeterminate",
  lost: "indeterminate",
  "cut-short": "indeterminate",
  failed: "failed",
};

/** A run in numbers, from the events so far; control events are left out. */
export interface RunCounts {
  add(event: Event): void;
  planned(): number;
  started(): number;
  inFlight(): number;
  exposures(): number;
  finished(): ReadonlyMap<Finished, number>;
  /** Those since the last call, in seconds: what a histogram has not yet seen. */
  takeStartErrors(): number[];
}

/** Pure but for `now`, milliseconds on any clock that goes on evenly: the engine's own is another process's. */
export function createRunCounts({ arrivals }: Pick<Plan, "arrivals">, now: () => number): RunCounts {
  let latest = 0;
  let latestAtMs: number | null = null;
  let started = 0;
  let done = 0;
  let exposures = 0;
  let startErrors: number[] = [];
  const finished = new Map<Finished, number>();

  const seen = (microseconds: number) => {
    if (microseconds <= latest) return;
    latest = microseconds;
    latestAtMs = now();
  };
  const finish = ({ ending }: DoneEvent) => {
    done++;
    finished.set(FINISHED[ending], (finished.get(FINISHED[ending]) ?? 0) + 1);
  };

  return {
    add(event) {
      if (event.control !== null) return;
      if (isExposure(event)) exposures++;
      switch (event.type) {
        case "arrival":
          started++;
          startErrors.push(Math.max(0, event.startedMicroseconds - event.dueMicroseconds) / 1e6);
          seen(event.startedMicroseconds);
          return;
        case "request":
          seen(event.endedMicroseconds);
          return;
        case "done":
          finish(event);
          return;
        default:
          return;
      }
    },
    planned() {
      if (latestAtMs === null) return 0;
      return dueBy(arrivals.dueMicroseconds, latest + (now() - latestAtMs) * 1_000);
    },
    started: () => started,
    inFlight: () => Math.max(0, started - done),
    exposures: () => exposures,
    finished: () => finished,
    takeStartErrors() {
      const taken = startErrors;
      startErrors = [];
      return taken;
    },
  };
}

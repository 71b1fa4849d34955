import type { ObservationEvent } from "./event.ts";

/** An observation in which nothing was seen yet; who observes fills in what it saw. */
export function blankObservation(run: string, atMicroseconds: number): Omit<ObservationEvent, "kind"> {
  return {
    type: "observation",
    run,
    control: null,
    atMicroseconds,
    visitor: null,
    memberId: null,
    own: [],
    foreign: [],
    matched: [],
    mismatched: [],
    name: null,
    value: null,
  };
}

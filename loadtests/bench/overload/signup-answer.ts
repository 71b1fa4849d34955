import type { Event, RequestEvent } from "../../src/events/event.ts";

export type Turned = "acknowledged" | "waiting" | "refused" | "other";

/** One answer to a signup, of a visitor or of the flood. Times are seconds of the run. */
export interface SignupAnswer {
  person: string;
  kind: Turned;
  /** Sent by a visitor of the harness: on a fresh connection, recorded and judged. */
  isJudged: boolean;
  startedSeconds: number;
  endedSeconds: number;
  /** When who waits was told to come back. */
  toldSeconds: number | null;
  memberId: string | null;
}

/** Times are Unix milliseconds. */
export interface FloodAnswer {
  person: number;
  kind: Turned;
  startedMs: number;
  endedMs: number;
  /** Unix milliseconds, for who was told to wait. */
  toldMs: number | null;
  memberId: string | null;
}

export function answersOfVisitors(events: readonly Event[]): SignupAnswer[] {
  return events.filter(isSignup).map((event) => ({
    person: `visitor ${event.visitor}`,
    kind: isTurned(event.class) ? event.class : "other",
    isJudged: true,
    startedSeconds: event.startedMicroseconds / 1e6,
    endedSeconds: event.endedMicroseconds / 1e6,
    toldSeconds:
      event.class === "waiting"
        ? event.endedMicroseconds / 1e6 + (event.retryAfterSeconds ?? Number.NaN)
        : null,
    memberId: event.memberId,
  }));
}

export function answersOfFlood(answers: readonly FloodAnswer[], zeroMs: number): SignupAnswer[] {
  const seconds = (atMs: number) => (atMs - zeroMs) / 1e3;
  return answers.map(({ person, kind, startedMs, endedMs, toldMs, memberId }) => ({
    person: `flood ${person}`,
    kind,
    isJudged: false,
    startedSeconds: seconds(startedMs),
    endedSeconds: seconds(endedMs),
    toldSeconds: toldMs === null ? null : seconds(toldMs),
    memberId,
  }));
}

function isSignup(event: Event): event is RequestEvent {
  return (
    event.type === "request" &&
    event.control === null &&
    event.phase === "campaign" &&
    (event.role === "sign-up" || event.role === "come-back")
  );
}

const isTurned = (name: string): name is Turned =>
  name === "acknowledged" || name === "waiting" || name === "refused";

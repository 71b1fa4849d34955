import type { Event, ObservationEvent, RequestEvent } from "../src/events/event.ts";
import type { Outcome } from "../src/verdict/verdict.ts";
import { type History, RUN_TAG } from "./history-builder.ts";

/** A history in which something went wrong, and what the check has to say of it. */
export interface Defect {
  name: string;
  check: string;
  outcome: Outcome | "not judged";
  put(history: History): void;
  /** Other checks that see the same thing. */
  also?: string[];
}

/** Replaces the events that match; `until` = only so many of them. */
export function change<Kind extends Event["type"]>(
  history: History,
  type: Kind,
  matches: (event: Extract<Event, { type: Kind }>) => boolean,
  into: (event: Extract<Event, { type: Kind }>) => Event | null,
  until = Number.POSITIVE_INFINITY,
): void {
  let left = until;
  history.events = history.events.flatMap((event) => {
    if (event.type !== type || event.control !== null || left <= 0) return [event];
    const typed = event as Extract<Event, { type: Kind }>;
    if (!matches(typed)) return [event];
    left--;
    const changed = into(typed);
    return changed === null ? [] : [changed];
  });
}

export const requests = (
  history: History,
  matches: (event: RequestEvent) => boolean,
  into: Partial<RequestEvent>,
  until?: number,
) => change(history, "request", matches, (event) => ({ ...event, ...into }), until);

export const observed = (
  history: History,
  matches: (event: ObservationEvent) => boolean,
  into: Partial<ObservationEvent>,
) => change(history, "observation", matches, (event) => ({ ...event, ...into }), 1);

export function withoutRowOf(history: History, visitor: number): void {
  change(
    history,
    "observation",
    (e) => e.kind === "row" && e.visitor === visitor,
    () => null,
  );
}

/** As it is after a row more or less in the database, not in the record. */
export function recountRows(history: History): void {
  const rows = history.events.filter((event) => event.type === "observation" && event.kind === "row").length;
  observed(history, (event) => event.kind === "rows-end", { value: rows });
}

export const isAcked = (event: RequestEvent) => event.class === "acknowledged";
export const isReadBack = (event: RequestEvent) => event.phase === "read-back";
export const isSignUp = (event: RequestEvent) => event.role === "sign-up";
export const strangers = (visitor: number) => [
  { runTag: RUN_TAG, visitor, field: "latinName" as const, place: "json:/name" },
];

/** A visitor of each behaviour in the builder's mix. */
export const PLAIN = 27;
export const DOUBLE_TAPPER = 1;
export const PAIR_FIRST = 3;
export const KEY_FIRST = 5;
export const KEY_SECOND = 6;

export const WAITING: Partial<RequestEvent> = {
  class: "waiting",
  status: 202,
  retryAfterSeconds: 0,
  memberId: null,
  sessionHash: null,
  isCookieSet: false,
  own: [],
  matched: [],
};

/** Told to wait no time at all; the first read is the coming back. */
export function waitsAndComesBack(history: History, visitor: number, answer: RequestEvent["class"]): void {
  requests(history, (e) => e.visitor === visitor && e.request === 1, WAITING);
  requests(history, (e) => e.visitor === visitor && e.purpose === "journey" && e.class === "served", {
    ...WAITING,
    class: answer,
    role: "sign-up",
    step: "sign-up",
    method: "POST",
    purpose: "come-back",
  });
}

export const BLANK: Partial<RequestEvent> = { own: [], matched: [], memberId: null };

export function withoutRows(history: History): void {
  delete history.plan.target.readBack.sql;
  change(
    history,
    "observation",
    (e) => e.kind === "row",
    () => null,
  );
}

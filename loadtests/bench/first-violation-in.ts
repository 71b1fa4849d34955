import type { Event, RequestEvent } from "../src/events/event.ts";

/** How many people had been made members when one of them was given a number that another had. */
export interface FirstViolation {
  /** Until and with the second of the two; all of them where nothing was found. */
  signups: number;
  isFound: boolean;
}

/** By when the answers came, whatever the order of the history. Visitors before `firstVisitor` were the warm-up. */
export function firstViolationIn(events: readonly Event[], firstVisitor: number): FirstViolation {
  const acknowledged = events
    .filter(isAcknowledged)
    .filter(({ visitor }) => visitor >= firstVisitor)
    .sort((one, other) => one.endedMicroseconds - other.endedMicroseconds);
  const seen = new Map<string, number>();
  for (const [at, { memberId, visitor }] of acknowledged.entries()) {
    const holder = seen.get(memberId ?? "");
    if (holder !== undefined && holder !== visitor) return { signups: at + 1, isFound: true };
    seen.set(memberId ?? "", visitor);
  }
  return { signups: acknowledged.length, isFound: false };
}

/** Of visitors, not of the controls, which are duplicates on purpose. */
export function isAcknowledged(event: Event): event is RequestEvent {
  return event.type === "request" && event.control === null && event.class === "acknowledged";
}

import { randomInt } from "node:crypto";

/** Clients whose timers are a little fast are on time. */
export const EARLY_TOLERATED_MS = 100;
/** Late by up to this much keeps the place: a train in a tunnel, a telephone in a pocket. */
export const GRACE_MS = 300_000;
/** From a form that was shown to its sending: nobody loses what they typed to the clock. */
export const FORM_SECONDS_MAX = 900;
/** A program that would come back sooner would have been queued. */
export const COME_BACK_MS_MIN = 1_000;
/** Retry-After may be later than the appointment by this: the place is kept, and people of one instant return apart. */
const SPREAD_MS = 2_000;

/** Whole seconds for Retry-After and Refresh, never before the appointment. */
export function retryAfterSeconds(appointmentAtMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((appointmentAtMs - nowMs + randomInt(SPREAD_MS)) / 1_000));
}

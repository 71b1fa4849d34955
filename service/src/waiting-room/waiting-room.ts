/**
 * The waiting room: who cannot be served now gets a ticket, a signed appointment, and nothing else exists of them: no
 * row, no timer, no memory. No member ID, cookie or personal data either.
 *
 * For a page (people wait *before* the form):
 *   GET  /join             arrive()       → `due`: show the form with hidden `ticket` and `key`; `early`: the wait page
 *   GET  /join?ticket=T    look(T)        → `due`: the form; `early`: the wait page again, the same appointment;
 *                                           `late` or `invalid`: as if there were no ticket, arrive()
 *   POST /join             with the form's `ticket` and `key` as if they were the headers Ticket and Idempotency-Key
 * A `due` answer carries a form pass: the ticket signed again with FORM_SECONDS_MAX to fill the form in, counted from
 * the appointment's grace and not from now, so that asking again extends nothing.
 */
export interface WaitingRoom {
  /** A place for a program that brings its own idempotency key. `full` where the time to be told is beyond the maximum. */
  book(holder: { readonly keyHash: Buffer }): Promise<Booking>;
  /** A place for a person before the form; the key that the form will be sent with is made here. */
  arrive(): Promise<PageLook | { readonly kind: "full" }>;
  /** What a page's ticket says now; never waits. */
  look(ticketText: string): PageLook | Stale;
}

export type Booking = ({ readonly kind: "booked" } & Appointment) | { readonly kind: "full" };

/** What is told to somebody who waits. */
export interface Appointment {
  /** Opaque text, at most TICKET_CHARACTERS_MAX of A–Z a–z 0–9 - _ : safe in a header, a URL and a form. */
  readonly ticket: string;
  /** How many have their turn before, at this moment; 0 is next. */
  readonly place: number;
  /** Unix milliseconds. */
  readonly comeBackAtMs: number;
  /** From now to `comeBackAtMs`; 0 where that has passed. */
  readonly comeBackInSeconds: number;
  /** For the headers Retry-After and Refresh: whole seconds, never before `comeBackAtMs`, spread over the crowd. */
  readonly retryAfterSeconds: number;
}

export type PageLook =
  | {
      readonly kind: "due";
      /** The form pass, for the hidden field `ticket`. */
      readonly ticket: string;
      /** The idempotency key, for the hidden field `key`. */
      readonly key: string;
      /** Unix milliseconds until which the form pass is honoured. */
      readonly validUntilMs: number;
    }
  | ({ readonly kind: "early" } & Appointment);

/** `late`: the grace has passed. `invalid`: not ours, altered, or not a page's. */
export interface Stale {
  readonly kind: "late" | "invalid";
}

import { randomBytes } from "node:crypto";
import type { Admission, Entry, Turn } from "../admission/admission.ts";
import type { WaitingRoomMetrics } from "../metrics/metrics.ts";
import type { Appointments } from "./appointments.ts";
import { isEmpty, waitMs } from "./line.ts";
import {
  COME_BACK_MS_MIN,
  EARLY_TOLERATED_MS,
  FORM_SECONDS_MAX,
  GRACE_MS,
  retryAfterSeconds,
} from "./tell-time.ts";
import { type Ticket, type Tickets, ticketKeyHash } from "./ticket.ts";
import { createUseCount } from "./use-count.ts";

/**
 * The waiting room: who cannot be served now gets a ticket, a signed appointment, and nothing else exists of them: no
 * row, no timer, no memory. No member ID, cookie or personal data either.
 *
 * For a page (people wait *before* the form):
 *   GET  /join             arrive()       → `due`: show the form with hidden `ticket` and `key`; `early`: the wait page
 *   GET  /join?ticket=T    look(T)        → `due`: the form; `early`: the wait page again, the same appointment;
 *                                           `late` or `invalid`: as if there were no ticket, arrive()
 *   POST /join?ticket=P    the form's action carries the form pass, so that it is judged before the body is read:
 *                           enter({ ticket: P, key }), and `key` from the form is also the signup's idempotency key
 * A `due` answer carries a form pass: the ticket signed again with FORM_SECONDS_MAX to fill the form in, counted from
 * the appointment's grace and not from now, so that asking again extends nothing.
 */
export interface WaitingRoom {
  /** A turn at the door for a signup under this idempotency key, or the time to come back. */
  enter(visit: Visit): Promise<Admitted>;
  /** A place for a program that brings its own idempotency key. `full` where the time to be told is beyond the maximum. */
  book(holder: { readonly key: string }): Promise<Booking>;
  /** A place for a person before the form; the key that the form will be sent with is made here. */
  arrive(): Promise<PageLook | { readonly kind: "full" }>;
  /** What a page's ticket says now; never waits. */
  look(ticketText: string): PageLook | Stale;
}

export interface Visit {
  /** As it was sent; whatever is no ticket for this key makes a newcomer. */
  readonly ticket: string | undefined;
  readonly key: string;
  isGone(): boolean;
}

export type Admitted =
  | {
      readonly kind: "turn";
      readonly turn: Turn;
      /** Of the ticket that opened the door, hex digits: to be written in the member's own transaction. */
      readonly ticketNumber: string | null;
    }
  | Booking
  | { readonly kind: "gone" };

export type Booking = ({ readonly kind: "booked" } & Appointment) | { readonly kind: "full" };

/** What is told to somebody who waits. */
export interface Appointment {
  /** Opaque text of TICKET_CHARACTERS of A–Z a–z 0–9 - _ : safe in a header, a URL and a form. */
  readonly ticket: string;
  /** How many have their appointment before, as it is reckoned at this moment; 0 is next. */
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

export interface WaitingRoomParts {
  readonly tickets: Tickets;
  readonly appointments: Appointments;
  readonly admission: Pick<Admission, "enter">;
  /** Unix milliseconds. */
  readonly clock: () => number;
  /** Longest time that is told; beyond it nobody is given a place. */
  readonly waitSecondsMax: number;
  /** Share of newcomers let in at the door; below 1 while a campaign reopens. */
  share(): number;
  readonly metrics: WaitingRoomMetrics;
}

/** A lost answer is tried again, commonly three times; after that a ticket opens the door no wider than none. */
const USES_MAX = 3;
/** Numbers remembered of tickets used lately: 6 MB at most. */
const USED_TICKETS_MAX = 65_536;
/** The line may lag so much behind what it promised before somebody on time is told another time. */
const LAG_MS = 2_000;
/** A page does not make anybody wait for less. */
const PAGE_WAIT_MS_MIN = 500;
const NUMBER_BYTES = 16;

export function createWaitingRoom(parts: WaitingRoomParts): WaitingRoom {
  const { tickets, appointments, admission, clock, metrics } = parts;
  const count = metrics.countTicket;
  const uses = createUseCount(USED_TICKETS_MAX);

  function told(ticket: Ticket): Appointment {
    const nowMs = clock();
    return {
      ticket: tickets.sign(ticket),
      place: Math.floor((lagMs(ticket) * appointments.line().perSecond) / 1_000),
      comeBackAtMs: ticket.appointmentAtMs,
      comeBackInSeconds: Math.max(0, ticket.appointmentAtMs - nowMs) / 1_000,
      retryAfterSeconds: retryAfterSeconds(ticket.appointmentAtMs, nowMs),
    };
  }

  /** How long until the book's clock shows this place, by the wall's. A form that was shown has been called. */
  function lagMs(ticket: Ticket): number {
    const line = appointments.line();
    return ticket.book === line.book && ticket.kind !== "form" ? waitMs(line, ticket.placeMs, clock()) : 0;
  }

  /** Undefined where the line is longer than anybody should be told. */
  async function issue(kind: "program" | "page", key: string, number: Buffer): Promise<Ticket | undefined> {
    const before = appointments.line();
    if (waitMs(before, before.nextMs, clock()) > parts.waitSecondsMax * 1_000) {
      count("full");
      return undefined;
    }
    const leadMs = kind === "program" ? COME_BACK_MS_MIN : 0;
    const { book, appointmentMs } = await appointments.take(leadMs);
    const nowMs = clock();
    const atMs = Math.round(nowMs + Math.max(leadMs, waitMs(appointments.line(), appointmentMs, nowMs)));
    count("issued");
    return {
      kind,
      number,
      keyHash: ticketKeyHash(key),
      book,
      placeMs: appointmentMs,
      issuedAtMs: clock(),
      promisedAtMs: atMs,
      appointmentAtMs: atMs,
      expiresAtMs: atMs + GRACE_MS,
    };
  }

  /** The same place with a later time; there is nothing to be gained by it. */
  function retell(ticket: Ticket, waitMs: number): Booking {
    const laterMs = Math.max(COME_BACK_MS_MIN, waitMs, lagMs(ticket));
    const afterMs = Math.min(laterMs, parts.waitSecondsMax * 1_000);
    const appointmentAtMs = Math.round(clock() + afterMs);
    count("retold");
    if (isTold(ticket)) metrics.countAppointment("missed");
    const expiresAtMs = Math.max(ticket.expiresAtMs, appointmentAtMs + GRACE_MS);
    return { kind: "booked", ...told({ ...ticket, appointmentAtMs, expiresAtMs }) };
  }

  async function book({ key }: { readonly key: string }): Promise<Booking> {
    const ticket = await issue("program", key, randomBytes(NUMBER_BYTES));
    return ticket === undefined ? { kind: "full" } : { kind: "booked", ...told(ticket) };
  }

  /** The ticket, where it is this key's and good. */
  function openFor({ ticket: text, key }: Visit): Ticket | undefined {
    if (text === undefined) return undefined;
    const ticket = tickets.open(text);
    if (ticket === undefined || !ticket.keyHash.equals(ticketKeyHash(key))) return void count("invalid");
    if (clock() > ticket.expiresAtMs) return void count("late");
    return ticket;
  }

  async function enterAsNewcomer(visit: Visit): Promise<Admitted> {
    const mayQueue = isEmpty(appointments.line(), clock());
    const share = parts.share();
    if (share >= 1 || Math.random() < share) {
      const entry = await admission.enter({
        kind: "newcomer",
        mayQueue,
        isGone: visit.isGone,
      });
      if (entry.kind === "gone") return entry;
      if (entry.kind === "turn") {
        metrics.observeQueueWait("newcomer", entry.turn.queuedMs / 1_000);
        return { ...entry, ticketNumber: null };
      }
    }
    return book(visit);
  }

  async function enterAsHolder(ticket: Ticket, visit: Visit): Promise<Admitted> {
    const arrivedMs = clock();
    if (arrivedMs < ticket.appointmentAtMs - EARLY_TOLERATED_MS) {
      count("early");
      return { kind: "booked", ...told(ticket) };
    }
    const isCalled = lagMs(ticket) <= LAG_MS;
    // While a campaign reopens in steps, a ticket of before is worth its place and no more.
    if (!isCalled && parts.share() < 1) return retell(ticket, 0);
    if (uses.add(ticket.number) > USES_MAX) {
      uses.remove(ticket.number);
      count("worn-out");
      return enterAsNewcomer(visit);
    }
    const entry: Entry = await admission.enter({ kind: "holder", isCalled, isGone: visit.isGone });
    if (entry.kind !== "turn") uses.remove(ticket.number);
    if (entry.kind === "gone") return entry;
    if (entry.kind === "full") return retell(ticket, entry.waitMs);
    count("let-in");
    const ownDelayMs = Math.max(0, arrivedMs - ticket.appointmentAtMs);
    noteLetIn(ticket, clock() - ticket.promisedAtMs - ownDelayMs);
    metrics.observeQueueWait("holder", entry.turn.queuedMs / 1_000);
    return { ...entry, ticketNumber: ticket.number.toString("hex") };
  }

  function noteLetIn(ticket: Ticket, delayMs: number): void {
    metrics.observeTicketDelay(Math.max(0, delayMs) / 1_000);
    if (!isTold(ticket)) return;
    const toldMs = ticket.promisedAtMs - ticket.issuedAtMs;
    metrics.countAppointment(delayMs <= toleratedMs(toldMs) ? "within" : "late");
    metrics.observeTold({ waitSeconds: toldMs / 1_000, errorSeconds: Math.abs(delayMs) / 1_000 });
  }

  function lookAt(ticket: Ticket): PageLook {
    const nowMs = clock();
    const waitedMs = nowMs - ticket.issuedAtMs;
    const laggedMs = lagMs(ticket);
    if (nowMs < ticket.appointmentAtMs - EARLY_TOLERATED_MS) return { kind: "early", ...told(ticket) };
    // Capacity has fallen further than a told time may be wrong by.
    if (ticket.kind === "page" && laggedMs > toleratedMs(waitedMs)) {
      return { ...retell(ticket, 0), kind: "early" } as PageLook;
    }
    const validUntilMs =
      ticket.kind === "form" ? ticket.expiresAtMs : ticket.expiresAtMs + FORM_SECONDS_MAX * 1_000;
    const formPass = tickets.sign({ ...ticket, kind: "form", expiresAtMs: validUntilMs });
    return { kind: "due", ticket: formPass, key: tickets.keyOf(ticket.number), validUntilMs };
  }

  return {
    async enter(visit) {
      const ticket = openFor(visit);
      return ticket === undefined ? enterAsNewcomer(visit) : enterAsHolder(ticket, visit);
    },
    book,
    async arrive() {
      const number = randomBytes(NUMBER_BYTES);
      const ticket = await issue("page", tickets.keyOf(number), number);
      if (ticket === undefined) return { kind: "full" };
      const isNear = ticket.appointmentAtMs - clock() <= PAGE_WAIT_MS_MIN;
      return lookAt(isNear ? { ...ticket, appointmentAtMs: clock() } : ticket);
    },
    look(ticketText) {
      const ticket = tickets.open(ticketText);
      if (ticket === undefined || ticket.kind === "program") {
        count("invalid");
        return { kind: "invalid" };
      }
      if (clock() <= ticket.expiresAtMs) return lookAt(ticket);
      count("late");
      return { kind: "late" };
    },
  };
}

/** What a told time may be wrong by. */
const toleratedMs = (waitMs: number) => Math.max(LAG_MS, waitMs / 5);

/** Whoever is shown the form at once has a ticket as well, and was told no time. */
const isTold = ({ promisedAtMs, issuedAtMs }: Ticket) => promisedAtMs - issuedAtMs > PAGE_WAIT_MS_MIN;

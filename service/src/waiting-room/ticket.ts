import { createHmac, hash, timingSafeEqual } from "node:crypto";

/**
 * A ticket: a place and a time that this service promised to whoever holds the idempotency key. It is signed and not
 * stored; who is waiting costs no memory. Nothing in it is about a person.
 */
export interface Ticket {
  /** `program`: brings its own key. `page`: the key is made from the number. `form`: a page's, with time to fill it in. */
  readonly kind: TicketKind;
  /** 16 random bytes, kept when a new time has to be told; unique among the members who came in with one. */
  readonly number: Buffer;
  /** SHA-256 of the idempotency key, first 16 bytes. */
  readonly keyHash: Buffer;
  /** The appointment book that the place belongs to, and the place: the appointment by that book's clock. */
  readonly book: number;
  readonly placeMs: number;
  readonly issuedAtMs: number;
  /** The time that was told first, and the one that holds: later where capacity fell. Unix milliseconds. */
  readonly promisedAtMs: number;
  readonly appointmentAtMs: number;
  /** After this the place is given up. */
  readonly expiresAtMs: number;
}

const KINDS = ["program", "page", "form"] as const;
export type TicketKind = (typeof KINDS)[number];

/** Signs and recognises tickets under one key. */
export interface Tickets {
  sign(ticket: Ticket): string;
  /** The ticket, or undefined for whatever was not signed under this key, down to the last bit. */
  open(text: unknown): Ticket | undefined;
  /** The idempotency key of the person whom a page gave this number. */
  keyOf(number: Buffer): string;
}

const FORMAT = 1;
const NUMBER_BYTES = 16;
const KEY_HASH_BYTES = 16;
const TIME_BYTES = 6;
const MAC_BYTES = 16;
const SIGNED_BYTES = 2 + NUMBER_BYTES + KEY_HASH_BYTES + 4 + TIME_BYTES * 5;
/** Base64url without padding. */
export const TICKET_CHARACTERS = Math.ceil(((SIGNED_BYTES + MAC_BYTES) * 4) / 3);

export function createTickets(key: Buffer): Tickets {
  const macOf = (signed: Buffer) => createHmac("sha256", key).update(signed).digest().subarray(0, MAC_BYTES);
  return {
    sign(ticket) {
      const signed = write(ticket);
      return Buffer.concat([signed, macOf(signed)]).toString("base64url");
    },
    open(text) {
      if (typeof text !== "string" || text.length !== TICKET_CHARACTERS) return undefined;
      const bytes = Buffer.from(text, "base64url");
      // The last character has bits to spare, and other alphabets decode too: only one spelling is the ticket.
      if (bytes.length !== SIGNED_BYTES + MAC_BYTES || bytes.toString("base64url") !== text) return undefined;
      const signed = bytes.subarray(0, SIGNED_BYTES);
      return timingSafeEqual(macOf(signed), bytes.subarray(SIGNED_BYTES)) ? read(signed) : undefined;
    },
    keyOf: (number) => createHmac("sha256", key).update("form key").update(number).digest("base64url"),
  };
}

/** What a ticket knows of an idempotency key. */
export function ticketKeyHash(key: string): Buffer {
  return hash("sha256", key, "buffer").subarray(0, KEY_HASH_BYTES);
}

function write(ticket: Ticket): Buffer {
  const bytes = Buffer.alloc(SIGNED_BYTES);
  let at = bytes.writeUInt8(FORMAT, 0);
  at = bytes.writeUInt8(KINDS.indexOf(ticket.kind), at);
  at += ticket.number.copy(bytes, at, 0, NUMBER_BYTES);
  at += ticket.keyHash.copy(bytes, at, 0, KEY_HASH_BYTES);
  at = bytes.writeUInt32BE(ticket.book, at);
  for (const value of [
    ticket.placeMs,
    ticket.issuedAtMs,
    ticket.promisedAtMs,
    ticket.appointmentAtMs,
    ticket.expiresAtMs,
  ])
    at = bytes.writeUIntBE(value, at, TIME_BYTES);
  return bytes;
}

function read(bytes: Buffer): Ticket | undefined {
  const kind = KINDS[bytes.readUInt8(1)];
  if (bytes.readUInt8(0) !== FORMAT || kind === undefined) return undefined;
  const timesAt = 2 + NUMBER_BYTES + KEY_HASH_BYTES + 4;
  const valueAt = (index: number) => bytes.readUIntBE(timesAt + index * TIME_BYTES, TIME_BYTES);
  return {
    kind,
    number: Buffer.from(bytes.subarray(2, 2 + NUMBER_BYTES)),
    keyHash: Buffer.from(bytes.subarray(2 + NUMBER_BYTES, 2 + NUMBER_BYTES + KEY_HASH_BYTES)),
    book: bytes.readUInt32BE(timesAt - 4),
    placeMs: valueAt(0),
    issuedAtMs: valueAt(1),
    promisedAtMs: valueAt(2),
    appointmentAtMs: valueAt(3),
    expiresAtMs: valueAt(4),
  };
}

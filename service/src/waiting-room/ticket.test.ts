import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTickets, TICKET_CHARACTERS, type Ticket, ticketKeyHash } from "./ticket.ts";

const tickets = createTickets(Buffer.alloc(32, 1));
const TIME = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const BYTES = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes));
const TICKET: fc.Arbitrary<Ticket> = fc.record({
  kind: fc.constantFrom("program" as const, "page" as const, "form" as const),
  number: BYTES,
  keyHash: BYTES,
  book: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  placeMs: TIME,
  issuedAtMs: TIME,
  promisedAtMs: TIME,
  appointmentAtMs: TIME,
  expiresAtMs: TIME,
});

describe("a ticket", () => {
  test("comes back as it was signed, in one length and without a character that a URL minds", () => {
    fc.assert(
      fc.property(TICKET, (ticket) => {
        const text = tickets.sign(ticket);
        expect(text).toMatch(/^[\w-]+$/);
        expect(text).toHaveLength(TICKET_CHARACTERS);
        expect(tickets.open(text)).toEqual(ticket);
      }),
    );
  });

  test("with any one character changed is no ticket", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=";
    fc.assert(
      fc.property(
        TICKET,
        fc.nat(TICKET_CHARACTERS - 1),
        fc.constantFrom(...alphabet),
        (ticket, at, other) => {
          const text = tickets.sign(ticket);
          fc.pre(text[at] !== other);
          expect(tickets.open(text.slice(0, at) + other + text.slice(at + 1))).toBeUndefined();
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("of another key, cut, longer or of another kind of value is no ticket", () => {
    fc.assert(
      fc.property(TICKET, (ticket) => {
        const text = tickets.sign(ticket);
        const foreign = createTickets(randomBytes(32)).sign(ticket);
        for (const wrong of [foreign, text.slice(1), `${text}A`, "", undefined, null, 7, {}, [text]])
          expect(tickets.open(wrong)).toBeUndefined();
      }),
    );
  });

  test("of a page has a key that only this service can say", () => {
    const number = randomBytes(16);
    expect(tickets.keyOf(number)).toBe(tickets.keyOf(Buffer.from(number)));
    expect(createTickets(Buffer.alloc(32, 2)).keyOf(number)).not.toBe(tickets.keyOf(number));
    expect(ticketKeyHash(tickets.keyOf(number))).toHaveLength(16);
  });
});

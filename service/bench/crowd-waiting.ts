/**
 * How much one process holds for a million people who wait: `node --expose-gc service/bench/million-waiting.ts`.
 * The service keeps nothing of them, so it can only show that it does: a million tickets are given, each is looked at
 * once, and the memory is what it was. The tickets themselves are with the people.
 */

import { createAdmission } from "../src/admission/admission.ts";
import { createAdmissionLimits } from "../src/admission/limits.ts";
import { readConfig } from "../src/config.ts";
import { createAppointments } from "../src/waiting-room/appointments.ts";
import { createLine } from "../src/waiting-room/line.ts";
import { createTickets } from "../src/waiting-room/ticket.ts";
import { createWaitingRoom } from "../src/waiting-room/waiting-room.ts";

const PEOPLE = 1_000_000;
const WAITING_MIB_MAX = 256;
/** A line of a million at 1,000 a second is 17 minutes. */
const PER_SECOND = 1_000;

const line = createLine(
  { book: 1, nextMs: 0, stoodMs: 0, perSecond: PER_SECOND, isHeld: false, isIdle: false, speed: 1 },
  Date.now(),
);
const look = async () => line.look(Date.now());
const appointments = createAppointments({
  openBook: async () => ({
    reserve: async ({ count, leadMs }) => line.reserve(count, leadMs, Date.now()),
    report: look,
  }),
  clock: Date.now,
  report: () => ({ door: 1, perSecond: PER_SECOND, holderWaitMs: 0, isIdle: false, share: 1 }),
  guessMs: () => 5_000,
});
await appointments.start();
let events = 0;
const room = createWaitingRoom({
  tickets: createTickets(Buffer.alloc(32, 1)),
  appointments,
  admission: createAdmission(createAdmissionLimits(readConfig({}))),
  clock: Date.now,
  waitSecondsMax: 3_600,
  share: () => 1,
  metrics: {
    countTicket() {
      events += 1;
    },
    observeTicketDelay() {},
    countAppointment() {},
    observeTold() {},
    observeQueueWait() {},
  },
});

function memoryMib(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss / 2 ** 20;
}

const beforeMib = memoryMib();
const startMs = performance.now();
let peakMib = beforeMib;
let characters = 0;
for (let person = 0; person < PEOPLE; person += 1) {
  const key = `key-${person}`;
  const booked = await room.book({ key });
  if (booked.kind !== "booked") throw new Error(`person ${person} was given no place`);
  // Shown early, as by somebody who cannot wait: told the same again.
  const again = await room.enter({ ticket: booked.ticket, key, isGone: () => false });
  if (again.kind !== "booked" || again.ticket !== booked.ticket) throw new Error("another ticket was told");
  characters += booked.ticket.length;
  if (person % 1_000 === 0) await new Promise(setImmediate);
  if (person % 100_000 === 0) {
    peakMib = Math.max(peakMib, process.memoryUsage().rss / 2 ** 20);
  }
}
const seconds = (performance.now() - startMs) / 1_000;
const afterMib = memoryMib();
const { nextMs } = line.look(Date.now());
await appointments.close();
process.stdout.write(
  [
    `${PEOPLE.toLocaleString("en")} people wait, ${events.toLocaleString("en")} tickets given or shown early in ${seconds.toFixed(1)} s (${((seconds / PEOPLE) * 1e6).toFixed(0)} µs a person)`,
    `the last is told to come back in ${((nextMs - Date.now()) / 60_000).toFixed(1)} minutes; a ticket has ${(characters / PEOPLE).toFixed(0)} characters`,
    `the process: ${beforeMib.toFixed(0)} MiB before, ${peakMib.toFixed(0)} MiB at most, ${afterMib.toFixed(0)} MiB after; allowed ${WAITING_MIB_MAX}`,
    "",
  ].join("\n"),
);
if (peakMib > WAITING_MIB_MAX) process.exitCode = 1;

/**
 * How much one process holds for many people who wait. The service keeps nothing of them, so it can only show that it
 * does: a ticket is given to each and looked at once, and the memory is what it was. The tickets themselves are with the
 * people. `node --expose-gc service/bench/crowd-waiting.ts [PEOPLE]`, started by `npm run bench -- waiting`; writes its
 * report as one line of JSON.
 */
import { createAdmission } from "../src/admission/admission.ts";
import { createAdmissionLimits } from "../src/admission/limits.ts";
import { readConfig } from "../src/config.ts";
import { createAppointments } from "../src/waiting-room/appointments.ts";
import { createLine } from "../src/waiting-room/line.ts";
import { createTickets } from "../src/waiting-room/ticket.ts";
import { createWaitingRoom } from "../src/waiting-room/waiting-room.ts";

const people = Number(process.argv[2] ?? 1_000_000);
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
const room = createWaitingRoom({
  tickets: createTickets(Buffer.alloc(32, 1)),
  appointments,
  admission: createAdmission(createAdmissionLimits(readConfig({}))),
  clock: Date.now,
  waitSecondsMax: 3_600,
  share: () => 1,
  metrics: {
    countTicket() {},
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
for (let person = 0; person < people; person += 1) {
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
  `${JSON.stringify({
    people,
    microsecondsEach: (seconds / people) * 1e6,
    lastInMinutes: (nextMs - Date.now()) / 60_000,
    ticketCharacters: characters / people,
    beforeMebibytes: beforeMib,
    peakMebibytes: peakMib,
    afterMebibytes: afterMib,
  })}\n`,
);

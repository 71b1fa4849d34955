import { randomBytes, randomUUID } from "node:crypto";
import { vi } from "vitest";
import { createAdmission } from "../src/admission/admission.ts";
import { createAdmissionLimits } from "../src/admission/limits.ts";
import { readConfig } from "../src/config.ts";
import type { Kept } from "../src/metrics/metrics.ts";
import { createBatch } from "../src/registration/batch.ts";
import { BATCHES_MAX, SHARE_ABOVE_MS } from "../src/registration/register-signup.ts";
import { openAppointmentBook, type SavedLine } from "../src/waiting-room/appointment-book.ts";
import { createAppointments } from "../src/waiting-room/appointments.ts";
import { createTickets } from "../src/waiting-room/ticket.ts";
import type { TicketEvent } from "../src/waiting-room/ticket-event.ts";
import { createWaitingRoom, type WaitingRoom } from "../src/waiting-room/waiting-room.ts";

/** A database that takes so many rows a second, whoever sends them, and so long for each commit. */
export interface SimulatedDatabase {
  rowsPerSecond: number;
  commitMs: number;
}

/** The door, the waiting room and the batches of the product, on virtual time; only the database is a formula. */
export interface SimulatedService {
  readonly room: WaitingRoom;
  readonly events: Map<TicketEvent, number>;
  readonly kept: Record<Kept, number>;
  /** Of |told − actual|, in the order of letting in. */
  readonly toldErrorsSeconds: number[];
  readonly limit: () => number;
  /** Resolves when the person is a member. */
  register(): Promise<number>;
  close(): Promise<void>;
}

const KEY = randomBytes(32);

export async function simulateService(
  database: SimulatedDatabase,
  saved: { line?: SavedLine } = {},
  share: () => number = () => 1,
): Promise<SimulatedService> {
  const config = readConfig({});
  const admission = createAdmission(createAdmissionLimits(config));
  let pipeFreeMs = 0;
  const enqueue = createBatch<object, number>({
    rowsMax: config.batchRowsMax,
    batchesMax: BATCHES_MAX,
    shareAboveMs: SHARE_ABOVE_MS,
    isStillWanted: () => true,
    droppedError: () => new Error("dropped"),
    async run(items) {
      const nowMs = performance.now();
      pipeFreeMs = Math.max(nowMs, pipeFreeMs) + (items.length / database.rowsPerSecond) * 1_000;
      await new Promise((resolve) => setTimeout(resolve, pipeFreeMs - nowMs + database.commitMs));
      return new Map(items.map((item) => [item, 1]));
    },
  });
  const events = new Map<TicketEvent, number>();
  const kept: Record<Kept, number> = { within: 0, late: 0, missed: 0 };
  const toldErrorsSeconds: number[] = [];
  const appointments = createAppointments({
    openBook: () =>
      openAppointmentBook({
        clock: Date.now,
        onSaveError: () => {},
        store: {
          load: async () => saved.line,
          async save(line) {
            saved.line = line;
          },
        },
      }),
    clock: Date.now,
    report: (isLine) => ({ door: 1, share: share(), ...admission.pulse(isLine) }),
    guessMs: () => 5_000,
  });
  await appointments.start();
  const room = createWaitingRoom({
    tickets: createTickets(KEY),
    appointments,
    admission,
    clock: Date.now,
    waitSecondsMax: 3_600,
    share,
    metrics: {
      countTicket: (event) => events.set(event, (events.get(event) ?? 0) + 1),
      observeTicketDelay() {},
      countAppointment(how) {
        kept[how] += 1;
      },
      observeTold: ({ errorSeconds }) => toldErrorsSeconds.push(errorSeconds),
      observeQueueWait() {},
    },
  });
  return {
    room,
    events,
    kept,
    toldErrorsSeconds,
    limit: () => admission.limit,
    async register() {
      const startedMs = performance.now();
      await enqueue({});
      return performance.now() - startedMs;
    },
    close: () => appointments.close(),
  };
}

/** One person of the simulation, and what became of them. */
export interface SimulatedPerson {
  readonly arrivedMs: number;
  /** When the first ticket was given, and the time it told. */
  ticketedMs?: number;
  toldMs?: number;
  comeBacks: number;
  letInMs?: number;
  memberMs?: number;
}

export interface Manners {
  /** Added to the time told before coming back; negative is early. */
  lateMs?(): number;
  mayStayAway?: boolean;
}

/** Comes, waits as long as told, comes back, until they are a member. */
export async function simulatePerson(
  service: () => SimulatedService,
  person: SimulatedPerson,
  { lateMs, mayStayAway = false }: Manners = {},
): Promise<void> {
  const key = randomUUID();
  let ticket: string | undefined;
  for (;;) {
    const at = service();
    const entry = await at.room.enter({ ticket, key, isGone: () => false });
    if (entry.kind === "turn") {
      person.letInMs = Date.now();
      entry.turn.leave(await at.register());
      person.memberMs = Date.now();
      return;
    }
    if (entry.kind !== "booked") return;
    if (ticket !== undefined) person.comeBacks += 1;
    person.ticketedMs ??= Date.now();
    person.toldMs ??= entry.comeBackAtMs;
    ticket = entry.ticket;
    if (mayStayAway) return;
    const pauseMs = Math.max(0, entry.comeBackAtMs - Date.now() + (lateMs?.() ?? 0));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

export function useVirtualTime(): void {
  vi.useFakeTimers({
    now: 1_800_000_000_000,
    toFake: [
      "setTimeout",
      "setInterval",
      "setImmediate",
      "clearTimeout",
      "clearInterval",
      "clearImmediate",
      "Date",
      "performance",
    ],
  });
}

/** People come evenly, `perSecond` at that moment, for so many seconds; then time goes on until `untilSeconds`. */
export async function simulateCrowd(options: {
  readonly perSecond: (second: number) => number;
  readonly arrivalSeconds: number;
  readonly untilSeconds: number;
  come(person: SimulatedPerson): Promise<void>;
}): Promise<SimulatedPerson[]> {
  const people: SimulatedPerson[] = [];
  const startMs = Date.now();
  const left: Promise<void>[] = [];
  for (let atMs = 0; atMs < options.arrivalSeconds * 1_000; ) {
    const person: SimulatedPerson = { arrivedMs: Date.now(), comeBacks: 0 };
    people.push(person);
    left.push(options.come(person));
    const gapMs = 1_000 / options.perSecond(atMs / 1_000);
    atMs += gapMs;
    await vi.advanceTimersByTimeAsync(Math.max(0, startMs + atMs - Date.now()));
  }
  await vi.advanceTimersByTimeAsync(startMs + options.untilSeconds * 1_000 - Date.now());
  return people;
}

/** Spearman's. */
export function rankCorrelation(pairs: readonly (readonly [number, number])[]): number {
  const ranksOf = (values: readonly number[]) => {
    const order = values.map((_, at) => at).sort((one, other) => (values[one] ?? 0) - (values[other] ?? 0));
    const ranks: number[] = [];
    order.forEach((at, rank) => {
      ranks[at] = rank;
    });
    return ranks;
  };
  const [one, other] = [ranksOf(pairs.map(([x]) => x)), ranksOf(pairs.map(([, y]) => y))];
  const squares = one.reduce((sum, rank, at) => sum + (rank - (other[at] ?? 0)) ** 2, 0);
  return 1 - (6 * squares) / (pairs.length * (pairs.length ** 2 - 1));
}

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { SavedLine } from "../src/waiting-room/appointment-book.ts";
import {
  rankCorrelation,
  type SimulatedPerson,
  type SimulatedService,
  simulateCrowd,
  simulatePerson,
  simulateService,
  useVirtualTime,
} from "./simulated-crowd.ts";

/** Each simulates minutes in seconds; on a machine that is ten times overloaded, in a minute. */
const PATIENCE = { timeout: 180_000 };
const SLOW = { rowsPerSecond: 40, commitMs: 5 };

let services: SimulatedService[] = [];
beforeEach(useVirtualTime);
afterEach(async () => {
  for (const service of services) await service.close();
  services = [];
  vi.useRealTimers();
});

async function start(...parameters: Parameters<typeof simulateService>): Promise<SimulatedService> {
  const service = await simulateService(...parameters);
  services.push(service);
  return service;
}

interface Waited extends SimulatedPerson {
  readonly ticketedMs: number;
  readonly toldMs: number;
  readonly letInMs: number;
}

const isWaited = (person: SimulatedPerson): person is Waited =>
  person.ticketedMs !== undefined && person.letInMs !== undefined;

/** Of |told − actual|, against the larger of a fifth of the wait and two seconds. */
function shareTold(waited: readonly Waited[]): number {
  const isTrue = ({ ticketedMs, toldMs, letInMs }: Waited) =>
    Math.abs(letInMs - toldMs) <= Math.max(2_000, 0.2 * (toldMs - ticketedMs));
  return waited.filter(isTrue).length / waited.length;
}

const membersBetween = (people: readonly SimulatedPerson[], fromMs: number, toMs: number) =>
  people.filter(({ memberMs = 0 }) => memberMs >= fromMs && memberMs < toMs).length;

describe("a crowd ten times as large as can be served", () => {
  test(
    "waits in order, is let in at the time told, and leaves no capacity unused",
    async () => {
      const service = await start(SLOW);
      const startMs = Date.now();
      const people = await simulateCrowd({
        perSecond: () => 400,
        arrivalSeconds: 15,
        untilSeconds: 45,
        come: (person) => simulatePerson(() => service, person),
      });
      const waited = people.filter(isWaited);
      expect(waited.length).toBeGreaterThan(500);
      expect(rankCorrelation(waited.map((one) => [one.ticketedMs, one.letInMs]))).toBeGreaterThan(0.99);
      expect(waited.filter(({ comeBacks }) => comeBacks > 0).length / waited.length).toBeLessThanOrEqual(
        0.001,
      );
      expect(shareTold(waited)).toBeGreaterThan(0.95);
      const { kept, toldErrorsSeconds } = service;
      expect(kept.within + kept.late).toBe(waited.length);
      expect(kept.within / (kept.within + kept.late + kept.missed)).toBeGreaterThan(0.95);
      expect(toldErrorsSeconds.filter((seconds) => seconds <= 2).length / waited.length).toBeGreaterThan(0.9);
      const perSecond = membersBetween(people, startMs + 2_000, startMs + 15_000) / 13;
      expect(perSecond / SLOW.rowsPerSecond).toBeGreaterThan(0.97);
    },
    PATIENCE.timeout,
  );

  test(
    "is never told to return in one second in a larger number than one second can serve",
    async () => {
      const service = await start(SLOW);
      const people = await simulateCrowd({
        perSecond: () => 400,
        arrivalSeconds: 20,
        untilSeconds: 21,
        come: (person) => simulatePerson(() => service, person, { mayStayAway: true }),
      });
      const seconds = new Map<number, number>();
      for (const { toldMs } of people)
        if (toldMs !== undefined)
          seconds.set(Math.floor(toldMs / 1_000), (seconds.get(Math.floor(toldMs / 1_000)) ?? 0) + 1);
      expect(Math.max(...seconds.values())).toBeLessThanOrEqual(SLOW.rowsPerSecond * 1.2);
    },
    PATIENCE.timeout,
  );

  test(
    "leaves what those who stay away would have used to others",
    async () => {
      const service = await start(SLOW);
      const startMs = Date.now();
      let count = 0;
      const people = await simulateCrowd({
        perSecond: () => 400,
        arrivalSeconds: 15,
        untilSeconds: 16,
        come(person) {
          count += 1;
          return simulatePerson(() => service, person, { mayStayAway: count % 2 === 0 });
        },
      });
      const perSecond = membersBetween(people, startMs + 2_000, startMs + 15_000) / 13;
      expect(perSecond / SLOW.rowsPerSecond).toBeGreaterThan(0.97);
    },
    PATIENCE.timeout,
  );
});

test(
  "who comes late within the grace is let in as if on time, and early is told the same appointment",
  async () => {
    const service = await start(SLOW);
    const late: SimulatedPerson[] = [];
    const early: SimulatedPerson[] = [];
    let count = 0;
    await simulateCrowd({
      perSecond: () => 400,
      arrivalSeconds: 6,
      untilSeconds: 120,
      come(person) {
        count += 1;
        if (count % 50 === 0) late.push(person);
        if (count % 50 === 1) early.push(person);
        const lateMs =
          count % 50 === 0
            ? () => 20_000
            : () => (early.includes(person) && person.comeBacks === 0 ? -500 : 0);
        return simulatePerson(() => service, person, { lateMs });
      },
    });
    const isLetIn = ({ letInMs }: SimulatedPerson) => letInMs !== undefined;
    expect(late.every(isLetIn) && early.every(isLetIn)).toBe(true);
    for (const person of late.filter(isWaited)) {
      expect(person.comeBacks).toBe(0);
      expect(person.letInMs - person.toldMs).toBeLessThan(21_500);
    }
    for (const person of early.filter(isWaited)) expect(person.letInMs).toBeGreaterThan(person.toldMs - 101);
  },
  PATIENCE.timeout,
);

test(
  "when capacity falls, people are told a new time and keep their place, and what there is of it is used",
  async () => {
    const database = { ...SLOW };
    const service = await start(database);
    setTimeout(() => {
      database.rowsPerSecond = 20;
    }, 15_000);
    const people = await simulateCrowd({
      perSecond: () => 200,
      arrivalSeconds: 40,
      untilSeconds: 160,
      come: (person) => simulatePerson(() => service, person),
    });
    const waited = people.filter(isWaited);
    expect(service.events.get("retold")).toBeGreaterThan(0);
    const { kept, toldErrorsSeconds } = service;
    expect(kept.missed).toBe(service.events.get("retold"));
    // Told before capacity fell; whoever came afterwards was told what is true.
    expect(kept.late).toBeGreaterThan(0);
    expect(kept.within).toBeGreaterThan(0);
    expect(Math.max(...toldErrorsSeconds)).toBeGreaterThan(2);
    expect(rankCorrelation(waited.map((one) => [one.ticketedMs, one.letInMs]))).toBeGreaterThan(0.9);
    const startMs = people[0]?.arrivedMs ?? 0;
    const perSecond = membersBetween(people, startMs + 20_000, startMs + 40_000) / 20;
    expect(perSecond / 20).toBeGreaterThan(0.95);
  },
  PATIENCE.timeout,
);

test(
  "a restart promises no time twice and honours what was promised before",
  async () => {
    const saved: { line?: SavedLine } = {};
    const before = await start(SLOW, saved);
    let current = before;
    let restarting: Promise<void> | undefined;
    // Killed, not closed: what is known afterwards is what was saved once a second.
    setTimeout(() => {
      const line = saved.line === undefined ? undefined : { ...saved.line, ageSeconds: 1 };
      restarting = start(SLOW, line === undefined ? {} : { line }).then((after) => {
        current = after;
      });
    }, 5_500);
    const people = await simulateCrowd({
      perSecond: () => 400,
      arrivalSeconds: 10,
      untilSeconds: 200,
      come: (person) => simulatePerson(() => current, person),
    });
    await restarting;
    const waited = people.filter(isWaited);
    expect(people.filter(({ letInMs }) => letInMs === undefined)).toHaveLength(0);
    const seconds = new Map<number, number>();
    for (const { toldMs } of waited)
      seconds.set(Math.floor(toldMs / 1_000), (seconds.get(Math.floor(toldMs / 1_000)) ?? 0) + 1);
    expect(Math.max(...seconds.values())).toBeLessThanOrEqual(SLOW.rowsPerSecond * 1.2);
    expect(rankCorrelation(waited.map((one) => [one.ticketedMs, one.letInMs]))).toBeGreaterThan(0.99);
  },
  PATIENCE.timeout,
);

test(
  "a campaign that reopens lets in the share of newcomers that was asked for, ticket holders included",
  async () => {
    const fast = { rowsPerSecond: 1_000, commitMs: 5 };
    let share = 1;
    const service = await start(fast, {}, () => share);
    const startMs = Date.now();
    setTimeout(() => {
      share = 0.1;
    }, 10_000);
    const people = await simulateCrowd({
      perSecond: () => 200,
      arrivalSeconds: 22,
      untilSeconds: 23,
      come: (person) => simulatePerson(() => service, person),
    });
    expect(membersBetween(people, startMs, startMs + 10_000)).toBeGreaterThan(1_900);
    // A tenth of the newcomers at the door, and appointments at a tenth of what the door can do.
    expect(membersBetween(people, startMs + 12_000, startMs + 22_000) / 10).toBeLessThan(60);
  },
  PATIENCE.timeout,
);

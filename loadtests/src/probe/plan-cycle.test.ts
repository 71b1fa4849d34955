import fc from "fast-check";
import { expect, it } from "vitest";
import { handmadeTarget } from "../../test/conformance.ts";
import { BURST_EVERY_SECONDS, cycleSecondsOf } from "./limits.ts";
import { type CycleToPlan, planCycle } from "./plan-cycle.ts";

const target = handmadeTarget("http://127.0.0.1:1", []);
const asked = (changes: Partial<CycleToPlan> = {}): CycleToPlan => ({
  target,
  runId: "cp-0123456789abc",
  seed: 1,
  perMinute: 6,
  burst: 4,
  windowSeconds: 1_800,
  cycle: 0,
  endSeconds: Number.POSITIVE_INFINITY,
  visitorsMax: Number.POSITIVE_INFINITY,
  ...changes,
});
const dues = (changes: Partial<CycleToPlan>) => planCycle(asked(changes))?.arrivals.dueMicroseconds ?? [];

it("sends as many a minute as were asked for, on average", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(1_000), (perMinute, seed) => {
      const cycles = 300;
      let visitors = 0;
      for (let cycle = 0; cycle < cycles; cycle++)
        visitors += dues({ perMinute, seed, cycle, burst: 0 }).length;
      // A Poisson number of mean m lies within six times its root of m, but for one in 10⁸.
      const mean = perMinute * cycles;
      expect(Math.abs(visitors - mean)).toBeLessThan(6 * Math.sqrt(mean));
    }),
    { numRuns: 20 },
  );
});

it("sends each cycle's people within the cycle, one cycle after the other", () => {
  fc.assert(
    fc.property(
      fc.nat(10_000),
      fc.integer({ min: 10, max: 7_200 }),
      fc.nat(1_000),
      (cycle, windowSeconds, seed) => {
        const cycleSeconds = cycleSecondsOf(windowSeconds);
        const due = dues({ cycle, windowSeconds, seed, perMinute: 60 });
        expect(due).toEqual(due.toSorted((one, other) => one - other));
        for (const at of due) {
          expect(at).toBeGreaterThanOrEqual(Math.round(cycle * cycleSeconds * 1e6));
          expect(at).toBeLessThanOrEqual((cycle + 1) * cycleSeconds * 1e6);
        }
      },
    ),
  );
});

it("has its burst at the start and every three minutes, all at one instant", () => {
  const bursts = Array.from({ length: 9 }, (_, cycle) => planCycle(asked({ cycle }))?.bursts ?? []);
  expect(bursts.map((one) => one.length)).toEqual([1, 0, 0, 1, 0, 0, 1, 0, 0]);
  const plan = planCycle(asked({ cycle: 3 }));
  const together = plan?.arrivals.dueMicroseconds.filter(
    (_due, visitor) => plan.arrivals.burst[visitor] === 1,
  );
  expect(together).toEqual(Array.from({ length: 4 }, () => BURST_EVERY_SECONDS * 1e6));
});

it("draws the same visitors for the same seed, others for another, and other people each time", () => {
  expect(dues({ seed: 7 })).toEqual(dues({ seed: 7 }));
  expect(dues({ seed: 7 })).not.toEqual(dues({ seed: 8 }));
  expect(dues({ seed: 7, cycle: 1 })).not.toEqual(dues({ seed: 7, cycle: 2 }));
});

it("sends no more than are left, and nobody after its time", () => {
  expect(dues({ perMinute: 60, visitorsMax: 5 })).toHaveLength(5);
  const until = dues({ perMinute: 60, endSeconds: 20 });
  expect(until.length).toBeGreaterThan(5);
  expect(Math.max(...until)).toBeLessThan(20e6);
  expect(planCycle(asked({ perMinute: 60, endSeconds: 20 }))?.durationSeconds).toBe(20);
});

it("is nobody where nobody comes", () => {
  expect(planCycle(asked({ burst: 0, perMinute: 60, visitorsMax: 0 }))).toBeNull();
});

it("has one visitor or couple of a cycle do something else, each in turn", () => {
  const done = new Set<number>();
  for (let cycle = 0; cycle < 7; cycle++) {
    const behaviours = planCycle(asked({ cycle, perMinute: 60 }))?.arrivals.behaviour ?? [];
    const others = behaviours.filter((behaviour) => behaviour !== 0);
    expect(others.length).toBeGreaterThanOrEqual(1);
    expect(others.length).toBeLessThanOrEqual(2);
    for (const other of others) done.add(other);
  }
  expect(done.size).toBe(7);
});

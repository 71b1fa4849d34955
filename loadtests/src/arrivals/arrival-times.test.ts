import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Burst, CurvePiece } from "../plan/plan.ts";
import { arrivalTimes } from "./arrival-times.ts";
import {
  areaWithin,
  durationSecondsOf,
  ratePerSecondAt,
  secondsUntilArea,
  visitorsExpectedUntil,
} from "./curve.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 40 });
const rate = fc.double({ min: 0.5, max: 400, noNaN: true });
const piece: fc.Arbitrary<CurvePiece> = fc
  .record({
    name: fc.constant("piece"),
    shape: fc.constantFrom("constant", "linear", "exponential"),
    seconds: fc.double({ min: 0.1, max: 8, noNaN: true }),
    fromPerSecond: rate,
    toPerSecond: rate,
  })
  .map((one) => (one.shape === "constant" ? { ...one, toPerSecond: one.fromPerSecond } : one));
const pieces = fc.array(piece, { minLength: 1, maxLength: 5 });

/** A curve with every shape in it, some 4,000 visitors; the seeds of the statistics are fixed, so that they never flicker. */
const CURVE: CurvePiece[] = [
  { name: "baseline", shape: "constant", seconds: 5, fromPerSecond: 43, toPerSecond: 43 },
  { name: "rise", shape: "linear", seconds: 5, fromPerSecond: 43, toPerSecond: 400 },
  { name: "fade", shape: "exponential", seconds: 15, fromPerSecond: 400, toPerSecond: 20 },
  { name: "nobody", shape: "constant", seconds: 1, fromPerSecond: 0, toPerSecond: 0 },
  { name: "again", shape: "linear", seconds: 5, fromPerSecond: 0, toPerSecond: 300 },
];
const SEEDS = Array.from({ length: 40 }, (_, seed) => seed + 1);

describe("for any curve, bursts and seed", () => {
  test("the list is sorted, in whole microseconds, within the curve, and the same each time", () => {
    fc.assert(
      fc.property(
        pieces,
        seeds,
        fc.array(
          fc.record({
            share: fc.double({ min: 0, max: 0.99, noNaN: true }),
            visitors: fc.integer({ min: 1, max: 50 }),
          }),
          { maxLength: 4 },
        ),
        (curve, seed, shares) => {
          const durationSeconds = durationSecondsOf(curve);
          const bursts = shares.map(({ share, visitors }) => ({
            atSeconds: share * durationSeconds,
            visitors,
          }));
          const times = arrivalTimes({ pieces: curve, bursts, seed });
          const due = times.dueMicroseconds;
          expect(due.every((one, at) => Number.isSafeInteger(one) && one >= (due[at - 1] ?? 0))).toBe(true);
          expect(due.length === 0 || due.at(-1)! < durationSeconds * 1e6).toBe(true);
          expect(times.burst.length).toBe(due.length);
          expect(arrivalTimes({ pieces: curve, bursts, seed })).toEqual(times);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("the inverse of the area leads back to the area", () => {
    fc.assert(
      fc.property(piece, fc.double({ min: 0, max: 1, noNaN: true }), (one, part) => {
        const area = part * areaWithin(one, one.seconds);
        expect(areaWithin(one, secondsUntilArea(one, area))).toBeCloseTo(area, 6);
      }),
    );
  });

  test("the area is the sum of the rate", () => {
    fc.assert(
      fc.property(pieces, (curve) => {
        const steps = 20_000;
        const width = durationSecondsOf(curve) / steps;
        let sum = 0;
        for (let step = 0; step < steps; step++) sum += ratePerSecondAt(curve, (step + 0.5) * width) * width;
        const area = visitorsExpectedUntil(curve, Number.POSITIVE_INFINITY);
        expect(Math.abs(sum - area)).toBeLessThan(area * 0.001 + 0.5);
      }),
      { numRuns: 30 },
    );
  });
});

test("two seeds give two lists", () => {
  const lists = SEEDS.map((seed) => arrivalTimes({ pieces: CURVE, bursts: [], seed }).dueMicroseconds.join());
  expect(new Set(lists).size).toBe(SEEDS.length);
});

test("visitors before a change of the curve stay where they were", () => {
  const changed = CURVE.with(4, { ...CURVE[4]!, toPerSecond: 50 });
  const untilChange = (curve: CurvePiece[]) =>
    arrivalTimes({ pieces: curve, bursts: [], seed: 5 }).dueMicroseconds.filter((due) => due < 25e6);
  expect(untilChange(changed)).toEqual(untilChange(CURVE));
});

test("counts are a Poisson variable's: their mean and their spread are the area under the curve", () => {
  const area = visitorsExpectedUntil(CURVE, Number.POSITIVE_INFINITY);
  const scores = SEEDS.map((seed) => {
    const count = arrivalTimes({ pieces: CURVE, bursts: [], seed }).dueMicroseconds.length;
    return (count - area) / Math.sqrt(area);
  });
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const variance = scores.reduce((sum, score) => sum + score ** 2, 0) / scores.length;
  expect(Math.max(...scores.map(Math.abs))).toBeLessThan(4);
  // Mean of 40 standard normal scores: ± 0.52 in 999 of 1,000; their mean square: 0.45 to 1.85.
  expect(Math.abs(mean)).toBeLessThan(0.52);
  expect(variance).toBeGreaterThan(0.45);
  expect(variance).toBeLessThan(1.85);
});

test("gaps are exponential once time is measured in area (Kolmogorov–Smirnov)", () => {
  for (const seed of SEEDS) {
    const areas = arrivalTimes({ pieces: CURVE, bursts: [], seed }).dueMicroseconds.map((due) =>
      // Half a microsecond: the fraction that was cut off, on average.
      visitorsExpectedUntil(CURVE, (due + 0.5) / 1e6),
    );
    const gaps = areas.map((area, at) => area - (areas[at - 1] ?? 0)).sort((one, other) => one - other);
    // 1.95/√n is exceeded once in a thousand; of 40 seeds none should.
    expect(
      ksDistance(gaps, (gap) => -Math.expm1(-gap)) * Math.sqrt(gaps.length),
      `seed ${seed}`,
    ).toBeLessThan(1.95);
  }
});

test("evenly spaced arrivals would fail that test", () => {
  const gaps = new Array<number>(4_000).fill(1);
  expect(ksDistance(gaps, (gap) => -Math.expm1(-gap)) * Math.sqrt(gaps.length)).toBeGreaterThan(1.95);
});

test("the intensity follows the curve (chi-square over 60 bins)", () => {
  for (const seed of SEEDS.slice(0, 20)) {
    const { dueMicroseconds } = arrivalTimes({ pieces: CURVE, bursts: [], seed });
    const binSeconds = durationSecondsOf(CURVE) / 60;
    let chiSquare = 0;
    for (let bin = 0; bin < 60; bin++) {
      const [from, to] = [bin * binSeconds, (bin + 1) * binSeconds];
      const expected = visitorsExpectedUntil(CURVE, to) - visitorsExpectedUntil(CURVE, from);
      const count = dueMicroseconds.filter((due) => due >= from * 1e6 && due < to * 1e6).length;
      if (expected < 1e-9) expect(count).toBe(0);
      else chiSquare += (count - expected) ** 2 / expected;
    }
    // 60 degrees of freedom: 99.6 is exceeded once in a thousand.
    expect(chiSquare, `seed ${seed}`).toBeLessThan(99.6);
  }
});

test("bursts are numbered in the order of time, at one microsecond each, and change no other due time", () => {
  const bursts: Burst[] = [
    { atSeconds: 12.5, visitors: 64 },
    { atSeconds: 2.25, visitors: 3 },
  ];
  const { dueMicroseconds, burst } = arrivalTimes({ pieces: CURVE, bursts, seed: 3 });
  const dueOf = (number: number) => dueMicroseconds.filter((_, at) => burst[at] === number);
  expect(dueOf(1)).toEqual(new Array(3).fill(2_250_000));
  expect(dueOf(2)).toEqual(new Array(64).fill(12_500_000));
  expect(dueOf(0)).toEqual(arrivalTimes({ pieces: CURVE, bursts: [], seed: 3 }).dueMicroseconds);
});

/** Largest distance between the sorted sample's steps and a distribution. */
function ksDistance(sorted: number[], distribution: (value: number) => number): number {
  return Math.max(
    ...sorted.map((value, at) => {
      const expected = distribution(value);
      return Math.max(expected - at / sorted.length, (at + 1) / sorted.length - expected);
    }),
  );
}

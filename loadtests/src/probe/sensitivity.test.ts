import fc from "fast-check";
import { expect, it } from "vitest";
import { chanceToSee, describeSensitivity, visitorsPerMinute, visitorsToSee } from "./sensitivity.ts";

const share = fc.double({ min: 1e-4, max: 0.9, noNaN: true });

it("needs the fewest visitors with whom the chance is reached", () => {
  fc.assert(
    fc.property(share, fc.double({ min: 0.01, max: 0.999, noNaN: true }), (leak, chance) => {
      const visitors = visitorsToSee(leak, chance);
      expect(chanceToSee(visitors, leak)).toBeGreaterThanOrEqual(chance - 1e-12);
      if (visitors > 1) expect(chanceToSee(visitors - 1, leak)).toBeLessThan(chance + 1e-12);
    }),
  );
});

it("counts as dice do", () => {
  // Four throws of a die show a six with 1 − (5/6)⁴ = 671/1296.
  expect(chanceToSee(4, 1 / 6)).toBeCloseTo(671 / 1_296, 12);
  expect(visitorsToSee(0.01, 0.95)).toBe(299);
});

it("says what the trickle that comes by itself would see", () => {
  const rates = { perMinute: 6, burst: 4, burstEverySeconds: 180 };
  expect(visitorsPerMinute(rates)).toBeCloseTo(7.333, 3);
  // 29 and 299 visitors at 7.33 a minute; at one instant with others 1.33 a minute.
  expect(describeSensitivity(rates)).toEqual([
    "a leak that hits 1 in 10 within 4 min, 1 in 100 within 41 min, with 95 %",
    "a mix-up of people at one instant that hits 1 in 10 within 22 min, 1 in 100 within 3.7 h",
  ]);
});

it("promises nothing of people at one instant where there are none", () => {
  expect(describeSensitivity({ perMinute: 6, burst: 1, burstEverySeconds: 180 })).toHaveLength(1);
});

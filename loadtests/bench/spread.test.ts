import { describe, expect, it } from "vitest";
import { inRounds } from "./rounds.ts";
import { isBelow, percentileOf, ratiosOf, showSpread, spreadOf } from "./spread.ts";

describe("the spread of some rounds", () => {
  const rows = [
    { name: "an odd number of them", values: [5, 1, 9], median: 5 },
    { name: "an even number of them", values: [4, 1, 9, 2], median: 3 },
    { name: "a single one", values: [7], median: 7 },
    { name: "numbers that sort otherwise as text", values: [10, 9, 100], median: 10 },
  ];
  it.each(rows)("has its middle for $name", ({ values, median }) => {
    expect(spreadOf(values)).toEqual({ median, min: Math.min(...values), max: Math.max(...values) });
  });

  it("takes ratios within a round, not of the medians", () => {
    // Of the medians it would be 20 / 20: the second machine is twice as slow in the same three rounds.
    expect(ratiosOf([10, 20, 40], [20, 40, 80])).toEqual({ median: 0.5, min: 0.5, max: 0.5 });
  });

  it("is shown with its ends, and a single round without", () => {
    expect(showSpread(spreadOf([12_345, 11_000, 13_000]))).toBe("12,345 (11,000–13,000)");
    expect(showSpread(spreadOf([0.5]), 2)).toBe("0.50");
  });

  const rounds = [
    { name: "nearly all rounds below it", values: [1, 1, 1, 2, 2, 2, 9], below: "yes" },
    { name: "nearly all rounds above it", values: [1, 4, 5, 6, 7, 8, 9], below: "no" },
    { name: "few rounds, of which one is above it", values: [1, 1, 9], below: "unknown" },
    { name: "rounds on both sides", values: [-30, -20, 1, 20, 30], below: "unknown" },
    { name: "a limit that is met exactly", values: [3, 3, 3], below: "no" },
    { name: "no round", values: [], below: "unknown" },
  ];
  it.each(rounds)("is held against a limit with $name: $below", ({ values, below }) => {
    expect(isBelow(values, 3)).toBe(below);
  });

  it("finds the 99th percentile of a hundred at the last of them", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(percentileOf(hundred, 0.99)).toBe(100);
    expect(percentileOf(hundred, 0.5)).toBe(51);
    expect(percentileOf([], 0.5)).toBeNaN();
  });
});

describe("rounds", () => {
  it("are measured forwards and backwards in turn, with results in the order of the rounds", async () => {
    const order: string[] = [];
    const results = await inRounds(3, ["a", "b"], async (name, round) => {
      order.push(`${name}${round}`);
      return round;
    });
    expect(order).toEqual(["a0", "b0", "b1", "a1", "a2", "b2"]);
    expect(results).toEqual({ a: [0, 1, 2], b: [0, 1, 2] });
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "./random.ts";

const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

test("gives the numbers of sfc32 as published, computed here with big integers", () => {
  fc.assert(
    fc.property(seeds, fc.string({ maxLength: 20 }), (seed, stream) => {
      const random = createRandom(seed, stream);
      const reference = createReference(seed, stream);
      for (let draw = 0; draw < 20; draw++) expect(random()).toBe(reference());
    }),
    { numRuns: 200 },
  );
});

test("gives numbers that are pinned, so that a seed means the same crowd in every release", () => {
  const random = createRandom(20_201_204, "arrivals");
  expect([random(), random(), random()]).toEqual([
    0.7289056993797163, 0.6955281914359787, 0.4318793080809159,
  ]);
});

test("gives other numbers for another seed, another stream, and a seed that differs above bit 32 only", () => {
  const first = (seed: number, stream: string) => createRandom(seed, stream)();
  const drawn = [
    first(1, "arrivals"),
    first(2, "arrivals"),
    first(1, "behaviour"),
    first(1 + 2 ** 32, "arrivals"),
  ];
  expect(new Set(drawn).size).toBe(drawn.length);
});

test("spreads evenly over [0, 1)", () => {
  const random = createRandom(7, "spread");
  const bins = new Array<number>(100).fill(0);
  for (let draw = 0; draw < 100_000; draw++) bins[Math.floor(random() * 100)]!++;
  const chiSquare = bins.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
  // 99 degrees of freedom: 149 is exceeded once in a thousand.
  expect(chiSquare).toBeLessThan(149);
});

function createReference(seed: number, stream: string): () => number {
  const mask = 0xffffffffn;
  let hash = 0x811c9dc5n;
  for (let at = 0; at < stream.length; at++)
    hash = ((hash ^ BigInt(stream.charCodeAt(at))) * 0x01000193n) & mask;
  let [a, b, c, counter] = [BigInt(seed) & mask, BigInt(seed) >> 32n, hash, 1n];
  const next = () => {
    const word = (a + b + counter) & mask;
    counter = (counter + 1n) & mask;
    a = b ^ (b >> 9n);
    b = (c + (c << 3n)) & mask;
    c = ((((c << 21n) & mask) | (c >> 11n)) + word) & mask;
    return word;
  };
  for (let round = 0; round < 15; round++) next();
  return () => Number(((next() >> 5n) << 26n) | (next() >> 6n)) / 2 ** 53;
}

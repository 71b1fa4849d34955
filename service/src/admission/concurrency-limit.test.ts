import { expect, test } from "vitest";
import { createConcurrencyLimit } from "./concurrency-limit.ts";

const BOUNDS = { min: 4, start: 32, max: 256 };

/** As many as the limit allows, all the time, for so many seconds; what one takes depends on how many there are. */
function run(
  limit: ReturnType<typeof createConcurrencyLimit>,
  seconds: number,
  tookMsOf: (working: number) => number,
  fromMs = 0,
) {
  let nowMs = fromMs;
  while (nowMs < fromMs + seconds * 1_000) {
    const working = limit.limit;
    const tookMs = tookMsOf(working);
    nowMs += tookMs;
    for (let one = 0; one < working; one += 1) limit.observe({ tookMs, workingBefore: working }, nowMs);
  }
  return nowMs;
}

test.each([
  // Only the delay counts, so more at once is more a second: up to the most that is allowed.
  { name: "a database far away is sent all that is allowed", tookMsOf: () => 300, from: 250, to: 256 },
  // 25 ms for each row, whoever sends it: more at once is only slower.
  { name: "a database that takes 40 a second is sent few", tookMsOf: (n: number) => n * 25, from: 4, to: 16 },
  {
    name: "a fast one is not held back by the cost of a commit",
    tookMsOf: (n: number) => 2 + n * 0.1,
    from: 250,
    to: 256,
  },
])("$name", ({ tookMsOf, from, to }) => {
  const limit = createConcurrencyLimit(BOUNDS);
  run(limit, 20, tookMsOf);
  expect(limit.limit).toBeGreaterThanOrEqual(from);
  expect(limit.limit).toBeLessThanOrEqual(to);
});

test("a database that moved further away is not taken for a queue for ever", () => {
  const limit = createConcurrencyLimit(BOUNDS);
  const movedMs = run(limit, 10, () => 5);
  const fallenMs = run(limit, 8, () => 1_500, movedMs);
  expect(limit.limit).toBeLessThan(100);
  run(limit, 90, () => 1_500, fallenMs);
  expect(limit.limit).toBeGreaterThan(200);
});

test("a limit that nobody comes near stays as it was", () => {
  const limit = createConcurrencyLimit(BOUNDS);
  for (let nowMs = 0; nowMs < 60_000; nowMs += 20) limit.observe({ tookMs: 5, workingBefore: 1 }, nowMs);
  expect(limit.limit).toBe(32);
});

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
    for (let one = 0; one < working; one += 1)
      limit.observe({ tookMs, workingBefore: working, isUndisturbed: working <= BOUNDS.min }, nowMs);
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
  for (let nowMs = 0; nowMs < 60_000; nowMs += 20)
    limit.observe({ tookMs: 5, workingBefore: 1, isUndisturbed: true }, nowMs);
  expect(limit.limit).toBe(32);
});

test("what the first signups of a process take is nobody's undisturbed time", () => {
  const limit = createConcurrencyLimit(BOUNDS);
  // Connections are being opened; then each row takes 25 ms, and nobody ever comes alone.
  for (let one = 0; one < 12; one += 1)
    limit.observe({ tookMs: 2_000, workingBefore: 1, isUndisturbed: true }, 2_000);
  run(limit, 8, (working) => working * 25, 2_000);
  expect(limit.limit).toBeLessThanOrEqual(16);
});

test("who began before the limit was raised says nothing about the limit as it is", () => {
  const limit = createConcurrencyLimit(BOUNDS);
  const sample = { tookMs: 50, workingBefore: 32, isUndisturbed: false };
  for (let nowMs = 0; nowMs <= 1_000; nowMs += 10) limit.observe(sample, nowMs);
  const raised = limit.limit;
  expect(raised).toBeGreaterThan(32);
  for (let nowMs = 1_001; nowMs < 2_000; nowMs += 10)
    limit.observe({ ...sample, tookMs: 5_000, workingBefore: raised }, nowMs);
  expect(limit.limit).toBe(raised);
});

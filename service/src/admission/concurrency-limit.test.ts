import { describe, expect, test } from "vitest";
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

/** A crowd in which nobody comes alone, until the limit goes down to find out what one signup takes. */
function runUntilMeasuring(limit: ReturnType<typeof createConcurrencyLimit>, tookMs: number) {
  let nowMs = 0;
  for (let before = limit.limit; ; before = limit.limit) {
    nowMs += 10;
    limit.observe({ tookMs, workingBefore: 32, isUndisturbed: false }, nowMs);
    if (limit.isMeasuring) return { startedMs: nowMs, before };
  }
}

const ALONE = { tookMs: 5, workingBefore: 4, isUndisturbed: true };

describe("measuring", () => {
  test("ends by the clock where nobody is done, goes back up, and is tried again a minute later", () => {
    const limit = createConcurrencyLimit(BOUNDS);
    const { startedMs, before } = runUntilMeasuring(limit, 50);
    expect(limit.limit).toBe(BOUNDS.min);
    limit.passTime(startedMs + 999);
    expect(limit.limit).toBe(BOUNDS.min);
    limit.passTime(startedMs + 1_000);
    expect(limit.limit).toBe(before);
    const crowd = { tookMs: 50, workingBefore: 32, isUndisturbed: false };
    let nowMs = startedMs + 1_000;
    for (; nowMs < startedMs + 60_900; nowMs += 20) {
      limit.observe(crowd, nowMs);
      expect(limit.isMeasuring).toBe(false);
    }
    for (; nowMs < startedMs + 61_200; nowMs += 20) limit.observe(crowd, nowMs);
    expect(limit.isMeasuring).toBe(true);
  });

  test("lasts long enough on a slow database for those inside to leave and eight to come after them", () => {
    const limit = createConcurrencyLimit(BOUNDS);
    const { startedMs } = runUntilMeasuring(limit, 1_000);
    limit.passTime(startedMs + 3_999);
    expect(limit.isMeasuring).toBe(true);
    limit.passTime(startedMs + 4_000);
    expect(limit.isMeasuring).toBe(false);
  });

  test.each([
    { name: "believes four samples when its time is up", samples: 4, isBelieved: true },
    { name: "believes no three", samples: 3, isBelieved: false },
  ])("$name", ({ samples, isBelieved }) => {
    const limit = createConcurrencyLimit(BOUNDS);
    const { startedMs } = runUntilMeasuring(limit, 300);
    for (let one = 0; one < samples; one += 1)
      limit.observe({ ...ALONE, tookMs: 300 }, startedMs + 300 + one);
    const endMs = startedMs + 1_200;
    limit.passTime(endMs);
    const before = limit.limit;
    // As slow as before: with the undisturbed time known there is no queue in it, without it there is.
    const crowd = { tookMs: 300, workingBefore: 32, isUndisturbed: false };
    for (let nowMs = endMs + 300; nowMs <= endMs + 700; nowMs += 10) limit.observe(crowd, nowMs);
    if (isBelieved) expect(limit.limit).toBeGreaterThan(before);
    else expect(limit.limit).toBeLessThanOrEqual(before);
  });

  test("is no part of the window after it: who began at its small limit says nothing about the one of before", () => {
    const limit = createConcurrencyLimit(BOUNDS);
    const { startedMs, before } = runUntilMeasuring(limit, 50);
    const endMs = startedMs + 200;
    for (let one = 0; one < 8; one += 1) limit.observe(ALONE, endMs);
    expect(limit.isMeasuring).toBe(false);
    for (let one = 0; one < 8; one += 1)
      limit.observe({ tookMs: 190, workingBefore: 4, isUndisturbed: false }, endMs + 180);
    expect(limit.limit).toBe(before);
  });
});

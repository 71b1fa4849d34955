import { expect, test } from "vitest";
import { createCapacityRate, type DoorState } from "./capacity-rate.ts";

const BUSY: DoorState = { working: 8, limit: 8, tookMs: 200, isLine: true, isLimitMeasuring: false };
const IDLE: DoorState = { ...BUSY, working: 1, isLine: false };

/** Signups come back in lumps of five, as batches do. */
function run(
  rate: ReturnType<typeof createCapacityRate>,
  door: DoorState,
  perSecond: number,
  fromMs: number,
  seconds: number,
) {
  const lumpMs = 5_000 / perSecond;
  let nowMs = fromMs;
  for (; nowMs < fromMs + seconds * 1_000; nowMs += lumpMs) {
    for (let one = 0; one < 5; one += 1) rate.completed();
    rate.note(door, nowMs);
  }
  return nowMs;
}

test("a busy door's rate is what it completes", () => {
  const rate = createCapacityRate();
  run(rate, BUSY, 40, 0, 20);
  expect(rate.perSecond).toBeGreaterThan(38);
  expect(rate.perSecond).toBeLessThan(42);
});

test("an idle door's rate does not sink to what was asked for", () => {
  const rate = createCapacityRate();
  const busyMs = run(rate, BUSY, 40, 0, 20);
  run(rate, { ...IDLE, tookMs: 25 }, 4, busyMs, 300);
  expect(rate.perSecond).toBeGreaterThan(38);
});

test("a line before an idle door raises it, but not far above what was seen", () => {
  const rate = createCapacityRate();
  const busyMs = run(rate, BUSY, 40, 0, 20);
  run(rate, { ...IDLE, tookMs: 25, isLine: true }, 4, busyMs, 300);
  expect(rate.perSecond).toBeGreaterThan(45);
  expect(rate.perSecond).toBeLessThan(60);
});

test("a fall by half shows within seconds", () => {
  const rate = createCapacityRate();
  const busyMs = run(rate, BUSY, 40, 0, 20);
  run(rate, BUSY, 20, busyMs, 4);
  expect(rate.perSecond).toBeLessThan(24);
});

test("what comes through while the limit is down to measure says nothing", () => {
  const rate = createCapacityRate();
  const busyMs = run(rate, BUSY, 40, 0, 20);
  run(rate, { ...BUSY, working: 4, limit: 4, isLimitMeasuring: true }, 10, busyMs, 5);
  expect(rate.perSecond).toBeGreaterThan(38);
});

test("in the first busy window after that the first batches are on their way, and it shows too little", () => {
  const rate = createCapacityRate();
  const busyMs = run(rate, BUSY, 40, 0, 20);
  const measuredMs = run(rate, { ...BUSY, working: 4, limit: 4, isLimitMeasuring: true }, 40, busyMs, 1.5);
  // What is left of the spoilt window, and one after it.
  run(rate, BUSY, 10, measuredMs, 2);
  expect(rate.perSecond).toBeGreaterThan(38);
  run(rate, BUSY, 10, measuredMs + 2_000, 2);
  expect(rate.perSecond).toBeLessThan(36);
});

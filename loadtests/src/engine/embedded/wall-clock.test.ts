import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { watchWallClock } from "./wall-clock.ts";

// Only the machine's clock is stood in for: setting the real one would step everybody's.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date", "performance", "setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

it.each([
  { name: "an hour ahead", seconds: 3_600 },
  { name: "a fifth of a second back", seconds: -0.2 },
])("tells once when the wall clock is set $name", ({ seconds }) => {
  const steps: number[] = [];
  const watch = watchWallClock((step) => steps.push(step));
  vi.advanceTimersByTime(5_000);
  expect(steps).toEqual([]);
  vi.setSystemTime(Date.now() + seconds * 1e3);
  vi.advanceTimersByTime(5_000);
  expect(steps).toEqual([expect.closeTo(seconds, 3)]);
  watch.close();
});

it("says nothing of the slewing of a time service: 500 ppm", () => {
  const steps: number[] = [];
  const watch = watchWallClock((step) => steps.push(step));
  for (let second = 0; second < 100; second++) {
    vi.advanceTimersByTime(1_000);
    vi.setSystemTime(Date.now() + 0.5);
  }
  watch.close();
  expect(steps).toEqual([]);
});

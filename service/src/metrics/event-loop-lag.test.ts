import { afterEach, expect, it } from "vitest";
import { createEventLoopLag, type EventLoopLag } from "./event-loop-lag.ts";

let lag: EventLoopLag;
afterEach(() => lag.close());

it("tells how late a loop that is kept busy comes to its timers", async () => {
  lag = createEventLoopLag();
  const busy = setInterval(() => {
    const untilMs = performance.now() + 60;
    while (performance.now() < untilMs);
  }, 1);
  try {
    await expect.poll(() => lag.seconds(), { timeout: 15_000 }).toBeGreaterThan(0.03);
  } finally {
    clearInterval(busy);
  }
});

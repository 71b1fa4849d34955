import { monitorEventLoopDelay } from "node:perf_hooks";

/** How late this process comes to anything: the 99th percentile over the last one to two windows. */
export interface EventLoopLag {
  seconds(): number;
  close(): void;
}

const RESOLUTION_MS = 20;
/** A window ends by the clock and not by a scrape: two who scrape must not take each other's lag away. */
const WINDOW_MS = 5_000;

export function createEventLoopLag(): EventLoopLag {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let lastSeconds = 0;
  /** What is measured is the time between two ticks; what is beyond their distance is lag. */
  const soFarSeconds = () =>
    delay.count === 0 ? 0 : Math.max(0, delay.percentile(99) / 1e9 - RESOLUTION_MS / 1_000);
  const timer = setInterval(() => {
    lastSeconds = soFarSeconds();
    delay.reset();
  }, WINDOW_MS).unref();
  return {
    seconds: () => Math.max(lastSeconds, soFarSeconds()),
    close() {
      clearInterval(timer);
      delay.disable();
    },
  };
}

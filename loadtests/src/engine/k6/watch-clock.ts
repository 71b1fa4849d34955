/** A step of the wall clock: how far, and what the clock would have shown without it. */
export interface ClockStep {
  wallMs: number;
  seconds: number;
}

const INTERVAL_MS = 250;
/** What NTP slews in an interval is a thousandth of this; what a busy process reads between its two clocks, a tenth. */
const STEP_MS_MIN = 20;

/**
 * Watches this machine's wall clock against its monotonic one. k6 gives its scripts no monotonic clock, so a step
 * falsifies its times: it must not go unseen.
 */
export function watchClock(): { stop(): ClockStep[] } {
  const steps: ClockStep[] = [];
  let offsetMs = Date.now() - performance.now();
  const look = () => {
    const monotonicMs = performance.now();
    const stepMs = Date.now() - monotonicMs - offsetMs;
    if (Math.abs(stepMs) < STEP_MS_MIN) return;
    steps.push({ wallMs: monotonicMs + offsetMs, seconds: stepMs / 1_000 });
    offsetMs += stepMs;
  };
  const timer = setInterval(look, INTERVAL_MS);
  return {
    stop() {
      clearInterval(timer);
      look();
      return steps;
    },
  };
}

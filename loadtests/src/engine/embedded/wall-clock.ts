/** Slewing by NTP stays far below; leap smears and summer time do not step the epoch at all. */
const STEP_SECONDS_MIN = 0.1;
const LOOK_MILLISECONDS = 500;

/** Calls back when the wall clock is set: it moves against the monotonic one. The run goes on, the report says so. */
export function watchWallClock(onStep: (seconds: number) => void): { close(): void } {
  const offset = () => (Date.now() - performance.now()) / 1e3;
  let before = offset();
  const timer = setInterval(() => {
    const step = offset() - before;
    if (Math.abs(step) < STEP_SECONDS_MIN) return;
    before += step;
    onStep(step);
  }, LOOK_MILLISECONDS);
  return { close: () => clearInterval(timer) };
}

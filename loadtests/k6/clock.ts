import exec from "k6/execution";

export interface RunClock {
  nowMicroseconds(): number;
  sleepUntil(microseconds: number): Promise<void>;
  /** The worst delay of a timer so far: how long something else kept the event loop busy. */
  worstLagMicroseconds(): number;
  /** Ends every sleep now, and every later one at once. k6 waits for timers: to be called at the end as well. */
  stop(): void;
}

/**
 * Between the start of the first VU and the run's start, so that every VU is ready for the first arrival. Sixteen VUs
 * were measured to begin within 30 ms of each other.
 */
export const LEAD_MS = 500;

const LAG_INTERVAL_MS = 50;

/**
 * The run's clock, the same in all VUs: k6 counts from the start of the test. It is the difference of two readings of
 * the wall clock (k6 has no other in JavaScript), so a step of it is seen in the arrivals; `sendK6` watches for steps.
 * Timers are monotonic: a step moves nobody's start by more than one sleep.
 */
export function createRunClock(startMs: number): RunClock {
  // `exec.instance` builds a new object at each use: 9 µs against 1 µs.
  const instance = exec.instance;
  const sleeping = new Map<number, () => void>();
  let isAwake = false;

  const nowMicroseconds = () => Math.round((instance.currentTestRunDuration - startMs) * 1_000);

  const pause = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const id = setTimeout(() => {
        sleeping.delete(id);
        resolve();
      }, milliseconds);
      sleeping.set(id, resolve);
    });

  let worstLagMicroseconds = 0;
  let lagTimer = 0;
  const measureLag = () => {
    const expectedMicroseconds = nowMicroseconds() + LAG_INTERVAL_MS * 1_000;
    lagTimer = setTimeout(() => {
      worstLagMicroseconds = Math.max(worstLagMicroseconds, nowMicroseconds() - expectedMicroseconds);
      measureLag();
    }, LAG_INTERVAL_MS);
  };
  measureLag();

  return {
    nowMicroseconds,
    async sleepUntil(microseconds) {
      for (
        let left = microseconds - nowMicroseconds();
        left > 0 && !isAwake;
        left = microseconds - nowMicroseconds()
      ) {
        await pause(left / 1_000);
      }
    },
    worstLagMicroseconds: () => worstLagMicroseconds,
    stop() {
      isAwake = true;
      clearTimeout(lagTimer);
      for (const [id, resolve] of sleeping) {
        clearTimeout(id);
        resolve();
      }
      sleeping.clear();
    },
  };
}

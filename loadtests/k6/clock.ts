import exec from "k6/execution";
import { createSleepers } from "./sleepers.ts";

export interface RunClock {
  nowMicroseconds(): number;
  sleepUntil(microseconds: number): Promise<void>;
  /** Wakes who is due now, before the timer does: for whoever is about to do something that takes a while. */
  wakeDue(): void;
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

/**
 * The run's clock, the same in all VUs: k6 counts from the start of the test. It is the difference of two readings of
 * the wall clock (k6 has no other in JavaScript), so a step of it is seen in the arrivals; `sendK6` watches for steps.
 * Timers are monotonic: a step moves nobody's start by more than one sleep.
 *
 * All who sleep share one timer of k6. With a timer each, k6 looks through the whole list to add one, rings once for each,
 * and when it is late may ring for somebody who is not due and has to be added again; and nobody could be woken before
 * their own timer's turn in the event loop, which is what `wakeDue` is for.
 */
export function createRunClock(startMs: number): RunClock {
  // `exec.instance` builds a new object at each use: 9 µs against 1 µs.
  const instance = exec.instance;
  const nowMicroseconds = () => Math.round((instance.currentTestRunDuration - startMs) * 1_000);

  const sleepers = createSleepers();
  let isAwake = false;
  let worstLagMicroseconds = 0;
  let timer: number | null = null;
  let timerMicroseconds = Number.POSITIVE_INFINITY;

  const setTimer = () => {
    const microseconds = sleepers.nextMicroseconds();
    if (microseconds >= timerMicroseconds) return;
    const replaced = timer;
    timerMicroseconds = microseconds;
    const set = setTimeout(() => ring(set), Math.max(0, microseconds - nowMicroseconds()) / 1_000);
    timer = set;
    // Only now: k6 takes its timers down when the last one goes.
    if (replaced !== null) clearTimeout(replaced);
  };
  /** k6 may ring early, and for a timer that was replaced a moment ago. */
  const ring = (rung: number) => {
    if (rung !== timer) return;
    worstLagMicroseconds = Math.max(worstLagMicroseconds, nowMicroseconds() - timerMicroseconds);
    timer = null;
    timerMicroseconds = Number.POSITIVE_INFINITY;
    sleepers.wakeUntil(nowMicroseconds());
    setTimer();
  };

  return {
    nowMicroseconds,
    sleepUntil(microseconds) {
      if (isAwake || microseconds <= nowMicroseconds()) return Promise.resolve();
      return new Promise((resolve) => {
        sleepers.add(microseconds, resolve);
        setTimer();
      });
    },
    wakeDue: () => sleepers.wakeUntil(nowMicroseconds()),
    worstLagMicroseconds: () => worstLagMicroseconds,
    stop() {
      isAwake = true;
      if (timer !== null) clearTimeout(timer);
      sleepers.wakeUntil(Number.POSITIVE_INFINITY);
    },
  };
}

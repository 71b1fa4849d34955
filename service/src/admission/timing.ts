/** The clock and the timers of the door, passed in: tests simulate an hour in a second. */
export interface Timing {
  /** Milliseconds; only differences mean something. */
  nowMs(): number;
  after(ms: number, work: () => void): void;
}

export const REAL_TIMING: Timing = {
  nowMs: () => performance.now(),
  // Whoever is queued has a socket that keeps the process alive.
  after: (ms, work) => void setTimeout(work, ms).unref(),
};

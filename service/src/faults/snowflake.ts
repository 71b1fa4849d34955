import type { Clock } from "../clock.ts";

export interface SnowflakeOptions {
  readonly clock: Clock;
  /** 0 to 31; no two processes may have the same. */
  readonly worker: number;
  /** What is given where the clock stands behind what it said before. */
  readonly whenClockIsBack: (lastMs: number) => number;
}

/** Serials of ten digits need no database: a millisecond of the last 17 minutes, a worker and a counter, one after the other. */
const MILLISECONDS = 1_000_000;
const WORKERS = 32;
const PER_MILLISECOND = 300;

export function createSnowflake({ clock, worker, whenClockIsBack }: SnowflakeOptions): () => number {
  let lastMs = 0;
  let count = 0;
  return () => {
    const nowMs = clock();
    if (nowMs < lastMs) return whenClockIsBack(lastMs);
    count = nowMs === lastMs ? count + 1 : 0;
    lastMs = nowMs;
    const slot = ((nowMs % MILLISECONDS) * WORKERS + (worker % WORKERS)) * PER_MILLISECOND;
    return slot + (count % PER_MILLISECOND) + 1;
  };
}

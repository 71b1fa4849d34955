/**
 * How many signups a second this process completes when it has as many as it can take: what appointments are given out
 * by. Only saturated time counts, for an idle second says nothing about capacity; until there was some, the best tenth
 * of a second lately is what is known to be possible.
 */
export interface CapacityRate {
  completed(nowMs: number): void;
  /** From `nowMs` on, everybody who comes in has to queue or wait; or no longer. */
  setSaturated(isSaturated: boolean, nowMs: number): void;
  perSecond(nowMs: number): number;
}

/** Saturated time is remembered this long: commits come in lumps, and ten of them make an even rate. */
const MEMORY_MS = 5_000;
/** A change shows within this time, or this many signups where they are few. */
const QUICK_MEMORY_MS = 1_000;
const QUICK_SIGNUPS = 16;
/** The quick rate this far from the slow one is a change and not noise: the slow one starts from it. */
const CHANGE_FACTOR = 1.5;
/** Less saturated time or fewer signups than this is no measurement. */
const MEASURED_MS_MIN = 50;
const MEASURED_SIGNUPS_MIN = 8;
const PEAK_WINDOW_MS = 100;
const PEAK_MEMORY_MS = 60_000;
/** With nothing known: what a database on another continent does. A promise that comes true early annoys nobody. */
const UNMEASURED_PER_SECOND = 20;
/** A database that answers nobody still leaves a time to be told. */
const PER_SECOND_MIN = 0.1;

export function createCapacityRate(): CapacityRate {
  const slow = createFadingSum();
  const quick = createFadingSum();
  const peak = createPeak();
  let isSaturated = false;
  let sinceMs = 0;

  function advance(nowMs: number): void {
    if (isSaturated && nowMs > sinceMs) {
      slow.add(0, nowMs - sinceMs, MEMORY_MS);
      const rate = slow.rate();
      quick.add(
        0,
        nowMs - sinceMs,
        Math.max(QUICK_MEMORY_MS, rate > 0 ? (QUICK_SIGNUPS / rate) * 1_000 : MEMORY_MS),
      );
    }
    sinceMs = nowMs;
  }

  function followChange(): void {
    if (quick.ms < QUICK_MEMORY_MS / 2 || quick.count < MEASURED_SIGNUPS_MIN) return;
    const ratio = slow.rate() / quick.rate();
    if (ratio > CHANGE_FACTOR || ratio < 1 / CHANGE_FACTOR) slow.startFrom(quick);
  }

  return {
    completed(nowMs) {
      peak.add(nowMs);
      advance(nowMs);
      if (!isSaturated) return;
      slow.add(1, 0, MEMORY_MS);
      quick.add(1, 0, MEMORY_MS);
      followChange();
    },
    setSaturated(value, nowMs) {
      advance(nowMs);
      isSaturated = value;
    },
    perSecond(nowMs) {
      advance(nowMs);
      const isMeasured = slow.ms >= MEASURED_MS_MIN && slow.count >= MEASURED_SIGNUPS_MIN;
      if (isMeasured) return Math.max(PER_SECOND_MIN, slow.rate());
      return Math.max(UNMEASURED_PER_SECOND, peak.perSecond(nowMs));
    },
  };
}

/** Counts and milliseconds that fade alike, so that their quotient is a rate. */
function createFadingSum() {
  return {
    count: 0,
    ms: 0,
    add(count: number, ms: number, memoryMs: number): void {
      const kept = Math.exp(-ms / memoryMs);
      this.count = this.count * kept + count;
      this.ms = this.ms * kept + ms;
    },
    rate(): number {
      return this.ms === 0 ? 0 : (this.count / this.ms) * 1_000;
    },
    startFrom(other: { count: number; ms: number }): void {
      this.count = other.count;
      this.ms = other.ms;
    },
  };
}

function createPeak() {
  let windowStartMs = 0;
  let count = 0;
  let best = 0;
  let bestAtMs = 0;
  return {
    add(nowMs: number): void {
      if (nowMs - windowStartMs >= PEAK_WINDOW_MS) {
        windowStartMs = nowMs;
        count = 0;
      }
      count += 1;
      if (count < best && nowMs - bestAtMs < PEAK_MEMORY_MS) return;
      best = count;
      bestAtMs = nowMs;
    },
    perSecond: (nowMs: number) => (nowMs - bestAtMs < PEAK_MEMORY_MS ? (best / PEAK_WINDOW_MS) * 1_000 : 0),
  };
}

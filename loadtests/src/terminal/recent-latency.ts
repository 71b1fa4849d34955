/** Buckets grow by 5 %: no quantile is further off than that. 100 µs × 1.05²⁸⁸ is 126 s, longer than any timeout. */
const BUCKETS = 288;
const GROWTH = Math.log(1.05);
const LEAST_MICROSECONDS = 100;
const HALF_WINDOW_MICROSECONDS = 5_000_000;

export interface RecentLatency {
  add(atMicroseconds: number, latencyMicroseconds: number): void;
  /** Over the last 5 to 10 s; null where nothing came. */
  quantileSeconds(quantile: number): number | null;
}

/** Latency of the last seconds in fixed memory: two histograms, of which the older is thrown away every 5 s. */
export function createRecentLatency(): RecentLatency {
  let current = new Uint32Array(BUCKETS);
  let previous = new Uint32Array(BUCKETS);
  let windowEndsMicroseconds = HALF_WINDOW_MICROSECONDS;

  function rotateUntil(atMicroseconds: number): void {
    if (atMicroseconds < windowEndsMicroseconds) return;
    const isGap = atMicroseconds >= windowEndsMicroseconds + HALF_WINDOW_MICROSECONDS;
    previous = isGap ? new Uint32Array(BUCKETS) : current;
    current = new Uint32Array(BUCKETS);
    windowEndsMicroseconds =
      (Math.floor(atMicroseconds / HALF_WINDOW_MICROSECONDS) + 1) * HALF_WINDOW_MICROSECONDS;
  }

  return {
    add(atMicroseconds, latencyMicroseconds) {
      rotateUntil(atMicroseconds);
      const bucket = Math.floor(Math.log(Math.max(1, latencyMicroseconds / LEAST_MICROSECONDS)) / GROWTH);
      const index = Math.min(BUCKETS - 1, bucket);
      current[index] = (current[index] ?? 0) + 1;
    },
    quantileSeconds(quantile) {
      const counts = Array.from(current, (count, index) => count + (previous[index] ?? 0));
      const total = counts.reduce((sum, count) => sum + count, 0);
      if (total === 0) return null;
      let rest = quantile * total;
      const index = counts.findIndex((count) => {
        rest -= count;
        return count > 0 && rest <= 0;
      });
      // The middle of the bucket, on its logarithmic scale.
      return (LEAST_MICROSECONDS * Math.exp(((index < 0 ? BUCKETS : index) + 0.5) * GROWTH)) / 1e6;
    },
  };
}

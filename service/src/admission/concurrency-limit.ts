/**
 * How many signups are worked on at once, from how long they take: the gradient algorithm of Netflix' concurrency-limits
 * and Envoy's adaptive concurrency filter (envoyproxy.io, "Adaptive Concurrency": gradient = (minRTT + B) / sampleRTT,
 * limit = gradient × limit + √limit; the tolerance is Gradient2's).
 *
 * What is measured is the time from a body that was read to its commit: the wait for a batch and the batch itself, not
 * what a slow client takes to send. Two things differ from a proxy, because registrations share commits:
 * - B is absolute (TOLERATED_MS). A batch costs a fixed part and a part for each row, so a little delay buys most of the
 *   throughput; a limit that kept close to the time of a signup alone would shrink batches to one row.
 * - CoDel's 5 ms (RFC 8289) cannot be the target: with a database of 300 ms everybody waits longer, and rightly.
 */
export interface ConcurrencyLimit {
  readonly limit: number;
  /** Median of the last window, milliseconds; what one signup takes now. */
  readonly tookMs: number;
  /** Down at its floor for a moment, to see how long a signup takes undisturbed. */
  readonly isMeasuring: boolean;
  /** One signup is done. `workingBefore`: how many were worked on when it began, itself included. */
  observe(sample: { tookMs: number; workingBefore: number }, nowMs: number): void;
}

export interface ConcurrencyBounds {
  readonly min: number;
  readonly start: number;
  readonly max: number;
}

/**
 * Gradient2's tolerance (1.5 there): somebody who comes while both batches are under way waits half as long again, and
 * with rows that cost as much as the commit two full batches take twice the time of one signup alone.
 */
const TOLERANCE = 2;
/** B: nobody notices a tenth of a second, and a batch of a fast database is then nearly all rows. */
const TOLERATED_MS = 100;
/** A window lasts at least this long and as long as one signup, and has a few samples, so that a single commit is no trend. */
const WINDOW_MS = 100;
const WINDOW_SAMPLES_MIN = 4;
const WINDOW_SAMPLES_MAX = 512;
/** One window may halve the limit, or double it (Envoy's own bounds). */
const GRADIENT_MIN = 0.5;
const GRADIENT_MAX = 2;
/** The undisturbed time is measured again so often: a database that became slower must not look like a queue for ever. */
const REMEASURE_MS = 60_000;
const REMEASURE_SAMPLES = 8;
/** A limit that stays at its floor for so many windows was measured against a time that no longer holds. */
const FLOOR_WINDOWS_MAX = 5;
/** Before the first sample: a commit on a laptop's disk. */
const UNMEASURED_MS = 20;

export function createConcurrencyLimit(bounds: ConcurrencyBounds): ConcurrencyLimit {
  const min = Math.min(bounds.min, bounds.max);
  let limit = Math.min(bounds.start, bounds.max);
  let tookMs = UNMEASURED_MS;
  /** Unknown until somebody came alone, or the limit was down to find out; until then only what is tolerated counts. */
  let undisturbedMs: number | undefined;
  let undisturbed: number[] = [];
  let measuredAtMs = Number.NEGATIVE_INFINITY;
  let isMeasuring = false;
  let windowStartMs: number | undefined;
  let window: number[] = [];
  let workingMax = 0;
  let floorWindows = 0;

  function observeUndisturbed(sampleMs: number, nowMs: number): void {
    undisturbed.push(sampleMs);
    undisturbedMs = Math.min(undisturbedMs ?? sampleMs, sampleMs);
    const isDue = isMeasuring || nowMs - measuredAtMs >= REMEASURE_MS;
    if (undisturbed.length < REMEASURE_SAMPLES || !isDue) {
      if (undisturbed.length > REMEASURE_SAMPLES) undisturbed.shift();
      return;
    }
    undisturbedMs = median(undisturbed);
    undisturbed = [];
    measuredAtMs = nowMs;
    isMeasuring = false;
    floorWindows = 0;
  }

  function closeWindow(nowMs: number): void {
    tookMs = median(window);
    const gradient = clamp(
      ((undisturbedMs ?? 0) * TOLERANCE + TOLERATED_MS) / tookMs,
      GRADIENT_MIN,
      GRADIENT_MAX,
    );
    const next = clamp(gradient * limit + Math.sqrt(limit), min, bounds.max);
    // A limit that nobody came near says nothing about what it could be.
    if (next < limit || workingMax * 2 >= limit) limit = next;
    floorWindows = limit <= min && gradient < 1 ? floorWindows + 1 : 0;
    const isStale = nowMs - measuredAtMs >= REMEASURE_MS;
    if (floorWindows >= FLOOR_WINDOWS_MAX || isStale) {
      isMeasuring = true;
      undisturbed = [];
      undisturbedMs = undefined;
    }
    window = [];
    windowStartMs = nowMs;
    workingMax = 0;
  }

  return {
    get limit() {
      return isMeasuring ? min : Math.floor(limit);
    },
    get tookMs() {
      return tookMs;
    },
    get isMeasuring() {
      return isMeasuring;
    },
    observe(sample, nowMs) {
      windowStartMs ??= nowMs;
      if (measuredAtMs === Number.NEGATIVE_INFINITY) measuredAtMs = nowMs;
      if (sample.workingBefore <= min) observeUndisturbed(sample.tookMs, nowMs);
      if (isMeasuring) return;
      if (window.length < WINDOW_SAMPLES_MAX) window.push(sample.tookMs);
      workingMax = Math.max(workingMax, sample.workingBefore);
      const windowMs = Math.max(WINDOW_MS, tookMs);
      if (window.length >= WINDOW_SAMPLES_MIN && nowMs - windowStartMs >= windowMs) closeWindow(nowMs);
    },
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? UNMEASURED_MS;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

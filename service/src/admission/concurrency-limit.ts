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
  /** One signup is done. */
  observe(sample: Sample, nowMs: number): void;
  /** Several times a second: measuring has to end also where nobody is ever done. */
  passTime(nowMs: number): void;
}

export interface Sample {
  readonly tookMs: number;
  /** How many were worked on when it began, itself included. */
  readonly workingBefore: number;
  /** As long as it took there were never more than at the limit's floor. */
  readonly isUndisturbed: boolean;
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
/** One of fewer raises the limit by less: what was quick by chance is no room for more. Lowered it is at once. */
const WINDOW_SAMPLES_TRUSTED = 32;
/** One window may halve the limit, or double it (Envoy's own bounds). */
const GRADIENT_MIN = 0.5;
const GRADIENT_MAX = 2;
/** The undisturbed time is measured again so often: a database that became slower must not look like a queue for ever. */
const REMEASURE_MS = 60_000;
/** In a crowd nobody comes alone: the first time it is looked for so soon. */
const FIRST_MEASURE_MS = 2_000;
const REMEASURE_SAMPLES = 8;
/**
 * Measuring is over after this at the latest: bodies that come slowly hold the few turns, and who is refused or fails
 * gives no sample. It is enough for those inside to leave and three rounds after them.
 */
const MEASURE_TOOK_TIMES = 4;
const MEASURE_MS_MIN = 1_000;
/** With fewer by then the undisturbed time stays what it was: one batch alone may have been slow. */
const MEASURE_SAMPLES_MIN = 4;
/** The first signups of a process open connections and prepare statements: what they take is nobody's undisturbed time. */
const COLD_SAMPLES = 16;
/** A limit that stays at its floor for so many windows was measured against a time that no longer holds. */
const FLOOR_WINDOWS_MAX = 5;
/** Before the first sample: a commit on a laptop's disk. */
const UNMEASURED_MS = 20;

export function createConcurrencyLimit(bounds: ConcurrencyBounds): ConcurrencyLimit {
  const min = Math.min(bounds.min, bounds.max);
  let limit = Math.min(bounds.start, bounds.max);
  let tookMs = UNMEASURED_MS;
  /** Unknown until some came nearly alone, or the limit was down to find out; until then only what is tolerated counts. */
  let undisturbedMs: number | undefined;
  let undisturbed: number[] = [];
  /** When the undisturbed time is too old. */
  let staleAtMs: number | undefined;
  /** Undefined where it is not being measured. */
  let measureUntilMs: number | undefined;
  let windowStartMs: number | undefined;
  let window: number[] = [];
  let workingMax = 0;
  let floorWindows = 0;
  let cold = COLD_SAMPLES;

  const isMeasuring = () => measureUntilMs !== undefined;
  const isStale = (nowMs: number) => staleAtMs !== undefined && nowMs >= staleAtMs;

  function observeUndisturbed(sampleMs: number, nowMs: number): void {
    undisturbed.push(sampleMs);
    if (undisturbedMs !== undefined) undisturbedMs = Math.min(undisturbedMs, sampleMs);
    const isDue = isMeasuring() || undisturbedMs === undefined || isStale(nowMs);
    if (undisturbed.length >= REMEASURE_SAMPLES && isDue) takeUndisturbed(nowMs);
    else if (undisturbed.length > REMEASURE_SAMPLES) undisturbed.shift();
  }

  function takeUndisturbed(nowMs: number): void {
    // The least: the others shared a batch, and the wire, with one another.
    if (undisturbed.length >= MEASURE_SAMPLES_MIN) undisturbedMs = Math.min(...undisturbed);
    undisturbed = [];
    staleAtMs = nowMs + REMEASURE_MS;
    floorWindows = 0;
    // Who began while the limit was down says nothing about what it is again.
    if (isMeasuring()) startWindow(nowMs);
    measureUntilMs = undefined;
  }

  function closeWindow(nowMs: number): void {
    tookMs = median(window);
    const gradient = clamp(
      ((undisturbedMs ?? 0) * TOLERANCE + TOLERATED_MS) / tookMs,
      GRADIENT_MIN,
      GRADIENT_MAX,
    );
    const wanted = gradient * limit + Math.sqrt(limit);
    const trust = wanted < limit ? 1 : Math.min(1, window.length / WINDOW_SAMPLES_TRUSTED);
    const next = clamp(limit + (wanted - limit) * trust, min, bounds.max);
    // A limit that nobody came near says nothing about what it could be.
    if (next < limit || workingMax * 2 >= limit) limit = next;
    floorWindows = limit <= min && gradient < 1 ? floorWindows + 1 : 0;
    if (floorWindows >= FLOOR_WINDOWS_MAX || isStale(nowMs)) {
      measureUntilMs = nowMs + Math.max(MEASURE_MS_MIN, tookMs * MEASURE_TOOK_TIMES);
      undisturbed = [];
    }
    startWindow(nowMs);
  }

  function startWindow(nowMs: number): void {
    window = [];
    windowStartMs = nowMs;
    workingMax = 0;
  }

  function passTime(nowMs: number): void {
    if (measureUntilMs !== undefined && nowMs >= measureUntilMs) takeUndisturbed(nowMs);
  }

  return {
    get limit() {
      return isMeasuring() ? min : Math.floor(limit);
    },
    get tookMs() {
      return tookMs;
    },
    get isMeasuring() {
      return isMeasuring();
    },
    observe(sample, nowMs) {
      windowStartMs ??= nowMs;
      staleAtMs ??= nowMs + FIRST_MEASURE_MS;
      if (cold > 0) cold -= 1;
      else if (sample.isUndisturbed) observeUndisturbed(sample.tookMs, nowMs);
      passTime(nowMs);
      if (isMeasuring()) return;
      // Who began before the limit was what it is says nothing about it.
      if (nowMs - sample.tookMs < windowStartMs) return;
      if (window.length < WINDOW_SAMPLES_MAX) window.push(sample.tookMs);
      workingMax = Math.max(workingMax, sample.workingBefore);
      const windowMs = Math.max(WINDOW_MS, tookMs);
      if (window.length >= WINDOW_SAMPLES_MIN && nowMs - windowStartMs >= windowMs) closeWindow(nowMs);
    },
    passTime,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? UNMEASURED_MS;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

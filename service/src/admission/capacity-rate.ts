/**
 * How many signups a second this process completes when it has as many as it can take: what appointments are given out
 * by. Busy windows measure it. Idle ones cannot, and must not: whoever promises only what was asked for is asked for
 * only what was promised, and the rate would sink for ever. So an idle window only says that it is at least this much,
 * and a line that waits before an idle door that it is more.
 */
export interface CapacityRate {
  completed(): void;
  /** As often as `working` or `limit` change, and several times a second. */
  note(door: DoorState, nowMs: number): void;
  readonly perSecond: number;
  /** The same; 0 as long as this process was never full, and nothing is known but that it is at least what came. */
  readonly measuredPerSecond: number;
}

export interface DoorState {
  readonly working: number;
  readonly limit: number;
  /** What one signup takes. */
  readonly tookMs: number;
  /** Somebody waits with a ticket. */
  readonly isLine: boolean;
  /** The limit is down to measure something else; what comes through meanwhile says nothing. */
  readonly isLimitMeasuring: boolean;
}

/** A window is as long as several lumps of commits, or has enough signups to be a rate. */
const WINDOW_MS_MAX = 1_000;
const WINDOW_TOOK_TIMES = 3;
const WINDOW_MS_MIN = 100;
const WINDOW_SIGNUPS = 64;
/** Turns taken, on average over a window, from which it is busy. Batches end in lumps, so even a full house has gaps. */
const BUSY_SHARE = 0.75;
/** Busy windows are averaged over this long. */
const MEMORY_MS = 5_000;
/** Two busy windows this far off, on the same side, are a change and not noise. */
const CHANGE_FACTOR = 1.4;
/** Each second that a line waits before an idle door; up to so much over what was seen. */
const RISE_PER_SECOND = 0.1;
const RISE_MAX = 1.25;
/** With nothing known: what a database on another continent does. A promise that comes true early annoys nobody. */
const UNMEASURED_PER_SECOND = 20;
/** A database that answers nobody still leaves a time to be told. */
const PER_SECOND_MIN = 0.1;

export function createCapacityRate(): CapacityRate {
  let rate = UNMEASURED_PER_SECOND;
  let isMeasured = false;
  let seen = 0;
  let side = 0;
  let wasBusy = false;
  let windowStartMs: number | undefined;
  let noteMs = 0;
  let count = 0;
  let workingMs = 0;
  let turnsMs = 0;
  let isSpoilt = false;
  let last: DoorState = { working: 0, limit: 1, tookMs: 0, isLine: false, isLimitMeasuring: false };

  function measure(perSecond: number, ms: number): void {
    const ratio = perSecond / rate;
    const nextSide = ratio > CHANGE_FACTOR ? 1 : ratio < 1 / CHANGE_FACTOR ? -1 : 0;
    const isChange = nextSide !== 0 && nextSide === side;
    side = nextSide;
    rate = isMeasured && !isChange ? rate + (perSecond - rate) * Math.min(1, ms / MEMORY_MS) : perSecond;
    isMeasured = true;
    seen = rate;
  }

  function closeWindow(nowMs: number, ms: number): void {
    const perSecond = (count / ms) * 1_000;
    if (isSpoilt) {
      wasBusy = false;
      startWindow(nowMs);
      return;
    }
    const isBusy = workingMs >= turnsMs * BUSY_SHARE;
    // In the first busy window the first batches were on their way and nothing had come back: it shows too little.
    if (isBusy && wasBusy) measure(perSecond, ms);
    else {
      side = 0;
      seen = Math.max(seen, perSecond);
      const isRising = last.isLine && !isBusy && rate < seen * RISE_MAX;
      rate = Math.max(rate * (isRising ? 1 + (RISE_PER_SECOND * ms) / 1_000 : 1), perSecond);
      // Little's law: no more than the turns there are, each as long as a signup takes now.
      if (last.tookMs > 0 && !isBusy)
        rate = Math.min(rate, Math.max(perSecond, (last.limit / last.tookMs) * 1_000));
    }
    wasBusy = isBusy;
    rate = Math.max(rate, PER_SECOND_MIN);
    startWindow(nowMs);
  }

  function startWindow(nowMs: number): void {
    isSpoilt = last.isLimitMeasuring;
    windowStartMs = nowMs;
    count = 0;
    workingMs = 0;
    turnsMs = 0;
  }

  return {
    completed() {
      count += 1;
    },
    note(door, nowMs) {
      windowStartMs ??= nowMs;
      const sinceMs = noteMs === 0 ? 0 : nowMs - noteMs;
      noteMs = nowMs;
      workingMs += sinceMs * last.working;
      turnsMs += sinceMs * last.limit;
      last = door;
      isSpoilt ||= door.isLimitMeasuring;
      const ms = nowMs - windowStartMs;
      const isFull =
        count >= WINDOW_SIGNUPS && ms >= Math.max(WINDOW_MS_MIN, door.tookMs * WINDOW_TOOK_TIMES);
      if (isFull || ms >= Math.max(WINDOW_MS_MAX, door.tookMs * WINDOW_TOOK_TIMES)) closeWindow(nowMs, ms);
    },
    get perSecond() {
      return rate;
    },
    get measuredPerSecond() {
      return isMeasured ? rate : 0;
    },
  };
}

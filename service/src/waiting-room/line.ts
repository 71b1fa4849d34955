/**
 * The line of those who wait, as two counters: places given out, and places called. Calls go on at the measured rate,
 * so a place is a time and a time is a place; nobody in the line is stored. Pure: time is passed in, in Unix milliseconds.
 */
export interface Line {
  /** Takes the next places. `leadMs`: in a line that is empty, the first place is called no sooner than that. */
  reserve(count: number, leadMs: number, nowMs: number): Span;
  /** What the doors measured: from now on places are called at this rate; not at all while holders queue too long. */
  pace(pace: Pace, nowMs: number): void;
  look(nowMs: number): LineState;
}

/** Consecutive places and when they will be called, evenly from `fromMs` to `toMs`. */
export interface Span {
  readonly book: number;
  readonly firstPlace: number;
  readonly count: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Pace {
  /** Places called in a second; above 0. */
  readonly callsPerSecond: number;
  /** Those who were called are already queueing at the door: calling more would only move the line there. */
  readonly isHeld: boolean;
}

export interface LineState {
  readonly book: number;
  /** Places given out; the next one has this number. */
  readonly given: number;
  /** Places called, a fraction of the next included. Not above `given`; the same: nobody waits. */
  readonly called: number;
  readonly callsPerSecond: number;
  readonly isHeld: boolean;
}

export function createLine(start: LineState, startMs: number): Line {
  let { given, called, callsPerSecond, isHeld } = start;
  let lastMs = startMs;

  function advance(nowMs: number): void {
    // A clock that was set back calls nobody twice.
    const seconds = Math.max(0, nowMs - lastMs) / 1_000;
    lastMs = nowMs;
    if (!isHeld) called = Math.min(given, called + seconds * callsPerSecond);
  }

  return {
    reserve(count, leadMs, nowMs) {
      advance(nowMs);
      if (called >= given) called = given - (leadMs / 1_000) * callsPerSecond;
      const firstPlace = given;
      given += count;
      const timeOf = (place: number) => nowMs + ((place - called) / callsPerSecond) * 1_000;
      return { book: start.book, firstPlace, count, fromMs: timeOf(firstPlace), toMs: timeOf(given) };
    },
    pace(pace, nowMs) {
      advance(nowMs);
      ({ callsPerSecond, isHeld } = pace);
    },
    look(nowMs) {
      advance(nowMs);
      return { book: start.book, given, called, callsPerSecond, isHeld };
    },
  };
}

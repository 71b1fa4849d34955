/**
 * The line of those who wait, as two times: the next appointment to be given, and the book's clock, which stands still
 * while those who were called queue at the door. An appointment never moves by the book's clock, however the measured
 * rate wavers: what was promised stays as dense as it was promised. Nobody in the line is stored. Pure: Unix milliseconds
 * are passed in.
 */
export interface Line {
  /** Takes the next appointments. `leadMs`: in a line that is empty, the first is no sooner than that. */
  reserve(count: number, leadMs: number, nowMs: number): Span;
  /** What the doors measured: from now on appointments are given out at this rate. */
  pace(pace: Pace, nowMs: number): void;
  look(nowMs: number): LineState;
}

/** Consecutive appointments by the book's clock, evenly from `fromMs` to `toMs`. */
export interface Span {
  readonly book: number;
  readonly count: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Pace {
  /** Appointments in a second; above 0. */
  readonly perSecond: number;
  /** Those who were called are already queueing at the door: to call more would only move the line there. */
  readonly isHeld: boolean;
  /** The doors could take many more: a clock that has stood goes twice as fast until it has caught up. */
  readonly isIdle: boolean;
}

export interface LineState extends Pace {
  readonly book: number;
  /** The next appointment to be given, by the book's clock; one that has passed: nobody waits. */
  readonly nextMs: number;
  /** How long the book's clock has stood still, all in all: it shows this much less than the wall's. */
  readonly stoodMs: number;
  /** How fast the book's clock went lately, 0 to 1: below 1 where capacity has fallen under what was promised. */
  readonly speed: number;
}

/** Capacity that has fallen is believed after about this long. */
const SPEED_MEMORY_MS = 10_000;
/** A time has to be told even where nothing moves. */
const SPEED_MIN = 0.02;

export function createLine(start: LineState, startMs: number): Line {
  let { nextMs, stoodMs, perSecond, isHeld, isIdle, speed } = start;
  let lastMs = startMs;

  function advance(nowMs: number): void {
    // A clock that was set back calls nobody twice.
    const passedMs = Math.max(0, nowMs - lastMs);
    lastMs = nowMs;
    if (isHeld) stoodMs += passedMs;
    else if (isIdle) stoodMs = Math.max(0, stoodMs - passedMs);
    speed = Math.max(
      SPEED_MIN,
      (isHeld ? 0 : 1) + (speed - (isHeld ? 0 : 1)) * Math.exp(-passedMs / SPEED_MEMORY_MS),
    );
  }

  return {
    reserve(count, leadMs, nowMs) {
      advance(nowMs);
      const fromMs = Math.max(nextMs, nowMs - stoodMs + leadMs);
      nextMs = fromMs + (count / perSecond) * 1_000;
      return { book: start.book, count, fromMs, toMs: nextMs };
    },
    pace(pace, nowMs) {
      advance(nowMs);
      ({ perSecond, isHeld, isIdle } = pace);
    },
    look(nowMs) {
      advance(nowMs);
      return { book: start.book, nextMs, stoodMs, perSecond, isHeld, isIdle, speed };
    },
  };
}

/** From now until this appointment is called, by the wall's clock; 0 where it was. */
export function waitMs({ stoodMs, speed }: LineState, appointmentMs: number, nowMs: number): number {
  return Math.max(0, appointmentMs - (nowMs - stoodMs)) / speed;
}

export function isEmpty(state: LineState, nowMs: number): boolean {
  return state.nextMs <= nowMs - state.stoodMs;
}

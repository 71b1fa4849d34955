import { createCapacityRate } from "./capacity-rate.ts";
import { createConcurrencyLimit } from "./concurrency-limit.ts";
import type { AdmissionLimits } from "./limits.ts";
import { REAL_TIMING, type Timing } from "./timing.ts";
import { createTurnQueue, type TurnQueue } from "./turn-queue.ts";

/**
 * The door before any work, decided from how long signups take and queue. Ticket holders go before newcomers, who fill
 * what holders leave free; members who read have turns of their own. Health never comes here.
 */
export interface Admission {
  enter(visitor: Visitor): Promise<Entry>;
  /** A turn for a member's read, or undefined where too many wait, it took too long, or they have gone. */
  enterRead(isGone: () => boolean): Promise<Turn | undefined>;
  /** What the appointment book is told. */
  pulse(isLine: boolean): Pulse;
  readonly working: number;
  readonly queued: number;
  readonly limit: number;
  /** Signups a second, as measured when it was full; 0 as long as it never was. */
  readonly capacityPerSecond: number;
}

export type Visitor =
  | {
      readonly kind: "newcomer";
      /** Nobody waits with a ticket: a short queue is kinder than one. */
      readonly mayQueue: boolean;
      isGone(): boolean;
    }
  | {
      readonly kind: "holder";
      /** The line has called this place, or is about to; else there is a turn only where the door is idle. */
      readonly isCalled: boolean;
      isGone(): boolean;
    };

export type Entry =
  | { readonly kind: "turn"; readonly turn: Turn }
  /** No turn now. `waitMs`: how long those who queue already will take. */
  | { readonly kind: "full"; readonly waitMs: number }
  | { readonly kind: "gone" };

/** Given back exactly once. */
export interface Turn {
  readonly queuedMs: number;
  /** `tookMs`: from the body to the commit, where there was one. A slow client says nothing about the database. */
  leave(tookMs?: number): void;
}

export interface Pulse {
  readonly perSecond: number;
  /** How much longer a holder who comes now would queue than a signup takes. */
  readonly holderWaitMs: number;
  /** Half of the turns are free, and nobody is queued. */
  readonly isIdle: boolean;
}

interface Admitted {
  readonly workingBefore: number;
  /** 1 was the first that this process let in. */
  readonly nth: number;
}

/** Below four, two batches would hold one signup each. */
const LIMIT_MIN = 4;
/** A fast database lets it double ten times in a second; a slow one has no more than this at once in the first. */
const LIMIT_START = 32;
/**
 * Holders who would queue longer are told a new time at once: the capacity has fallen. Where a signup itself takes
 * longer, as long as that, because turns come free in lumps, a batch at a time.
 */
const HOLDER_WAIT_MS_MAX = 1_500;
/** A pulse is due so often; how late it comes is how late the event loop comes to anything, requests included. */
export const PULSE_EVERY_MS = 100;
/** So many late pulses in a row are a queue in front of the process, and not a collection of garbage. */
const LATE_PULSES = 3;
/**
 * Whatever was reckoned, after this a holder is told: a no that comes later than after 2 s, or than what a signup takes,
 * is one that its visitor was kept waiting for (refusals-honest). The rest is for the wire and a busy event loop.
 */
const HOLDER_QUEUE_MS_MAX = 1_800;

export function createAdmission(limits: AdmissionLimits, timing: Timing = REAL_TIMING): Admission {
  const limit = createConcurrencyLimit({ min: LIMIT_MIN, start: LIMIT_START, max: limits.workingMax });
  const rate = createCapacityRate();
  const holders = createTurnQueue(() => Math.max(HOLDER_QUEUE_MS_MAX, limit.tookMs), timing);
  const newcomers = createTurnQueue(() => limits.queueSecondsMax * 1_000, timing);
  const enterRead = createReads(limits, timing);
  let working = 0;
  let admitted = 0;
  /** Which of them was the last to find more than LIMIT_MIN. */
  let crowdedAt = 0;
  let isLine = false;
  let pulseAtMs: number | undefined;
  const lateMs: number[] = [];

  function note(): void {
    const { tookMs, isMeasuring: isLimitMeasuring } = limit;
    rate.note({ working, limit: limit.limit, tookMs, isLine, isLimitMeasuring }, timing.nowMs());
  }
  const isFull = () => working >= limit.limit;
  /** The smallest of the last few, as CoDel takes it: what waits there all the time. */
  const loopWaitMs = () => (lateMs.length < LATE_PULSES ? 0 : Math.min(...lateMs));
  const isIdle = () => working * 2 < limit.limit && holders.length === 0 && newcomers.length === 0;
  const holderWaitMs = () => (holders.length / rate.perSecond) * 1_000;
  /** By Little's law; optimistic where the limit was never reached, and then the queue's own time limit decides. */
  const newcomerWaitMs = () =>
    loopWaitMs() + ((holders.length + newcomers.length + 1) * limit.tookMs) / limit.limit;

  function leave({ workingBefore, nth }: Admitted, tookMs: number | undefined): void {
    const nowMs = timing.nowMs();
    working -= 1;
    if (tookMs !== undefined) {
      limit.observe({ tookMs, workingBefore, isUndisturbed: crowdedAt < nth }, nowMs);
      rate.completed();
    }
    admitQueued();
    note();
  }

  function admitQueued(): void {
    while (!isFull() && (holders.admit() || newcomers.admit())) working += 1;
  }

  /** `working` counts the turn already. */
  function turnSince(askedMs: number): Entry {
    admitted += 1;
    if (working > LIMIT_MIN) crowdedAt = admitted;
    const own = { workingBefore: working, nth: admitted };
    note();
    return {
      kind: "turn",
      turn: { queuedMs: timing.nowMs() - askedMs, leave: (tookMs) => leave(own, tookMs) },
    };
  }

  async function queueUp(queue: TurnQueue, isGone: () => boolean): Promise<Entry> {
    const askedMs = timing.nowMs();
    if (await queue.join(isGone)) return turnSince(askedMs);
    return isGone() ? { kind: "gone" } : { kind: "full", waitMs: timing.nowMs() - askedMs };
  }

  return {
    async enter(visitor) {
      if (!isFull() && isNobodyBefore(visitor)) {
        working += 1;
        return turnSince(timing.nowMs());
      }
      const waitMs = visitor.kind === "holder" ? holderWaitMs() : newcomerWaitMs();
      if (!mayQueue(visitor, waitMs)) return { kind: "full", waitMs };
      return queueUp(visitor.kind === "holder" ? holders : newcomers, visitor.isGone);
    },
    enterRead,
    pulse(isLineNow) {
      isLine = isLineNow;
      const nowMs = timing.nowMs();
      lateMs.push(Math.max(0, nowMs - (pulseAtMs ?? nowMs - PULSE_EVERY_MS) - PULSE_EVERY_MS));
      if (lateMs.length > LATE_PULSES) lateMs.shift();
      pulseAtMs = nowMs;
      limit.passTime(nowMs);
      // The limit may have gone up though nobody has left.
      admitQueued();
      note();
      const waitMs = Math.max(holders.waitedMs(), holderWaitMs());
      return {
        perSecond: rate.perSecond,
        holderWaitMs: Math.max(0, waitMs - limit.tookMs),
        isIdle: isIdle(),
      };
    },
    get working() {
      return working;
    },
    get queued() {
      return holders.length + newcomers.length;
    },
    get limit() {
      return limit.limit;
    },
    get capacityPerSecond() {
      return rate.measuredPerSecond;
    },
  };

  function isNobodyBefore(visitor: Visitor): boolean {
    if (visitor.kind === "newcomer") {
      const isLoopLate = loopWaitMs() > limits.queueSecondsMax * 1_000;
      return !isLoopLate && holders.length === 0 && newcomers.length === 0;
    }
    return visitor.isCalled ? holders.length === 0 : isIdle();
  }

  function mayQueue(visitor: Visitor, waitMs: number): boolean {
    if (visitor.kind === "holder") {
      // A limit that is down to measure is up again in a moment: nobody is told another time for that.
      const isShort = limit.isMeasuring || waitMs <= Math.max(HOLDER_WAIT_MS_MAX, limit.tookMs);
      return visitor.isCalled && isShort;
    }
    const isRoom = newcomers.length < limits.queueMax && waitMs <= limits.queueSecondsMax * 1_000;
    return visitor.mayQueue && isRoom;
  }
}

/** Reads have a fixed number of turns: they leave the connections that signups need, and no flood of them takes more. */
function createReads(limits: AdmissionLimits, timing: Timing): Admission["enterRead"] {
  const queue = createTurnQueue(() => limits.readsQueueSecondsMax * 1_000, timing);
  let working = 0;
  const leave = () => {
    working -= 1;
    while (working < limits.readsMax && queue.admit()) working += 1;
  };
  return async (isGone) => {
    const askedMs = timing.nowMs();
    if (working < limits.readsMax && queue.length === 0) working += 1;
    else if (queue.length >= limits.readsQueueMax || !(await queue.join(isGone))) return undefined;
    return { queuedMs: timing.nowMs() - askedMs, leave };
  };
}

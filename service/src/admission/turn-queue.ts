import type { Timing } from "./timing.ts";

/** People queued for a turn, first come first served, each with the same longest wait, which may change with time. */
export interface TurnQueue {
  readonly length: number;
  /** How long the first in the queue has waited; 0 where nobody is queued. */
  waitedMs(): number;
  /** Resolves true with the turn, false where the wait is over without one: too long, or gone when it was their turn. */
  join(isGone: () => boolean): Promise<boolean>;
  /** Gives the first who is still there a turn; false where nobody is. */
  admit(): boolean;
}

interface Queued {
  settle(hasTurn: boolean): void;
  isGone(): boolean;
  readonly sinceMs: number;
}

export function createTurnQueue(waitMsMax: () => number, timing: Timing): TurnQueue {
  // A list with a moving head: `shift` on a long array copies it.
  let queue: Queued[] = [];
  let head = 0;
  let isSweepDue = false;

  const first = () => queue[head];
  function take(): Queued | undefined {
    const next = queue[head];
    if (next === undefined) return undefined;
    head += 1;
    if (head * 2 > queue.length) {
      queue = queue.slice(head);
      head = 0;
    }
    return next;
  }

  // One timer for the whole queue: every wait is as long, so the first in line is always the first to expire.
  function sweepLater(): void {
    const next = first();
    if (isSweepDue || next === undefined) return;
    isSweepDue = true;
    timing.after(Math.max(1, next.sinceMs + waitMsMax() - timing.nowMs()), () => {
      isSweepDue = false;
      for (let late = first(); late !== undefined; late = first()) {
        if (late.sinceMs + waitMsMax() > timing.nowMs()) break;
        take()?.settle(false);
      }
      sweepLater();
    });
  }

  return {
    get length() {
      return queue.length - head;
    },
    waitedMs() {
      const next = first();
      return next === undefined ? 0 : timing.nowMs() - next.sinceMs;
    },
    join(isGone) {
      return new Promise((settle) => {
        queue.push({ settle, isGone, sinceMs: timing.nowMs() });
        sweepLater();
      });
    },
    admit() {
      for (let next = take(); next !== undefined; next = take()) {
        const isThere = !next.isGone();
        next.settle(isThere);
        if (isThere) return true;
      }
      return false;
    },
  };
}

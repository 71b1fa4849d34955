import { ServiceError } from "../service-error.ts";
import type { AdmissionLimits } from "./limits.ts";

/** The door before any work. A waiting room or an adaptive limit fits behind the same two verbs. */
export interface Admission {
  /**
   * Resolves when it is this request's turn; rejects with `busy` when the queue is full or the wait too long.
   * `isGone` spares the turn of somebody who has hung up.
   */
  enter(isGone: () => boolean): Promise<void>;
  /** Gives the turn back; exactly once for each `enter` that resolved. */
  leave(): void;
  readonly working: number;
  readonly queued: number;
}

interface QueuedSignup {
  resolve(): void;
  reject(error: ServiceError): void;
  isGone(): boolean;
  readonly deadlineMs: number;
}

/** A bounded queue with a deadline, first come first served. */
export function createAdmission(limits: AdmissionLimits): Admission {
  const queue: QueuedSignup[] = [];
  let working = 0;
  let sweep: NodeJS.Timeout | undefined;

  // One timer for the whole queue: every wait is as long, so the first in line is always the first to expire.
  function sweepExpired(): void {
    sweep = undefined;
    while (queue[0] !== undefined && queue[0].deadlineMs <= performance.now())
      queue.shift()?.reject(busy("waited too long"));
    const first = queue[0];
    if (first !== undefined)
      sweep = setTimeout(sweepExpired, Math.max(1, first.deadlineMs - performance.now()));
  }

  function admitNext(): void {
    while (working < limits.workingMax) {
      const next = queue.shift();
      if (next === undefined) break;
      if (next.isGone()) {
        next.reject(busy("gone"));
        continue;
      }
      working += 1;
      next.resolve();
    }
    if (queue.length > 0) return;
    clearTimeout(sweep);
    sweep = undefined;
  }

  return {
    enter(isGone) {
      if (working < limits.workingMax) {
        working += 1;
        return ADMITTED;
      }
      if (queue.length >= limits.queueMax) return Promise.reject(busy("the queue is full"));
      return new Promise((resolve, reject) => {
        queue.push({
          resolve,
          reject,
          isGone,
          deadlineMs: performance.now() + limits.queueSecondsMax * 1_000,
        });
        sweep ??= setTimeout(sweepExpired, limits.queueSecondsMax * 1_000);
      });
    },
    leave() {
      working -= 1;
      admitNext();
    },
    get working() {
      return working;
    },
    get queued() {
      return queue.length;
    },
  };
}

const ADMITTED = Promise.resolve();

function busy(reason: string): ServiceError {
  return new ServiceError(
    "busy",
    `Too many people are signing up at this moment (${reason}). Nothing was registered; please come back.`,
  );
}

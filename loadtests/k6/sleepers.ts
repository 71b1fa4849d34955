/** Who sleeps until when. */
export interface Sleepers {
  add(microseconds: number, wake: () => void): void;
  /** When the next is due; Infinity where nobody sleeps. */
  nextMicroseconds(): number;
  /** Wakes all who are due, those due first first. */
  wakeUntil(microseconds: number): void;
}

/** A binary heap in two arrays: an object for each sleeper costs more in k6's engine than moving two values. */
export function createSleepers(): Sleepers {
  const due: number[] = [];
  const wakes: (() => void)[] = [];

  const put = (at: number, microseconds: number, wake: () => void) => {
    due[at] = microseconds;
    wakes[at] = wake;
  };

  const add = (microseconds: number, wake: () => void) => {
    let at = due.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (due[above]! <= microseconds) break;
      put(at, due[above]!, wakes[above]!);
      at = above;
    }
    put(at, microseconds, wake);
  };

  const removeFirst = (): (() => void) => {
    const first = wakes[0]!;
    const microseconds = due.pop()!;
    const wake = wakes.pop()!;
    const length = due.length;
    if (length === 0) return first;
    let at = 0;
    for (let below = 1; below < length; below = 2 * at + 1) {
      if (below + 1 < length && due[below + 1]! < due[below]!) below++;
      if (due[below]! >= microseconds) break;
      put(at, due[below]!, wakes[below]!);
      at = below;
    }
    put(at, microseconds, wake);
    return first;
  };

  return {
    add,
    nextMicroseconds: () => due[0] ?? Number.POSITIVE_INFINITY,
    wakeUntil(microseconds) {
      while (due.length > 0 && due[0]! <= microseconds) removeFirst()();
    },
  };
}

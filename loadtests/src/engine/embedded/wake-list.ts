/** Who is to be woken when: a binary heap, because tens of thousands of visitors sleep at a time. */
export interface WakeList {
  add(microseconds: number, wake: () => void): void;
  /** Infinity where nobody sleeps. */
  nextMicroseconds(): number;
  /** Wakes everybody whose time has come, earliest first. */
  wakeUntil(microseconds: number): void;
}

interface Sleeper {
  microseconds: number;
  wake: () => void;
}

export function createWakeList(): WakeList {
  const heap: Sleeper[] = [];
  const timeAt = (index: number) => heap[index]?.microseconds ?? Infinity;
  const swap = (one: number, other: number) => {
    const sleeper = heap[one]!;
    heap[one] = heap[other]!;
    heap[other] = sleeper;
  };

  const rise = (from: number) => {
    for (let index = from; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (timeAt(parent) <= timeAt(index)) return;
      swap(parent, index);
      index = parent;
    }
  };

  const sink = () => {
    for (let index = 0; ; ) {
      const left = 2 * index + 1;
      const earlier = timeAt(left) <= timeAt(left + 1) ? left : left + 1;
      if (timeAt(index) <= timeAt(earlier)) return;
      swap(index, earlier);
      index = earlier;
    }
  };

  const takeFirst = (): Sleeper | undefined => {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    heap[0] = last;
    sink();
    return first;
  };

  return {
    add(microseconds, wake) {
      heap.push({ microseconds, wake });
      rise(heap.length - 1);
    },
    nextMicroseconds: () => timeAt(0),
    wakeUntil(microseconds) {
      while (heap.length > 0 && timeAt(0) <= microseconds) takeFirst()?.wake();
    },
  };
}

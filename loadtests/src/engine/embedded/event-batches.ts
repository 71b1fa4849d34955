import type { Event } from "../../events/event.ts";
import { lineOf } from "../../events/history-file.ts";

/** Gathers a thread's events for the one thread that writes: a message for each would wake that a thousand times a second. */
export interface EventBatches {
  append(event: Event): void;
  /** Hands over what is left. */
  flush(): void;
}

/** What is lost with a thread that dies, beside what the writer has not written. */
const GATHER_MILLISECONDS = 10;

export function createEventBatches(handOver: (lines: string) => void): EventBatches {
  let lines: string[] = [];
  let timer: NodeJS.Timeout | null = null;
  const flush = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (lines.length === 0) return;
    handOver(lines.join(""));
    lines = [];
  };
  return {
    append(event) {
      lines.push(lineOf(event));
      timer ??= setTimeout(flush, GATHER_MILLISECONDS);
    },
    flush,
  };
}

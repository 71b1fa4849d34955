import { getPriority, setPriority } from "node:os";

/** Of nice: about three times the weight of what runs at 0. */
const PRIORITY = -5;

/**
 * This thread before others on the machine, from now on: a target beside it that is busy would otherwise make people late,
 * and be measured at a lighter load than was planned. Where the user may not (Linux wants root or CAP_SYS_NICE), nothing
 * changes, and the check of start times says what came of it.
 */
export function goFirst(): void {
  try {
    setPriority(Math.min(getPriority(), PRIORITY));
  } catch {
    // EACCES, EPERM.
  }
}

/** The same for a process that `start` begins, and for this thread only as long as that takes. */
export function startFirst<Started>(start: () => Started): Started {
  const before = getPriority();
  goFirst();
  try {
    return start();
  } finally {
    setPriority(before);
  }
}

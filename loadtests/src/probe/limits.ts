/** What a probe may do to somebody's system in production, whatever is typed. */
export const PER_MINUTE_MAX = 60;
export const BURST_MAX = 16;
/** Often enough that a race is tried each few minutes, seldom enough that nobody notices. */
export const BURST_EVERY_SECONDS = 180;
export const WINDOW_SECONDS_MIN = 10;
/** Two hours at the highest rate are some 47,000 events: 50 MB on disk, and 3 s of CPU for each look. */
export const WINDOW_SECONDS_MAX = 7_200;

const CYCLES_A_WINDOW = 30;
const CYCLE_SECONDS_MIN = 3;
/** The checks that look at the history look once in a cycle: the longest that a duplicate ID goes unseen, and a read-back. */
const CYCLE_SECONDS_MAX = 60;

export function cycleSecondsOf(windowSeconds: number): number {
  return Math.min(CYCLE_SECONDS_MAX, Math.max(CYCLE_SECONDS_MIN, windowSeconds / CYCLES_A_WINDOW));
}

const WAIT_SECONDS_MAX = 600;

/** How long a visitor comes back as told; whoever waits is kept, so never longer than a part of the window. */
export function waitSecondsOf(windowSeconds: number): number {
  return Math.min(WAIT_SECONDS_MAX, windowSeconds / 3);
}

/** Over which a cycle's members are read back. */
const READ_BACK_SECONDS_MAX = 30;

export function readBackSecondsOf(cycleSeconds: number): number {
  return Math.min(READ_BACK_SECONDS_MAX, cycleSeconds);
}

/**
 * An alarm goes on so long after the last thing seen, as in the rules; what is seen later is another episode. What is seen
 * so long after the campaign was stopped stops it again: people may have reopened it.
 */
export const EPISODE_SECONDS = 300;

/** As in the rules: machines that keep time are milliseconds apart. */
export const CLOCKS_APART_SECONDS_MAX = 60;

/** After all tries to stop the campaign failed: as long as between two tries, so that a storm starts no storm of commands. */
export const STOP_AGAIN_SECONDS = 20;

/** Red histories are kept as run folders with their reports; of more episodes only the counts. */
export const KEPT_FINDINGS_MAX = 10;

/** People of cycles that could not be removed: four hours of them, and the probe sends nobody else until it can. */
export const UNCLEANED_CYCLES_MAX = 240;

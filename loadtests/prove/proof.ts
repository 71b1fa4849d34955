import { EXIT_CODES } from "../src/cli/exit-codes.ts";
import type { GateRun } from "./run-gate.ts";
import type { Row } from "./schedule.ts";

/** What the runs of one row show. */
export interface Proof {
  row: Row;
  runs: GateRun[];
  foundIn: number;
  haltedIn: number;
  /** Times, over all runs, that somebody's data reached somebody else. */
  exposures: number;
  /** Medians over the runs that found it. */
  signupsMedian: number | null;
  secondsMedian: number | null;
  /** Failed beside the one that had to, as the fault's description allows. */
  alsoFailed: string[];
  unexpected: string[];
  /** Null where all is as it should be. */
  complaint: string | null;
}

/** Its runs were as they should be, but for an engine that was late: it may be sent once more. */
export function saysNothing({ row, runs, complaint, unexpected, haltedIn }: Proof): boolean {
  // A healthy campaign that was halted says a lot, however late the engine was.
  const isAsMeant = row.fault === null ? haltedIn === 0 : runs.every(({ found }) => found !== null);
  return (
    complaint !== null &&
    unexpected.length === 0 &&
    isAsMeant &&
    runs.every(({ isEngineLate }) => isEngineLate)
  );
}

/**
 * Proven is a fault that the guard is off for, or blind to, when every run found it; one that the guard blocks when
 * nothing of anybody left and the campaign is halted; a healthy row by passing. And nothing may fail that the fault does
 * not explain.
 */
export function proofOf(row: Row, runs: GateRun[]): Proof {
  const expected: readonly string[] = row.fault?.checks ?? [];
  const failed = [...new Set(runs.flatMap((run) => run.failed))];
  const found = runs.flatMap((run) => run.found ?? []);
  const unexpected = failed.filter((name) => !expected.includes(name));
  return {
    row,
    runs,
    foundIn: found.length,
    haltedIn: runs.filter(({ isHalted }) => isHalted).length,
    exposures: runs.reduce((sum, run) => sum + run.exposures, 0),
    signupsMedian: median(found.map(({ signups }) => signups)),
    secondsMedian: median(found.flatMap(({ seconds }) => seconds ?? [])),
    alsoFailed: failed.filter((name) => expected.indexOf(name) > 0),
    unexpected,
    complaint: runs.map((run) => complaintOf(row, run)).find((words) => words !== null) ?? null,
  };
}

function complaintOf(row: Row, run: GateRun): string | null {
  const words = whatIsWrong(row, run);
  return words === null
    ? null
    : `${words} (exit code ${run.exitCode}, seed ${run.seed}, run folder ${run.dir}): ${run.reason}`;
}

/** Of a run that was not judged nothing is known, and nothing is no proof of silence. */
const JUDGED: readonly number[] = [EXIT_CODES.pass, EXIT_CODES.fail, EXIT_CODES.unknown].map(
  ({ code }) => code,
);

function whatIsWrong({ fault, guard }: Row, run: GateRun): string | null {
  if (!JUDGED.includes(run.exitCode)) return "was not judged";
  if (fault === null) {
    if (run.isHalted) return "halted";
    return run.exitCode === 0 ? null : "did not pass";
  }
  const unexpected = run.failed.filter((name) => !fault.checks.includes(name));
  if (unexpected.length > 0) return `failed as well: ${unexpected.join(", ")}`;
  if (guard === "on" && fault.guard !== "blind") {
    if (run.exposures > 0 || run.failed.includes("reads-own")) return "left in spite of the guard";
    if (fault.guard === "blocks" && !run.isHalted) return "did not halt";
    return null;
  }
  if (run.found === null) {
    // What the gate is too late for, because the auditor has closed the campaign, has been seen.
    if (guard === "on" && run.isHalted && fault.seenBy?.includes("auditor")) return null;
    return `${fault.checks[0]} did not fail`;
  }
  return run.exitCode === 1 ? null : `ended with exit code ${run.exitCode}, not 1`;
}

function median(values: number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  const [low, high] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

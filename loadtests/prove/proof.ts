import type { GateRun } from "./run-gate.ts";
import type { Row } from "./schedule.ts";

/** What the runs of one row show. */
export interface Proof {
  row: Row;
  runs: GateRun[];
  foundIn: number;
  /** Medians over the runs that found it. */
  signupsMedian: number | null;
  secondsMedian: number | null;
  /** Failed beside the one that had to, as the fault's description allows. */
  alsoFailed: string[];
  unexpected: string[];
  /** Null where all is as it should be. */
  complaint: string | null;
}

/** A fault is proven when every run found it and nothing failed that the fault does not explain; a healthy row by passing. */
export function proofOf(row: Row, runs: GateRun[]): Proof {
  const expected: readonly string[] = row.fault?.checks ?? [];
  const failed = [...new Set(runs.flatMap((run) => run.failed))];
  const found = runs.flatMap((run) => run.found ?? []);
  const proof = {
    row,
    runs,
    foundIn: found.length,
    signupsMedian: median(found.map(({ signups }) => signups)),
    secondsMedian: median(found.map(({ seconds }) => seconds)),
    alsoFailed: failed.filter((name) => expected.indexOf(name) > 0),
    unexpected: failed.filter((name) => !expected.includes(name)),
  };
  return { ...proof, complaint: complaintOf(proof) };
}

function complaintOf({ row, runs, unexpected }: Omit<Proof, "complaint">): string | null {
  const words: string[] = [];
  for (const run of runs) {
    const as = `seed ${run.seed}, run folder ${run.dir}`;
    if (row.fault === null) {
      if (run.exitCode !== 0) words.push(`did not pass (exit code ${run.exitCode}; ${as}): ${run.reason}`);
    } else if (run.found === null) {
      words.push(`${row.fault.checks[0]} did not fail (exit code ${run.exitCode}; ${as}): ${run.reason}`);
    } else if (run.exitCode !== 1) {
      words.push(`ended with exit code ${run.exitCode}, not 1 (${as}): ${run.reason}`);
    } else if (run.failed.some((name) => unexpected.includes(name))) {
      words.push(`failed as well: ${unexpected.join(", ")} (${as})`);
    }
  }
  return words.length === 0 ? null : words.join("\n");
}

function median(values: number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  const [low, high] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

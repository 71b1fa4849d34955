import type { FaultDescription } from "./fault-list.ts";

export type EngineName = "embedded" | "k6";

/** One fault on one engine: a row of the table. Without a fault: a healthy run, which must pass. */
export interface Row {
  fault: FaultDescription | null;
  engine: EngineName;
  seeds: number[];
}

/** Of the rotating part, how many faults meet both engines. */
const ON_BOTH = 4;
/** Often enough that a fault that outlives its run, or a machine that judges nothing well, cannot hide. */
const FAULTS_BETWEEN_HEALTHY = 6;

/** Every fault on every engine. */
export function everyRow(
  faults: readonly FaultDescription[],
  engines: readonly EngineName[],
  seeds: number[],
): Row[] {
  return withHealthyRows(
    faults.flatMap((fault) => engines.map((engine) => ({ fault, engine, seeds }))),
    engines,
  );
}

/**
 * Each fault on one engine, four on both; consecutive parts swap the engines and move on to the next four, so that
 * everything has had its turn after twice as many parts as there are fours.
 */
export function rotatingRows(
  faults: readonly FaultDescription[],
  engines: readonly EngineName[],
  { part, seeds }: { part: number; seeds: number[] },
): Row[] {
  if (engines.length === 1) return everyRow(faults, engines, seeds);
  const onBoth = new Set(Array.from({ length: ON_BOTH }, (_, at) => (part * ON_BOTH + at) % faults.length));
  const rows = faults.flatMap((fault, at) =>
    engines
      .filter((_, index) => onBoth.has(at) || (at + part) % engines.length === index)
      .map((engine) => ({ fault, engine, seeds })),
  );
  return withHealthyRows(rows, engines);
}

/** One before, one after, and some between, the engines in turn. */
function withHealthyRows(rows: readonly Row[], engines: readonly EngineName[]): Row[] {
  const all: Row[] = [];
  let healthyRuns = 0;
  const addHealthy = () => {
    const engine = engines[healthyRuns % engines.length];
    healthyRuns += 1;
    // A seed for each, so that no healthy run is the repetition of another.
    if (engine !== undefined) all.push({ fault: null, engine, seeds: [healthyRuns] });
  };
  for (const [at, row] of rows.entries()) {
    if (at % FAULTS_BETWEEN_HEALTHY === 0) addHealthy();
    all.push(row);
  }
  addHealthy();
  return all;
}

import type { FaultDescription } from "./fault-list.ts";

export type EngineName = "embedded" | "k6";
export type GuardState = "off" | "on";

/** One fault on one engine: a row of the table. Without a fault: a healthy run, which must pass. */
export interface Row {
  fault: FaultDescription | null;
  engine: EngineName;
  guard: GuardState;
  /** The fault's own; a healthy run may have one too, to show that it fails nothing. */
  weather: readonly string[];
  seeds: number[];
}

/** What there is to choose from. */
export interface Choice {
  faults: readonly FaultDescription[];
  engines: readonly EngineName[];
  guards: readonly GuardState[];
  seeds: number[];
}

/** Of the rotating part: with the guard on, one in three. */
const GUARDED_EVERY = 3;
/** Often enough that a fault that outlives its run, or a machine that judges nothing well, cannot hide. */
const FAULTS_BETWEEN_HEALTHY = 12;
/** What a healthy service bears without a failed check. Not deletions: whoever is deleted is not found again. */
const BORNE: readonly (readonly string[])[] = [
  [],
  ["worker-killed"],
  ["overload"],
  ["two-workers"],
  ["slow-database"],
];
/** Not a volume from k6: at 3 ms of CPU a visitor it stands still for seconds on two cores, which is unknown each time. */
const HEALTHY_WEATHER: Readonly<Record<EngineName, typeof BORNE>> = {
  embedded: [...BORNE, ["volume"]],
  k6: BORNE,
};

/** Every fault on every engine, the guard off and on. */
export function everyRow({ faults, engines, guards, seeds }: Choice): Row[] {
  const rows = faults.flatMap((fault) =>
    engines.flatMap((engine) => guards.map((guard) => rowOf(fault, engine, guard, seeds))),
  );
  return withHealthyRows(rows, engines, 0);
}

/**
 * Each fault on one engine with the guard off, every third with the guard on as well; consecutive parts swap the engines
 * and move on to the next third, so that everything has had its turn after six parts.
 */
export function rotatingRows({ faults, engines, guards, seeds }: Choice, part: number): Row[] {
  const rows = faults.flatMap((fault, at) => {
    const engine = engines[(at + part) % engines.length];
    if (engine === undefined) return [];
    const isGuarded = at % GUARDED_EVERY === part % GUARDED_EVERY;
    return guards
      .filter((guard) => guard === "off" || isGuarded)
      .map((guard) => rowOf(fault, engine, guard, seeds));
  });
  return withHealthyRows(rows, engines, part);
}

function rowOf(fault: FaultDescription, engine: EngineName, guard: GuardState, seeds: number[]): Row {
  return { fault, engine, guard, weather: fault.weather, seeds };
}

/** One before, one after, and some between, the guard on, engines and weather in turn. */
function withHealthyRows(rows: readonly Row[], engines: readonly EngineName[], part: number): Row[] {
  const all: Row[] = [];
  let healthyRuns = 0;
  const addHealthy = () => {
    const engine = engines[healthyRuns % engines.length];
    const borne = engine === undefined ? BORNE : HEALTHY_WEATHER[engine];
    // By engine: of an even number of kinds of weather, each engine would only ever meet every second.
    const turn = Math.floor(healthyRuns / engines.length) + part;
    const weather = borne[turn % borne.length] ?? [];
    healthyRuns += 1;
    // A seed for each, so that no healthy run is the repetition of another.
    if (engine !== undefined) all.push({ fault: null, engine, guard: "on", weather, seeds: [healthyRuns] });
  };
  for (const [at, row] of rows.entries()) {
    if (at % FAULTS_BETWEEN_HEALTHY === 0) addHealthy();
    all.push(row);
  }
  addHealthy();
  return all;
}

import { arrivalTimes } from "../arrivals/arrival-times.ts";
import { assignBehaviours, type BehaviourShares } from "../plan/assign-behaviours.ts";
import { BEHAVIOURS, type Behaviour, type Plan, RUN_FORMAT } from "../plan/plan.ts";
import type { Target } from "../target/target.ts";
import { BURST_EVERY_SECONDS, cycleSecondsOf, readBackSecondsOf, waitSecondsOf } from "./limits.ts";

export interface Trickle {
  seed: number;
  perMinute: number;
  burst: number;
  windowSeconds: number;
}

export interface CycleToPlan extends Trickle {
  target: Target;
  runId: string;
  /** 0, 1, 2 …: a cycle begins where the last ended, on one clock. */
  cycle: number;
  /** Nobody is due later than this, in seconds from the probe's start. */
  endSeconds: number;
  visitorsMax: number;
}

/**
 * The visitors of one cycle, a run of its own: who is removed from the target is told by the run, so that the old
 * can go while the new are there. Null where nobody is due in it, as a Poisson process has it.
 */
export function planCycle(options: CycleToPlan): Plan | null {
  const { target, runId, cycle, windowSeconds } = options;
  const cycleSeconds = cycleSecondsOf(windowSeconds);
  const startSeconds = cycle * cycleSeconds;
  const seed = seedOf(options.seed, cycle);
  const { times, bursts, pieces } = drawArrivals(options, { cycleSeconds, startSeconds, seed });
  const visitors = times.dueMicroseconds.length;
  if (visitors === 0) return null;
  const shares = sharesOf(options, visitors);
  const endSeconds = Math.min(startSeconds + cycleSeconds, options.endSeconds);
  const pause = { kind: "uniform", fromSeconds: 0.05, toSeconds: 1 } as const;
  return {
    format: RUN_FORMAT,
    runId,
    seed,
    campaign: "probe",
    claim: "wiring",
    scale: 1,
    pieces,
    bursts,
    arrivals: { ...times, ...assignBehaviours({ burst: times.burst, shares, seed }) },
    durationSeconds: endSeconds,
    warmUpSeconds: 0,
    drainSeconds: target.readBack.visibleWithinSeconds,
    readBackSeconds: readBackSecondsOf(cycleSeconds),
    waitEndSeconds: endSeconds + waitSecondsOf(windowSeconds),
    thinkTimes: { betweenSteps: pause, patience: pause, beforeRetry: pause },
    objectives: {},
    overlapTargetRatio: 0,
    limits: {
      visitorsMax: visitors,
      // Whoever is still there when their cycle leaves the window leaves with it.
      secondsMax: windowSeconds,
      // A trickle is no curve that lateness could bend.
      startErrorSecondsP99Max: 1,
      limiterShareMax: 1,
      answerBytesMax: 1_048_576,
      comeBacksMax: 20,
    },
    target,
  };
}

function drawArrivals(
  { perMinute, burst, endSeconds, visitorsMax }: CycleToPlan,
  { cycleSeconds, startSeconds, seed }: { cycleSeconds: number; startSeconds: number; seed: number },
): Pick<Plan, "pieces" | "bursts"> & { times: { dueMicroseconds: number[]; burst: number[] } } {
  const perSecond = perMinute / 60;
  const pieces: Plan["pieces"] = [
    {
      name: "trickle",
      shape: "constant",
      seconds: cycleSeconds,
      fromPerSecond: perSecond,
      toPerSecond: perSecond,
    },
  ];
  const bursts = burst > 0 && hasBurst(startSeconds, cycleSeconds) ? [{ atSeconds: 0, visitors: burst }] : [];
  const drawn = arrivalTimes({ pieces, bursts, seed });
  const count = Math.min(
    visitorsMax,
    drawn.dueMicroseconds.filter((due) => startSeconds + due / 1e6 < endSeconds).length,
  );
  const startMicroseconds = Math.round(startSeconds * 1e6);
  return {
    pieces,
    bursts: bursts.map(({ visitors }) => ({ atSeconds: startSeconds, visitors })),
    times: {
      dueMicroseconds: drawn.dueMicroseconds.slice(0, count).map((due) => startMicroseconds + due),
      burst: drawn.burst.slice(0, count),
    },
  };
}

/** At the probe's start, so that a short one has its burst as well, and every few minutes. */
function hasBurst(startSeconds: number, cycleSeconds: number): boolean {
  return startSeconds % BURST_EVERY_SECONDS < cycleSeconds;
}

/** What people do beside signing up once, turn by turn, one visitor or couple in a cycle. */
const TURNS: readonly (keyof BehaviourShares)[] = [
  "re-reader",
  "no-session",
  "double-tap",
  "other-session",
  "forged-session",
  "pair",
  "retry",
];
/** So that most of a cycle are people who just sign up. */
const VISITORS_FOR_A_TURN_MIN = 4;
/** A behaviour that is asked for at all is there once. */
const ONCE = 1e-9;

function sharesOf({ cycle }: CycleToPlan, visitors: number): BehaviourShares {
  const none = Object.fromEntries(BEHAVIOURS.map((behaviour: Behaviour) => [behaviour, 0]));
  const turn = TURNS[cycle % TURNS.length]!;
  return { ...none, ...(visitors >= VISITORS_FOR_A_TURN_MIN ? { [turn]: ONCE } : {}) } as BehaviourShares;
}

/** A step that shares no factor with 2⁵³, so that no two cycles have one seed. */
const SEED_STEP = 1_000_003;

function seedOf(seed: number, cycle: number): number {
  return (seed + cycle * SEED_STEP) % Number.MAX_SAFE_INTEGER;
}

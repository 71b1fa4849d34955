import { arrivalTimes } from "../arrivals/arrival-times.ts";
import { durationSecondsOf, visitorsExpectedUntil } from "../arrivals/curve.ts";
import type { Campaign, Piece } from "../campaign/campaign.ts";
import type { Target } from "../target/target.ts";
import { UsageError } from "../usage-error.ts";
import { assignBehaviours } from "./assign-behaviours.ts";
import { type Burst, type CurvePiece, type Plan, RUN_FORMAT, VISITORS_MAX } from "./plan.ts";

export interface CompileOptions {
  runId: string;
  /** In place of the campaign's. */
  seed?: number;
  /** Multiplies rates and bursts; durations stay. */
  scale: number;
}

/**
 * The campaign as every engine gets it, with nothing left to be drawn: who is due when, and behaves how.
 * Pure, and runs in k6 too. UsageError where the plan would be empty, endless or larger than its limits.
 */
export function compilePlan(campaign: Campaign, target: Target, options: CompileOptions): Plan {
  const { arrivals: curve, behaviour, thinkTimes, objectives, limits } = campaign;
  const { runId, seed = campaign.seed, scale } = options;
  requireScale(scale);
  requireSeed(seed);
  const pieces = curve.pieces.flatMap((piece) => compilePiece(piece, scale));
  // In the order of time, so that burst n of an arrival is bursts[n - 1].
  const bursts = curve.bursts
    .map((burst) => scaleBurst(burst, scale))
    .filter(({ visitors }) => visitors > 0)
    .sort((one, other) => one.atSeconds - other.atSeconds);
  requireSound(pieces, bursts);
  requireWithinLimits(campaign, pieces, bursts);

  const times = arrivalTimes({ pieces, bursts, seed });
  requireVisitors(times.dueMicroseconds.length, campaign);
  return {
    format: RUN_FORMAT,
    runId,
    seed,
    campaign: campaign.name ?? "unnamed",
    claim: campaign.claim,
    scale,
    pieces,
    bursts,
    arrivals: { ...times, ...assignBehaviours({ burst: times.burst, shares: behaviour, seed }) },
    durationSeconds: durationSecondsOf(pieces),
    warmUpSeconds: campaign.warmUpSeconds,
    drainSeconds: campaign.drainSeconds,
    readBackSeconds: campaign.readBackSeconds,
    thinkTimes,
    objectives,
    overlapTargetRatio: campaign.overlapTargetRatio,
    limits,
    target,
  };
}

function compilePiece(piece: Piece, scale: number): CurvePiece[] {
  const { name } = piece;
  switch (piece.shape) {
    case "constant": {
      const rate = piece.perSecond * scale;
      return [{ name, shape: "constant", seconds: piece.seconds, fromPerSecond: rate, toPerSecond: rate }];
    }
    case "ramp":
    case "decay": {
      const shape = piece.shape === "ramp" ? "linear" : "exponential";
      const [fromPerSecond, toPerSecond] = [piece.fromPerSecond * scale, piece.toPerSecond * scale];
      return [{ name, shape, seconds: piece.seconds, fromPerSecond, toPerSecond }];
    }
    case "spike": {
      const [from, peak, to] = [
        piece.fromPerSecond * scale,
        piece.peakPerSecond * scale,
        piece.toPerSecond * scale,
      ];
      const rise = {
        shape: "linear",
        seconds: piece.riseSeconds,
        fromPerSecond: from,
        toPerSecond: peak,
      } as const;
      const fade = {
        shape: "exponential",
        seconds: piece.fadeSeconds,
        fromPerSecond: peak,
        toPerSecond: to,
      } as const;
      return [
        { name: `${name}, rise`, ...rise },
        { name: `${name}, fade`, ...fade },
      ];
    }
  }
}

function scaleBurst(burst: Burst, scale: number): Burst {
  return { atSeconds: burst.atSeconds, visitors: Math.round(burst.visitors * scale) };
}

function requireScale(scale: number): void {
  if (Number.isFinite(scale) && scale > 0) return;
  throw new UsageError(`The scale is ${scale}, expected a number above 0. Try: --scale 1`);
}

function requireSeed(seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0) return;
  throw new UsageError(`The seed is ${seed}, expected a whole number from 0 to 2^53 - 1. Try: --seed 1`);
}

/** The file's schema refuses these already; a campaign made by code (k6 scripts, tests) comes here without it. */
function requireSound(pieces: readonly CurvePiece[], bursts: readonly Burst[]): void {
  for (const { name, shape, seconds, fromPerSecond, toPerSecond } of pieces) {
    const lowest = Math.min(fromPerSecond, toPerSecond);
    const isSound = seconds > 0 && lowest >= 0 && Number.isFinite(seconds + fromPerSecond + toPerSecond);
    if (!isSound || (shape === "exponential" && lowest === 0)) {
      const found = `${seconds} s from ${fromPerSecond}/s to ${toPerSecond}/s`;
      throw new UsageError(
        `Piece "${name}" runs ${found}, expected finite rates of 0 or more (above 0 in a decay) and seconds above 0.`,
      );
    }
  }
  const durationSeconds = durationSecondsOf(pieces);
  for (const { atSeconds, visitors } of bursts) {
    if (atSeconds >= 0 && atSeconds < durationSeconds && Number.isSafeInteger(visitors)) continue;
    throw new UsageError(
      `A burst of ${visitors} at ${atSeconds} s lies outside the curve, which ends at ${durationSeconds} s. Move it.`,
    );
  }
}

/** Before anything is drawn, so that a rate with three zeros too many costs a sentence and not the memory. */
function requireWithinLimits(
  campaign: Campaign,
  pieces: readonly CurvePiece[],
  bursts: readonly Burst[],
): void {
  const { limits, drainSeconds, readBackSeconds } = campaign;
  const seconds = durationSecondsOf(pieces) + drainSeconds + readBackSeconds;
  if (seconds > limits.secondsMax) {
    throw new UsageError(
      `The campaign lasts ${Math.ceil(seconds)} s with drain and read-back, more than limits.secondsMax (${limits.secondsMax}). ` +
        "Shorten its pieces, or raise limits.secondsMax.",
    );
  }
  const expected = visitorsExpectedUntil(pieces, Number.POSITIVE_INFINITY) + visitorsIn(bursts);
  requireAtMost(expected, limits.visitorsMax);
}

function requireVisitors(visitors: number, campaign: Campaign): void {
  if (visitors === 0) {
    throw new UsageError("The plan has no visitors. Raise a rate, add a burst, or raise --scale.");
  }
  requireAtMost(visitors, campaign.limits.visitorsMax);
}

function requireAtMost(visitors: number, visitorsMax: number): void {
  // The last number belongs to the control visitor who never registers.
  const hardMax = VISITORS_MAX - 1;
  const isOwnLimit = visitorsMax < hardMax;
  const max = Math.min(visitorsMax, hardMax);
  if (visitors <= max) return;
  const mend = isOwnLimit
    ? "lower --scale, or raise limits.visitorsMax"
    : `lower --scale: ${hardMax} is the end of the numbers`;
  throw new UsageError(
    `The plan has ${Math.round(visitors)} visitors, more than ${max}. To mend it, ${mend}.`,
  );
}

function visitorsIn(bursts: readonly Burst[]): number {
  return bursts.reduce((total, { visitors }) => total + visitors, 0);
}

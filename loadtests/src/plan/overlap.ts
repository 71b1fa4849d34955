import { ratePerSecondAt } from "../arrivals/curve.ts";
import type { CurvePiece } from "./plan.ts";

/**
 * The share of visitors on the curve (bursts apart) who have another one's signup in flight during their own, if
 * each takes s: whoever started up to s before or after. For a Poisson process of rate λ that is 1 − e^(−2λs);
 * averaged over the visitors, and so weighted by λ: ∫ λ (1 − e^(−2λs)) dt / ∫ λ dt.
 */
export function expectedOverlapRatio(pieces: readonly CurvePiece[], signupSeconds: number): number {
  let weighted = 0;
  let weight = 0;
  for (const { rate, seconds } of slicesOf(pieces)) {
    weighted += rate * seconds * -Math.expm1(-2 * rate * signupSeconds);
    weight += rate * seconds;
  }
  return weight === 0 ? 0 : weighted / weight;
}

/** Enough that a doubling within one piece changes the result by less than a percent of itself. */
const SLICES_PER_PIECE = 64;

function* slicesOf(pieces: readonly CurvePiece[]): Generator<{ rate: number; seconds: number }> {
  for (const piece of pieces) {
    const seconds = piece.seconds / SLICES_PER_PIECE;
    for (let slice = 0; slice < SLICES_PER_PIECE; slice++) {
      yield { rate: ratePerSecondAt([piece], (slice + 0.5) * seconds), seconds };
    }
  }
}

/** From which signup time on an overlap is reached; null where none is slow enough. Bisection: overlap grows with it. */
export function signupSecondsForOverlap(pieces: readonly CurvePiece[], target: number): number | null {
  if (target <= 0) return 0;
  let [low, high] = [0, 10];
  if (expectedOverlapRatio(pieces, high) < target) return null;
  // To a microsecond or better from 10 s: 2²⁴ steps of that size.
  for (let halving = 0; halving < 24; halving++) {
    const middle = (low + high) / 2;
    if (expectedOverlapRatio(pieces, middle) < target) low = middle;
    else high = middle;
  }
  return high;
}

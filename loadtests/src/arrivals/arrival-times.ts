import type { Burst, CurvePiece } from "../plan/plan.ts";
import { areaWithin, durationSecondsOf, secondsUntilArea } from "./curve.ts";
import { createRandom } from "./random.ts";

/** One entry per visitor, sorted: when due, and in which burst (1-based in the order of time; 0 = none). */
export interface ArrivalTimes {
  dueMicroseconds: number[];
  burst: number[];
}

/**
 * Draws when visitors are due: a non-homogeneous Poisson process over the curve, with the bursts merged in.
 * By inversion: a Poisson process of rate 1 is laid along the *area* under the curve, where gaps are plainly
 * exponential, and each point is carried over to the time axis by Λ⁻¹ (curve.ts has the drawing). Thinning
 * was rejected: it throws draws away wherever the curve is below its peak, and a change at the curve's end
 * would move every visitor before it; here earlier visitors stay where they were.
 *
 * Times are whole microseconds in [0, duration). Math.log differs in its last bit between V8 and k6's engine;
 * that is 10⁷ times less than a microsecond and goes with the fraction.
 */
export function arrivalTimes(options: {
  pieces: readonly CurvePiece[];
  bursts: readonly Burst[];
  seed: number;
}): ArrivalTimes {
  const drawn = poissonMicroseconds(options.pieces, createRandom(options.seed, "arrivals"));
  return mergeBursts(drawn, options.bursts);
}

function poissonMicroseconds(pieces: readonly CurvePiece[], random: () => number): number[] {
  const lastMicrosecond = Math.max(0, Math.ceil(durationSecondsOf(pieces) * 1e6) - 1);
  const due: number[] = [];
  let startSeconds = 0;
  // Area between the beginning of the piece and the next visitor.
  let area = drawExponential(random);
  for (const piece of pieces) {
    const pieceArea = areaWithin(piece, piece.seconds);
    while (area < pieceArea) {
      const seconds = startSeconds + secondsUntilArea(piece, area);
      due.push(Math.min(lastMicrosecond, Math.floor(seconds * 1e6)));
      area += drawExponential(random);
    }
    area -= pieceArea;
    startSeconds += piece.seconds;
  }
  return due;
}

/** Mean 1. The argument lies in (0, 1], so that the result is finite. */
function drawExponential(random: () => number): number {
  return -Math.log(1 - random());
}

function mergeBursts(drawn: number[], bursts: readonly Burst[]): ArrivalTimes {
  const dueMicroseconds: number[] = [];
  const burst: number[] = [];
  let next = 0;
  const takeDrawnUntil = (microseconds: number) => {
    for (; next < drawn.length && drawn[next]! <= microseconds; next++) {
      dueMicroseconds.push(drawn[next]!);
      burst.push(0);
    }
  };
  const inOrder = [...bursts].sort((one, other) => one.atSeconds - other.atSeconds);
  for (const [at, { atSeconds, visitors }] of inOrder.entries()) {
    const microseconds = Math.floor(atSeconds * 1e6);
    takeDrawnUntil(microseconds);
    for (let visitor = 0; visitor < visitors; visitor++) {
      dueMicroseconds.push(microseconds);
      burst.push(at + 1);
    }
  }
  takeDrawnUntil(Number.POSITIVE_INFINITY);
  return { dueMicroseconds, burst };
}

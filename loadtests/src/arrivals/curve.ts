import type { CurvePiece } from "../plan/plan.ts";

/*
 * The arrival curve is a rate over time; the visitors expected until t are the area under it:
 *
 *   rate λ(t)                                      area Λ(t) = ∫ λ
 *    |        /\                                    |                   ____----
 *    |       /  \___                                |               _--´
 *    |______/       ``---....____                   |             /
 *    |::::::::::::|                                 |_______---´´  <- S
 *    +------------+---------------> t               +------------+------------> t
 *      area = S   t = Λ⁻¹(S)                                     t = Λ⁻¹(S)
 *
 * Both Λ and its inverse are closed forms piece by piece, so nothing is approximated by steps.
 */

/** Visitors per second at a moment; 0 outside the curve. */
export function ratePerSecondAt(pieces: readonly CurvePiece[], seconds: number): number {
  let startSeconds = 0;
  for (const piece of pieces) {
    const within = seconds - startSeconds;
    if (within >= 0 && within < piece.seconds) return rateWithin(piece, within);
    startSeconds += piece.seconds;
  }
  return 0;
}

/** Visitors expected from the start until a moment: the area under the curve. */
export function visitorsExpectedUntil(pieces: readonly CurvePiece[], seconds: number): number {
  let startSeconds = 0;
  let area = 0;
  for (const piece of pieces) {
    const within = Math.min(seconds - startSeconds, piece.seconds);
    if (within <= 0) break;
    area += areaWithin(piece, within);
    startSeconds += piece.seconds;
  }
  return area;
}

export function durationSecondsOf(pieces: readonly CurvePiece[]): number {
  return pieces.reduce((total, piece) => total + piece.seconds, 0);
}

/** Seconds into one piece until its area reaches `area`, which lies in [0, area of the piece]. */
export function secondsUntilArea(piece: CurvePiece, area: number): number {
  const { fromPerSecond: from, toPerSecond: to, seconds } = piece;
  if (area <= 0) return 0;
  if (piece.shape === "exponential" && from !== to) {
    // Λ = a (e^{gt} − 1) / g with g = ln(b/a) / T, so t = ln(1 + gΛ/a) / g.
    const growth = Math.log(to / from) / seconds;
    return Math.min(seconds, Math.log1p((growth * area) / from) / growth);
  }
  // Λ = at + kt²/2 with k = (b − a) / T; this root of it loses no digits when k is near 0.
  const slope = (to - from) / seconds;
  return Math.min(seconds, (2 * area) / (from + Math.sqrt(Math.max(0, from * from + 2 * slope * area))));
}

function rateWithin(piece: CurvePiece, within: number): number {
  const { fromPerSecond: from, toPerSecond: to } = piece;
  const part = within / piece.seconds;
  return piece.shape === "exponential" && from !== to
    ? from * (to / from) ** part
    : from + (to - from) * part;
}

/** The area of the first `within` seconds of a piece. */
export function areaWithin(piece: CurvePiece, within: number): number {
  const { fromPerSecond: from, toPerSecond: to } = piece;
  if (piece.shape !== "exponential" || from === to) return ((from + rateWithin(piece, within)) / 2) * within;
  const growth = Math.log(to / from) / piece.seconds;
  return (from * Math.expm1(growth * within)) / growth;
}

/** What is left of some rounds: the middle, and how far the others lay from it. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** The middle lies between so many values from either end with at least this probability. */
const SURE = 0.87;

/**
 * Whether the middle of what the rounds were drawn from lies below the limit. Between the second lowest and the second
 * highest of 7 rounds it lies in 88 % of cases, of 9 in 96 %, between the seventh of 21 in 92 % (order statistics: each
 * value is above the middle or below it, like a coin); where these two disagree nobody knows. Of fewer rounds all must agree.
 */
export function isBelow(values: readonly number[], limit: number): "yes" | "no" | "unknown" {
  const sorted = values.toSorted((one, other) => one - other);
  const left = leftOutAtEachEnd(values.length);
  const [low = Number.NaN, high = Number.NaN] = [sorted.at(left), sorted.at(-1 - left)];
  if (high < limit) return "yes";
  return low >= limit ? "no" : "unknown";
}

/** As many as may be without P(at most so many of the rounds below the middle) · 2 growing beyond 1 − SURE. */
function leftOutAtEachEnd(rounds: number): number {
  let left = 0;
  let term = 0.5 ** rounds;
  let atMost = term;
  while (true) {
    term *= (rounds - left) / (left + 1);
    atMost += term;
    if (2 * atMost > 1 - SURE) return left;
    left++;
  }
}

/** Each value over that of the same round. */
export function ratiosOf(values: readonly number[], over: readonly number[]): Spread {
  return spreadOf(values.map((value, round) => value / (over[round] ?? Number.NaN)));
}

/** `12,300 (11,900–12,800)`; one round has no spread. */
export function showSpread({ median, min, max }: Spread, digits = 0): string {
  const show = (value: number) => showNumber(value, digits);
  return min === max ? show(median) : `${show(median)} (${show(min)}–${show(max)})`;
}

export function showNumber(value: number, digits = 0): string {
  if (!Number.isFinite(value)) return "–";
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The value below which so large a share of the sorted values lies. */
export function percentileOf(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

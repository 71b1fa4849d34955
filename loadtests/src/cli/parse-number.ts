import { UsageError } from "../usage-error.ts";

/** A whole number of 0 or more. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(count) && count >= 0) return count;
  throw new UsageError(`"${text}" is not a whole number of 0 or more. Type e.g. --seed 7.`);
}

/** A finite number above 0. */
export function parseScale(text: string): number {
  const scale = Number(text);
  if (Number.isFinite(scale) && scale > 0) return scale;
  throw new UsageError(`"${text}" is not a number above 0. Type e.g. --scale 0.5.`);
}

/** A whole number within bounds, for a flag that has them. */
export function wholeNumber(
  flag: string,
  { min, max }: { min: number; max: number },
): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= min && number <= max) return number;
    const bounds = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
    throw new UsageError(
      `${flag} ${text}: expected a whole number ${bounds}. Type e.g. ${flag} ${Math.max(min, 1)}.`,
    );
  };
}

import { UsageError } from "../usage-error.ts";

/** A finite number above 0. */
export function parseScale(text: string): number {
  const scale = Number(text);
  if (Number.isFinite(scale) && scale > 0) return scale;
  throw new UsageError(`"${text}" is not a number above 0. Type e.g. --scale 0.5.`);
}

/** A whole number, within bounds where the flag has them. */
export function wholeNumber(
  flag: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
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

/** 0 takes any that is free. */
export function portNumber(flag: string): (text: string) => number {
  return wholeNumber(flag, { max: 65_535 });
}

import { UsageError } from "../stack/usage-error.ts";

/** The number that an option was given; throws with a line that can be typed instead. */
export function numberIn(option: string, text: string, example: number): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number) || number < 0)
    throw new UsageError(`${option} ${text} is no number; type e.g. ${option} ${example}`);
  return number;
}

/** So many, or one more or less, spread over all; others each day, until all had their turn. */
export function someOf(names: readonly string[], count: number, day: number): readonly string[] {
  const days = Math.ceil(names.length / count);
  return names.filter((_name, at) => at % days === day % days);
}

/** A list of names with commas; throws with those that there are. Undefined: all of them. */
export function namesIn(
  option: string,
  text: string | undefined,
  known: readonly string[],
): readonly string[] {
  const names = text?.split(",") ?? known;
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new UsageError(`${option}: there is no ${unknown.join(", ")}, but ${known.join(", ")}`);
  return names;
}

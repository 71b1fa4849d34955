/** The number that an option was given; throws with a line that can be typed instead. */
export function numberIn(option: string, text: string, example: number): number {
  const number = Number(text);
  if (text.trim() === "" || !(number >= 0))
    throw new Error(`${option} ${text} is no number; type e.g. ${option} ${example}`);
  return number;
}

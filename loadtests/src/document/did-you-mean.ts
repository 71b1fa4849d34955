import { closest, distance } from "fastest-levenshtein";

/** The known word that was probably meant; undefined where none is near enough to be a slip of the finger. */
export function didYouMean(found: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const spelling = new Map(known.map((word) => [normalise(word), word]));
  const nearest = closest(normalise(found), [...spelling.keys()]);
  // A third of the letters, and two at least: "baselne" → "baseline", yet "x" → nothing of three letters.
  const slipsMax = Math.max(2, Math.floor(found.length / 3));
  const slips = distance(normalise(found), nearest);
  return slips <= slipsMax && slips < nearest.length ? spelling.get(nearest) : undefined;
}

/** `at_seconds`, `at-seconds` and `atSeconds` are one word spelled in three houses. */
function normalise(word: string): string {
  return word.replace(/[-_ ]/g, "").toLowerCase();
}

import type { StrengthNumbers } from "../checks/judged-history.ts";
import { counted } from "../counted.ts";
import type { Strength } from "./verdict.ts";

/**
 * Races come in clusters, so requests are no independent trials: bursts are, and a run without any is one trial. Below
 * four trials the bound is 75 % or more and would only look like knowledge.
 */
const EPISODES_FOR_A_BOUND = 4;

/** Adds what the numbers may claim, and no more. The rule of three (3/k) holds only where nothing was found in k episodes. */
export function describeStrength(numbers: StrengthNumbers, exposuresTotal: number): Strength {
  const episodes = Math.max(1, numbers.bursts);
  const isClean = exposuresTotal === 0;
  const episodeBound95 = isClean && episodes >= EPISODES_FOR_A_BOUND ? 3 / episodes : null;
  return {
    ...numbers,
    episodes,
    episodeBound95,
    sentence: sentenceOf(numbers, { exposuresTotal, episodeBound95 }),
  };
}

function sentenceOf(
  numbers: StrengthNumbers,
  { exposuresTotal, episodeBound95 }: { exposuresTotal: number; episodeBound95: number | null },
): string {
  const { answersWithOwnData, signupsAcknowledged, overlapRatio, bursts, claim, isClaimEarned } = numbers;
  const overlap =
    overlapRatio === null
      ? "nobody's overlap known"
      : `${Math.round(100 * overlapRatio)} % with another in flight`;
  return [
    `${exposuresTotal === 0 ? "not falsified: " : ""}${counted(exposuresTotal, "{exposure|exposures}")} in ${counted(answersWithOwnData, "{answer|answers}")} that showed people their own data`,
    `${counted(signupsAcknowledged, "{signup|signups}")}, ${overlap}`,
    bursts === 0 ? "no burst" : counted(bursts, "{burst|bursts}"),
    `claim: ${claim}${isClaimEarned ? "" : " (not earned)"}`,
    ...(episodeBound95 === null
      ? []
      : [`95 % sure that fewer than ${Math.ceil(100 * episodeBound95)} % of such bursts show one`]),
    "this build, this data mix",
  ].join("; ");
}

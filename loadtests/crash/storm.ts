import { createRandom } from "../src/arrivals/random.ts";

/** One thing that is to happen in a round. */
export interface Strike {
  kind: string;
  atMs: number;
  /** Name of its own random stream. */
  stream: string;
}

export interface Storm {
  /** Decides the round's crowd too. */
  seed: number;
  strikes: Strike[];
}

const STRIKES_MAX = 3;
/** From the first member of the round on, until the last people are signing up. */
const UNTIL_MS = 1_500;

/** What happens in this round of this seed, whatever the other rounds are. Pure. */
export function drawStorm(seed: number, round: number, kinds: readonly string[]): Storm {
  const random = createRandom(seed, `round ${round}`);
  const strikes = 1 + Math.floor(random() * STRIKES_MAX);
  return {
    seed: Math.floor(random() * 2 ** 32),
    strikes: Array.from({ length: strikes }, (_value, at) => ({
      // The first goes through all kinds in turn, so that few rounds have seen each; the others are drawn.
      kind: kinds[at === 0 ? round % kinds.length : Math.floor(random() * kinds.length)] ?? "",
      atMs: Math.round(random() * UNTIL_MS),
      stream: `strike ${at}`,
    })),
  };
}

import { SURVIVORS } from "./survivors.ts";
import type { Result } from "./try-all.ts";

export interface Score {
  readonly killed: number;
  readonly survived: number;
  readonly invalid: number;
  /** Of those that are rules at all, survivors with a reason counted as what they are: survivors. */
  readonly share: number;
  /** Survivors without a reason. */
  readonly unexplained: readonly string[];
  /** Reasons for mutants that were tried and do not survive. */
  readonly outdated: readonly string[];
}

const SHARE_MIN = 0.95;

export function scoreOf(results: readonly Result[]): Score {
  const ids = (wanted: string) =>
    results.filter(({ fate }) => fate.fate === wanted).map(({ mutant }) => mutant.id);
  const survivors = new Set(ids("survived"));
  const tried = new Set(results.map(({ mutant }) => mutant.id));
  const explained = new Set(SURVIVORS.flatMap(({ mutants }) => mutants));
  const killed = ids("killed").length;
  return {
    killed,
    survived: survivors.size,
    invalid: ids("invalid").length,
    share: killed / Math.max(1, killed + survivors.size),
    unexplained: [...survivors].filter((id) => !explained.has(id)),
    outdated: [...explained].filter((id) => tried.has(id) && !survivors.has(id)),
  };
}

export function isGoodEnough({ share, unexplained, outdated }: Score): boolean {
  return share >= SHARE_MIN && unexplained.length === 0 && outdated.length === 0;
}

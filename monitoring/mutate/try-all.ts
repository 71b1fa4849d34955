import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeptResults } from "../kept/kept-results.ts";
import { ALL_TESTS } from "../rule-tests/all-tests.ts";
import type { Parameters } from "../rules/parameters.ts";
import type { Mutant } from "./mutants.ts";
import { type Fate, fingerprintOf, tryMutant } from "./try-mutant.ts";

export interface Result {
  readonly mutant: Mutant;
  readonly fate: Fate;
}

export interface Trials {
  readonly promtool: string;
  readonly parameters: Parameters;
  /** promtool processes at a time. */
  readonly processes: number;
  /** Fates of an earlier run, by what was tried: a mutant and stories that are the same are not tried again. */
  readonly kept?: KeptResults<Fate>;
  onResult?(result: Result, done: number): void;
}

/** The fate of each mutant, in the order of the mutants. */
export async function tryAll(mutants: readonly Mutant[], trials: Trials): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), "crowdproof-mutants-"));
  const results: Result[] = [];
  const kills = new Map<string, number>();
  let next = 0;
  let done = 0;
  const fateOf = async (mutant: Mutant, own: string): Promise<Fate> => {
    const key = fingerprintOf(mutant, ALL_TESTS, trials.parameters);
    const before = trials.kept?.all[key];
    if (before !== undefined) return before;
    const fate = await tryMutant(mutant, { ...trials, folder: own, stories: ALL_TESTS, kills });
    rmSync(own, { recursive: true, force: true });
    await trials.kept?.keep(key, fate);
    return fate;
  };
  const work = async () => {
    while (next < mutants.length) {
      const index = next++;
      const mutant = mutants[index]!;
      const fate = await fateOf(mutant, join(folder, String(index)));
      results[index] = { mutant, fate };
      done += 1;
      trials.onResult?.(results[index], done);
    }
  };
  try {
    await Promise.all(Array.from({ length: trials.processes }, work));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return results;
}

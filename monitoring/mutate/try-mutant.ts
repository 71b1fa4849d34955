import { hash } from "node:crypto";
import { join } from "node:path";
import { rulesNeededBy } from "../rule-tests/needed-rules.ts";
import type { AlertTests, RuleTest } from "../rule-tests/rule-test.ts";
import { runPromtool, SAID_NOTHING } from "../rule-tests/run-promtool.ts";
import { type Rules, writeStories } from "../rule-tests/write-stories.ts";
import type { Mutant } from "./mutants.ts";

/** killed: a story went otherwise than told. invalid: it is no rule any more, and counts neither way. */
export type Fate =
  | { readonly fate: "killed"; readonly by: string }
  | { readonly fate: "survived" | "invalid" };

export interface Trial {
  readonly promtool: string;
  /** Empty, and of this trial alone. */
  readonly folder: string;
  readonly parameters: Rules["parameters"];
  readonly stories: readonly AlertTests[];
  /** How often each story has killed: those that do are asked first, for most mutants then need one or two of them. */
  readonly kills: Map<string, number>;
}

/** Tells the mutant the stories of every alert that it can change, until one of them goes otherwise. */
export async function tryMutant(mutant: Mutant, trial: Trial): Promise<Fate> {
  const queue = concernedBy(mutant, trial.stories)
    .flatMap(({ alert, tests }) => tests.map((test) => ({ alert, test, name: `${alert}: ${test.name}` })))
    .sort((a, b) => (trial.kills.get(b.name) ?? 0) - (trial.kills.get(a.name) ?? 0));
  let told = 0;
  for (let chunk = 1; told < queue.length; chunk *= 3) {
    const batch = queue.slice(told, told + chunk);
    const fate = await tell(mutant, batch, { ...trial, folder: join(trial.folder, String(told)) });
    if (fate !== null) return fate;
    told += chunk;
  }
  return { fate: "survived" };
}

/**
 * Names what a mutant's fate depends on: the rules as it has them, and the stories they are told. Another promtool, or
 * another way to write its files, is for `--fresh`.
 */
export function fingerprintOf(
  mutant: Mutant,
  stories: readonly AlertTests[],
  parameters: Trial["parameters"],
): string {
  const told = concernedBy(mutant, stories).map(({ alert, tests }) => [
    rulesNeededBy(alert, mutant.groups),
    tests,
  ]);
  return hash("sha256", JSON.stringify([parameters, told]));
}

interface Story {
  readonly alert: string;
  readonly test: RuleTest;
  readonly name: string;
}

async function tell(mutant: Mutant, batch: readonly Story[], trial: Trial): Promise<Fate | null> {
  const rules = { groups: mutant.groups, parameters: trial.parameters };
  const nameOf = new Map<string, string>();
  for (const [index, { alert, test, name }] of batch.entries())
    for (const file of writeStories(join(trial.folder, String(index)), { alert, tests: [test] }, rules))
      nameOf.set(file, name);
  const verdicts = await runPromtool(trial.promtool, [...nameOf.keys()]);
  for (const [file, words] of verdicts) {
    if (words === null) continue;
    if (words.startsWith(SAID_NOTHING)) throw new Error(words);
    if (/could not parse|parse error|group ".*", rule/.test(words)) return { fate: "invalid" };
    const by = nameOf.get(file)!;
    trial.kills.set(by, (trial.kills.get(by) ?? 0) + 1);
    return { fate: "killed", by };
  }
  return null;
}

function concernedBy(mutant: Mutant, stories: readonly AlertTests[]): AlertTests[] {
  return stories.filter(({ alert }) => reads(alert, mutant));
}

function reads(alert: string, { rule, groups }: Mutant): boolean {
  if (alert === rule) return true;
  return rulesNeededBy(alert, groups).some(({ recordings }) =>
    recordings.some(({ record }) => record === rule),
  );
}

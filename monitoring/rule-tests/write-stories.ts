import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Parameters } from "../rules/parameters.ts";
import type { RuleGroup } from "../rules/rule.ts";
import { rulesFile } from "../rules/rules-file.ts";
import { rulesNeededBy } from "./needed-rules.ts";
import { promtoolFiles } from "./promtool-file.ts";
import type { AlertTests, RuleTest } from "./rule-test.ts";

/** Writes a rule file with what the alert needs, and its stories beside it; returns the test files' paths. */
export function writeStories(folder: string, { alert, tests }: AlertTests, rules: Rules): string[] {
  const groups = rulesNeededBy(alert, rules.groups);
  writeRules(folder, groups, rules.parameters);
  const rule = groups.flatMap(({ alerts }) => alerts)[0];
  if (rule === undefined) throw new Error(`there is no rule for the alert ${alert}`);
  return writeTests(folder, { alert: rule, tests, groups, parameters: rules.parameters });
}

export interface Rules {
  readonly groups: readonly RuleGroup[];
  readonly parameters: Parameters;
}

export function writeRules(folder: string, groups: readonly RuleGroup[], parameters: Parameters): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "rules.yml"), rulesFile(groups, parameters));
}

interface Stories extends Rules {
  readonly alert: RuleGroup["alerts"][number];
  readonly tests: readonly RuleTest[];
}

function writeTests(folder: string, stories: Stories): string[] {
  return promtoolFiles(stories).map(({ text }, index) => {
    const file = join(folder, `stories-${index}.yml`);
    writeFileSync(file, text);
    return file;
  });
}

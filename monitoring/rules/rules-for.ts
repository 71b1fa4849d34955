import type { Parameters } from "./parameters.ts";
import type { RuleGroup } from "./rule.ts";
import { budgetRules } from "./source/budget.ts";
import { capacityRules } from "./source/capacity.ts";
import { identityRules } from "./source/identity.ts";
import { processingRules } from "./source/processing.ts";
import { watchingRules } from "./source/watching.ts";

/** All rules. Every group is as urgent as its worst case: what must be paged within two seconds comes first. */
export function rulesFor(parameters: Parameters): RuleGroup[] {
  return [
    identityRules(parameters),
    processingRules(parameters),
    ...budgetRules(parameters),
    capacityRules(parameters),
    watchingRules(parameters),
  ];
}

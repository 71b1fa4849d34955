import { OPERATORS } from "./mutations.ts";
import { type Score, scoreOf } from "./score.ts";
import { SURVIVORS } from "./survivors.ts";
import type { Result } from "./try-all.ts";

/** docs/mutation.md */
export function mutationPage(results: readonly Result[]): string {
  const score = scoreOf(results);
  return `# Mutants of the alert rules

Written by \`npm run mutate-rules\`. Each mutant is the rules with one thing changed, read from PromQL's syntax tree: a comparison, a
threshold (a fifth less, a quarter more), a window (half, twice), a function, an aggregation, a label that is grouped or
joined by, a matcher, one side of \`and\`, \`or\`, \`unless\`, \`for\` and \`keep_firing_for\`. It is told the stories of
\`monitoring/rule-tests\` by real promtool; it is *killed* when one goes otherwise than told. What promtool does not take for
rules is not counted.

**${killedOf(score)}**

| what was changed | killed | survived | no rule |
|---|---|---|---|
${OPERATORS.map((operator) => row(operator, results)).join("\n")}

## Survivors
Each is named in \`monitoring/mutate/survivors.ts\`; one that is not there, or that no longer survives, fails the command.

${SURVIVORS.map(({ reason, mutants }) => `${reason}\n${mutants.map((id) => `- \`${id}\``).join("\n")}`).join("\n\n")}
`;
}

export function killedOf({ killed, survived, invalid, share }: Score): string {
  const percent = (Math.floor(share * 1_000) / 10).toFixed(1);
  return `${killed} of ${killed + survived} mutants killed: ${percent} %; ${survived} survive; ${invalid} were no rules`;
}

function row(operator: string, results: readonly Result[]): string {
  const count = (fate: string) =>
    results.filter(({ mutant, fate: { fate: each } }) => mutant.operator === operator && each === fate)
      .length;
  return `| ${operator} | ${count("killed")} | ${count("survived")} | ${count("invalid")} |`;
}

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openKeptResults } from "../kept/kept-results.ts";
import { production } from "../rules/parameters.ts";
import { rulesFor } from "../rules/rules-for.ts";
import { findProgram, howToInstall } from "../stack/find-program.ts";
import { mutantsOf } from "./mutants.ts";
import { killedOf, mutationPage } from "./mutation-page.ts";
import { isGoodEnough, scoreOf } from "./score.ts";
import { type Result, tryAll } from "./try-all.ts";
import type { Fate } from "./try-mutant.ts";

/**
 * `npm run mutate-rules [-- --only TEXT] [--fresh]`: changes one thing after the other in the rules, and asks whether a
 * story notices. Ends with 1 below 95 %, or where a survivor has no reason. All mutants: also writes docs/mutation.md. A
 * mutant whose rules and stories are those of an earlier run keeps its fate; `--fresh` forgets them.
 */
const { values } = parseArgs({
  options: {
    only: { type: "string" },
    processes: { type: "string", default: "2" },
    fresh: { type: "boolean", default: false },
  },
});
const promtool = findProgram("promtool");
if (promtool === null) {
  process.stderr.write(`promtool is missing: ${howToInstall("promtool")}\n`);
  process.exit(3);
}
const all = mutantsOf(rulesFor(production));
const mutants = all.filter(({ id }) => values.only === undefined || id.includes(values.only));
const startedMs = performance.now();
const results = await tryAll(mutants, {
  promtool,
  parameters: production,
  processes: Number(values.processes),
  kept: await openKeptResults<Fate>("mutants", values.fresh),
  onResult: showProgress,
});
const score = scoreOf(results);
process.stdout.write(`${killedOf(score)} (${Math.round((performance.now() - startedMs) / 1_000)} s)\n`);
for (const id of score.unexplained) process.stdout.write(`survives without a reason: ${id}\n`);
for (const id of score.outdated) process.stdout.write(`has a reason and does not survive: ${id}\n`);
if (values.only === undefined)
  writeFileSync(join(import.meta.dirname, "../../docs/mutation.md"), mutationPage(results));
process.exitCode = isGoodEnough(score) ? 0 : 1;

function showProgress({ mutant, fate }: Result, done: number): void {
  if (fate.fate === "survived") process.stderr.write(`survived: ${mutant.id}\n`);
  if (fate.fate === "invalid") process.stderr.write(`no rule: ${mutant.id}\n`);
  if (done % 50 === 0) process.stderr.write(`${done} of ${mutants.length}\n`);
}

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openKeptResults } from "../kept/kept-results.ts";
import { readOptions } from "../kept/read-options.ts";
import { production } from "../rules/parameters.ts";
import { rulesFor } from "../rules/rules-for.ts";
import { findProgram, howToInstall } from "../stack/find-program.ts";
import { UsageError } from "../stack/usage-error.ts";
import { mutantsOf } from "./mutants.ts";
import { killedOf, mutationPage } from "./mutation-page.ts";
import { isGoodEnough, scoreOf } from "./score.ts";
import { type Result, tryAll } from "./try-all.ts";
import type { Fate } from "./try-mutant.ts";

const HELP = `npm run mutate-rules [-- --only TEXT] [--processes N] [--fresh]

Changes one thing after the other in the rules, and asks whether a story notices. Ends with 1 below 95 %, or where a
survivor has no reason. All mutants: also writes docs/mutation.md. A mutant whose rules and stories are those of an earlier
run keeps its fate.

  --only TEXT    only mutants whose name holds this, e.g. IdAnomaly
  --processes N  so many at once; 2 by default
  --fresh        forgets the earlier run
`;

const { only, processes, isFresh } = readOptions(
  HELP,
  {
    only: { type: "string" },
    processes: { type: "string", default: "2" },
    fresh: { type: "boolean", default: false },
  },
  (values) => {
    if (!/^[1-9]\d?$/.test(values.processes))
      throw new UsageError(`--processes ${values.processes}: expected a number from 1 on, e.g. 2`);
    return { only: values.only, processes: Number(values.processes), isFresh: values.fresh };
  },
);
const promtool = findProgram("promtool");
if (promtool === null) {
  process.stderr.write(`promtool is missing: ${howToInstall("promtool")}\n`);
  process.exit(3);
}
const all = mutantsOf(rulesFor(production));
const mutants = all.filter(({ id }) => only === undefined || id.includes(only));
const startedMs = performance.now();
const results = await tryAll(mutants, {
  promtool,
  parameters: production,
  processes,
  kept: await openKeptResults<Fate>("mutants", isFresh),
  onResult: showProgress,
});
const score = scoreOf(results);
process.stdout.write(`${killedOf(score)} (${Math.round((performance.now() - startedMs) / 1_000)} s)\n`);
for (const id of score.unexplained) process.stdout.write(`survives without a reason: ${id}\n`);
for (const id of score.outdated) process.stdout.write(`has a reason and does not survive: ${id}\n`);
if (only === undefined)
  writeFileSync(join(import.meta.dirname, "../../docs/mutation.md"), mutationPage(results));
process.exitCode = isGoodEnough(score) ? 0 : 1;

function showProgress({ mutant, fate }: Result, done: number): void {
  if (fate.fate === "survived") process.stderr.write(`survived: ${mutant.id}\n`);
  if (fate.fate === "invalid") process.stderr.write(`no rule: ${mutant.id}\n`);
  if (done % 50 === 0) process.stderr.write(`${done} of ${mutants.length}\n`);
}

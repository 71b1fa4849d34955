/** Asked by `crowdproof doctor`: one JSON line on standard output with where each program is, or what to do about it. */
import { findProgram, howToInstall, type Program } from "./find-program.ts";

const ASKED = ["prometheus", "alertmanager", "promtool"] as const satisfies readonly Program[];

const found = ASKED.map((program) => {
  const path = findProgram(program);
  return [program, path === null ? { missing: howToInstall(program) } : { path }];
});
process.stdout.write(`${JSON.stringify(Object.fromEntries(found))}\n`);

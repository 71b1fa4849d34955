import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const PROGRAM = z.union([z.object({ path: z.string() }), z.object({ missing: z.string() })]);
const PROGRAMS = z.object({ prometheus: PROGRAM, alertmanager: PROGRAM, promtool: PROGRAM });

/** Where one is, or what to do about it. */
export type StackProgram = z.infer<typeof PROGRAM>;

/** As `monitoring/` finds them for `gate --alerts` and `npm run up`, in a process of its own. */
export function findStackPrograms(): z.infer<typeof PROGRAMS> {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const main = fileURLToPath(
    new URL(`../../../monitoring/stack/programs-main.${extension}`, import.meta.url),
  );
  const { status, stdout, stderr } = spawnSync(process.execPath, [main], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${main} ended with ${status}: ${stderr}`);
  return PROGRAMS.parse(JSON.parse(stdout));
}

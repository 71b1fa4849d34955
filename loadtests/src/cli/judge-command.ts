import { resolve } from "node:path";
import type { Command } from "commander";
import { showVerdict } from "../terminal/show-verdict.ts";
import { EXIT_CODES } from "./exit-codes.ts";

export function addJudgeCommand(program: Command): void {
  program
    .command("judge")
    .description("Judge a run folder again, without sending anything.")
    .argument("<RUN>", "folder with plan.json and events.ndjson")
    .addHelpText("after", "\nExample:\n  crowdproof judge runs/2026-12-04-default\n")
    .action(async (folder: string) => {
      const { judgeRun } = await import("../gate.ts");
      const dir = resolve(folder);
      const verdict = await judgeRun(dir);
      process.stdout.write(showVerdict(verdict, dir));
      process.exitCode = EXIT_CODES[verdict.outcome].code;
    });
}

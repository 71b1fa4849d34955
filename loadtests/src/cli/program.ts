import { Command } from "commander";
import { crowdproofVersion } from "../version.ts";
import { addBlastRadiusCommand } from "./blast-radius-command.ts";
import { addCleanupCommand } from "./cleanup-command.ts";
import { addDoctorCommand } from "./doctor-command.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { addGateCommand } from "./gate-command.ts";
import { addJudgeCommand } from "./judge-command.ts";
import { addPlanCommand } from "./plan-command.ts";
import { addProbeCommand } from "./probe-command.ts";
import { addServeCommand } from "./serve-command.ts";
import { addTryCommand } from "./try-command.ts";
import { addWatchCommand } from "./watch-command.ts";

/** Every subcommand. Each sets `process.exitCode`, or throws what is to be said. */
export function createProgram(): Command {
  const program = new Command("crowdproof")
    .description(
      "Sends the crowd before the campaign does, and tries to make a signup hand out somebody else's identity.",
    )
    .version(crowdproofVersion)
    .showSuggestionAfterError()
    .showHelpAfterError("Type `crowdproof --help`, or `crowdproof <command> --help` for an example to copy.")
    .addHelpText("after", `\nExit codes:\n${exitCodeLines()}\n\nExample:\n  crowdproof gate\n`)
    .exitOverride();
  for (const add of [
    addGateCommand,
    addPlanCommand,
    addTryCommand,
    addProbeCommand,
    addJudgeCommand,
    addCleanupCommand,
    addServeCommand,
    addWatchCommand,
    addBlastRadiusCommand,
    addDoctorCommand,
  ]) {
    add(program);
  }
  for (const command of program.commands) command.exitOverride();
  return program;
}

function exitCodeLines(): string {
  return Object.values(EXIT_CODES)
    .map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`)
    .join("\n");
}

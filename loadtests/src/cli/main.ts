import { Command, CommanderError } from "commander";
import { InterruptedError } from "../interrupted-error.ts";
import { UsageError } from "../usage-error.ts";
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

/** The command line. Each subcommand sets `process.exitCode`; what it throws is turned into a sentence here. */
export async function runCommandLine(argv: string[]): Promise<void> {
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
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = explain(error);
  }
}

function exitCodeLines(): string {
  return Object.values(EXIT_CODES)
    .map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`)
    .join("\n");
}

/** Commander has printed its own sentence already. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODES.usage.code;
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT_CODES.usage.code;
  }
  if (error instanceof InterruptedError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT_CODES.interrupted.code;
  }
  const story = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`This is a bug in Crowdproof; please report it with these lines.\n${story}\n`);
  return EXIT_CODES.bug.code;
}

/** Node's own code for what nobody caught is 1, which here says that somebody's data was shown. */
process.on("uncaughtException", (error) => process.exit(explain(error)));
// Who reads the first lines and leaves (`| head`) changes nothing in what is judged.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
await runCommandLine(process.argv);

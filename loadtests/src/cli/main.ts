import { CommanderError } from "commander";
import { InterruptedError } from "../interrupted-error.ts";
import { UsageError } from "../usage-error.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { createProgram } from "./program.ts";

/** The command line. What a subcommand throws is turned into a sentence here. */
async function runCommandLine(argv: string[]): Promise<void> {
  try {
    await createProgram().parseAsync(argv);
  } catch (error) {
    process.exitCode = explain(error);
  }
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

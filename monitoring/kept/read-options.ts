import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { UsageError } from "../stack/usage-error.ts";

type ValuesOf<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options }>
>["values"];

/**
 * What one of the long commands was given, as `understand` takes it; that may throw a UsageError. Where something is
 * wrong, a sentence and the help are printed and the process ends with 2; where help is asked for, with 0.
 */
export function readOptions<Options extends ParseArgsOptionsConfig, Understood>(
  help: string,
  options: Options,
  understand: (values: ValuesOf<Options>) => Understood,
): Understood {
  if (process.argv.includes("--help")) {
    process.stdout.write(help);
    process.exit(0);
  }
  try {
    return understand(parseArgs({ options }).values as ValuesOf<Options>);
  } catch (error) {
    if (!(error instanceof UsageError || isParsing(error))) throw error;
    process.stderr.write(`${error.message}\n\n${help}`);
    process.exit(2);
  }
}

/** Of `parseArgs`: an option that there is not, or that was given wrongly. */
export function isParsing(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}

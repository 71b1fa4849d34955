import { isParsing } from "../kept/read-options.ts";
import { InterruptedError } from "./interrupted-error.ts";
import { UsageError } from "./usage-error.ts";

const EXIT = { usage: 2, bug: 70, interrupted: 130 } as const;

/** What a command that failed says, and its exit code: only what the person at the keyboard can mend is told without its stack. */
export function tellEnding(error: unknown): { words: string; code: number } {
  if (error instanceof InterruptedError) return { words: error.message, code: EXIT.interrupted };
  if (error instanceof UsageError || isParsing(error)) return { words: error.message, code: EXIT.usage };
  const stack = error instanceof Error ? error.stack : String(error);
  return { words: `This is a bug.\n${stack}`, code: EXIT.bug };
}

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { wholeNumber } from "../src/cli/parse-number.ts";
import { writableFile } from "../src/cli/writable-file.ts";
import { UsageError } from "../src/usage-error.ts";
import { requireRounds } from "./round-book.ts";

export interface CrashOptions {
  /** Which rounds of the seed: 1 to N, or one. */
  rounds: number[];
  seed: number;
  fault: string | undefined;
  outFile: string | null;
  /** Where `rounds.ndjson` and the run folders of rounds that failed are; null: a new one under runs/. */
  dir: string | null;
}

export const HELP = `npm run crash -- [--rounds N] [--seed S] [--round K] [--fault NAME] [--out FILE] [--resume DIR]

Kills, stops, cuts, fills and steps what the reference service stands on while people sign up, and shows that nobody who
was acknowledged is lost, and nobody is registered twice, halfway, or under an ID that is nobody's.

  --rounds N       rounds; 30 by default
  --seed S         decides what happens when, and the crowd; 1 by default
  --round K        only this round of the seed, again
  --fault NAME     switch on one of the service's deliberate bugs, to see it found
  --out FILE       also write the table, as docs/crash.md has it
  --resume DIR     go on where a run with the same seed was stopped

Example:
  npm run crash -- --rounds 100 --seed 7
`;

const ROUNDS = 30;

/** UsageError with what to type instead; null where help was asked for. */
export async function readOptions(argv: string[]): Promise<CrashOptions | null> {
  const flags = readFlags(argv);
  if (flags.help === true) return null;
  const count = flags.rounds === undefined ? ROUNDS : wholeNumber("--rounds")(flags.rounds);
  if (count < 1) throw new UsageError("--rounds 0 would show nothing. Type e.g. --rounds 30.");
  const only = flags.round === undefined ? null : wholeNumber("--round")(flags.round);
  return {
    rounds: only === null ? Array.from({ length: count }, (_value, at) => at + 1) : [only],
    seed: flags.seed === undefined ? 1 : wholeNumber("--seed")(flags.seed),
    fault: flags.fault,
    outFile: flags.out === undefined ? null : await writableFile(flags.out),
    dir: flags.resume === undefined ? null : await requireRounds(resolve(flags.resume)),
  };
}

function readFlags(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        rounds: { type: "string" },
        seed: { type: "string" },
        round: { type: "string" },
        fault: { type: "string" },
        out: { type: "string" },
        resume: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${words}\n\n${HELP}`, { cause: error });
  }
}

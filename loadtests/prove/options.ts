import { parseArgs } from "node:util";
import { wholeNumber } from "../src/cli/parse-number.ts";
import { writableFile } from "../src/cli/writable-file.ts";
import { didYouMean } from "../src/document/did-you-mean.ts";
import { findK6 } from "../src/engine/k6/find-k6.ts";
import { UsageError } from "../src/usage-error.ts";
import type { FaultDescription } from "./fault-list.ts";
import type { Choice, GuardState } from "./schedule.ts";

export interface ProveOptions extends Choice {
  /** Which part; null: every fault on every engine. */
  part: number | null;
  outFile: string | null;
  /** What is missing here, and so not run. */
  notRun: string[];
}

export const HELP = `npm run prove -- [--all] [--fault NAME]… [--engine embedded|k6] [--guard on|off|both] [--seeds N] [--part N] [--out FILE]

Switches on each deliberate bug of the reference service, in the weather it needs, and shows that the gate finds it with
the guard off; that with the guard on nobody's data reaches anybody else; and that healthy runs pass.

  --all            every fault on every engine, five seeds each; otherwise a part that changes from day to day
  --fault NAME     only this fault, on every engine (repeatable)
  --engine NAME    only this engine
  --guard STATE    on, off or both (default)
  --seeds N        runs for each fault and engine
  --part N         which part; the day's by default
  --out FILE       also write the table, as docs/proof.md has it

Example:
  npm run prove -- --fault max-plus-one --seeds 3
`;

const SEEDS = 1;
/** Enough to tell a fault that is always found from one that is found by luck. */
const SEEDS_ALL = 5;
const DAY_MS = 86_400_000;

/** UsageError with what to type instead; null where help was asked for. */
export async function readOptions(argv: string[], faults: FaultDescription[]): Promise<ProveOptions | null> {
  const flags = readFlags(argv);
  if (flags.help === true) return null;
  const isEvery = flags.all === true || flags.fault !== undefined;
  const seeds =
    flags.seeds === undefined ? (flags.all ? SEEDS_ALL : SEEDS) : wholeNumber("--seeds")(flags.seeds);
  if (seeds < 1) throw new UsageError("--seeds 0 would prove nothing. Type e.g. --seeds 3.");
  const part = flags.part === undefined ? Math.floor(Date.now() / DAY_MS) : wholeNumber("--part")(flags.part);
  return {
    part: isEvery ? null : part,
    guards: guardsOf(flags.guard),
    faults: flags.fault?.map((name) => faultNamed(name, faults)) ?? faults,
    seeds: Array.from({ length: seeds }, (_, at) => at + 1),
    outFile: flags.out === undefined ? null : await writableFile(flags.out),
    ...enginesHere(flags.engine),
  };
}

function readFlags(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        all: { type: "boolean" },
        fault: { type: "string", multiple: true },
        engine: { type: "string" },
        guard: { type: "string" },
        seeds: { type: "string" },
        part: { type: "string" },
        out: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${words}\n\n${HELP}`, { cause: error });
  }
}

function faultNamed(name: string, faults: FaultDescription[]): FaultDescription {
  const found = faults.find((fault) => fault.name === name);
  if (found !== undefined) return found;
  const names = faults.map((fault) => fault.name);
  const meant = didYouMean(name, names);
  throw new UsageError(
    `There is no fault "${name}".${meant ? ` Did you mean "${meant}"?` : ""} There are: ${names.join(", ")}.`,
  );
}

function guardsOf(wanted = "both"): GuardState[] {
  if (wanted === "both") return ["off", "on"];
  if (wanted === "on" || wanted === "off") return [wanted];
  throw new UsageError(`--guard ${wanted}: it is on, off or both.`);
}

function enginesHere(wanted: string | undefined): Pick<ProveOptions, "engines" | "notRun"> {
  if (wanted !== undefined && wanted !== "embedded" && wanted !== "k6") {
    throw new UsageError(`--engine ${wanted}: the engines are embedded and k6.`);
  }
  if (wanted === "embedded") return { engines: ["embedded"], notRun: [] };
  const k6 = findK6(process.env);
  if ("path" in k6) return { engines: wanted === "k6" ? ["k6"] : ["embedded", "k6"], notRun: [] };
  if (wanted === "k6") throw new UsageError(`--engine k6: ${k6.missing}`);
  return { engines: ["embedded"], notRun: [`the k6 engine (${k6.missing})`] };
}

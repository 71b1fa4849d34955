import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { EXIT_CODES } from "../src/cli/exit-codes.ts";
import { parseCount } from "../src/cli/parse-number.ts";
import { didYouMean } from "../src/document/did-you-mean.ts";
import { findK6 } from "../src/engine/k6/find-k6.ts";
import { UsageError } from "../src/usage-error.ts";
import { type FaultDescription, listFaults } from "./fault-list.ts";
import { type Proof, proofOf } from "./proof.ts";
import { runGate } from "./run-gate.ts";
import { type EngineName, everyRow, type Row, rotatingRows } from "./schedule.ts";
import { proofPage, proofTable } from "./write-proof.ts";

const HELP = `npm run prove -- [--all] [--fault NAME]… [--engine embedded|k6] [--seeds N] [--part N] [--out FILE]

Switches on each deliberate bug of the reference service and shows that the gate finds it, and that healthy runs pass.

  --all            every fault on every engine, five seeds each; otherwise a part that changes from day to day
  --fault NAME     only this fault, on every engine (repeatable)
  --engine NAME    only this engine
  --seeds N        runs for each fault and engine
  --part N         which part; the day's by default
  --out FILE       also write the table, as docs/proof.md has it

Example:
  npm run prove -- --fault max-plus-one --seeds 3
`;

const SEEDS = 1;
const SEEDS_ALL = 5;
const DAY_MS = 86_400_000;

interface Wishes {
  all: boolean;
  faults: FaultDescription[];
  engines: EngineName[];
  seeds: number[];
  part: number;
  out: string | undefined;
}

async function main(argv: string[]): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupted.abort());
  const faults = await listFaults();
  const flags = readFlags(argv);
  if (flags.help === true) {
    say(HELP);
    return 0;
  }
  const { engines, notRun } = enginesHere(flags.engine);
  const wishes = readWishes(flags, faults, engines);
  const rows = rowsOf(wishes, flags.fault !== undefined);
  const runs = rows.reduce((sum, row) => sum + row.seeds.length, 0);
  say(
    `${runs} runs on ${engines.join(" and ")}.${wishes.all ? "" : ` Part ${wishes.part}: --part repeats it.`}\n`,
  );
  for (const words of notRun) say(`not run: ${words}\n`);

  const proofs: Proof[] = [];
  for (const row of rows) {
    proofs.push(await prove(row, interrupted.signal));
    if (interrupted.signal.aborted) return EXIT_CODES.interrupted.code;
  }
  say(`\n${proofTable(proofs)}\n`);
  if (wishes.out !== undefined) {
    const command = `npm run prove -- ${argv.join(" ")}`.trim();
    const date = `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;
    await writeFile(
      wishes.out,
      proofPage({ proofs, faults: wishes.faults, command, date, machine: machine(), notRun }),
    );
    say(`\nWritten to ${wishes.out}\n`);
  }
  return sumUp(proofs, notRun);
}

/** The last line, alone, is for whoever counts. A missing tool is a failure where all of them are demanded. */
function sumUp(proofs: readonly Proof[], notRun: readonly string[]): number {
  const missing = process.env["CROWDPROOF_REQUIRE_ALL_TOOLS"] === "1" ? notRun.length : 0;
  const failed = proofs.filter(({ complaint }) => complaint !== null).length + missing;
  const passed = proofs.length + missing - failed;
  say(`\n${passed} passed, ${failed} failed\n`);
  return failed === 0 ? EXIT_CODES.pass.code : EXIT_CODES.fail.code;
}

async function prove(row: Row, signal: AbortSignal): Promise<Proof> {
  const runs = [];
  for (const seed of row.seeds) {
    const run = await runGate({
      engine: row.engine,
      seed,
      fault: row.fault?.name ?? null,
      check: row.fault?.checks[0] ?? null,
      signal,
      isKept: (ended) => proofOf(row, [ended]).complaint !== null,
    });
    if (signal.aborted) break;
    runs.push(run);
  }
  const proof = proofOf(row, runs);
  const seconds = runs.reduce((sum, run) => sum + run.tookSeconds, 0);
  const name = `${row.fault?.name ?? "healthy"}, ${row.engine}`;
  if (!signal.aborted)
    say(
      `${proof.complaint === null ? "✓" : "✗"} ${name.padEnd(34)} ${summaryOf(proof)} (${seconds.toFixed(0)} s)\n`,
    );
  if (proof.complaint !== null && !signal.aborted) say(`${proof.complaint.replaceAll(/^/gm, "    ")}\n`);
  return proof;
}

function summaryOf({ row, runs, foundIn, signupsMedian, secondsMedian, alsoFailed }: Proof): string {
  if (row.fault === null) return runs.every(({ exitCode }) => exitCode === 0) ? "passed" : "did not pass";
  const also = alsoFailed.length === 0 ? "" : `; with it ${alsoFailed.join(", ")}`;
  const when = foundIn === 0 ? "" : `, after ${signupsMedian} signups, ${secondsMedian?.toFixed(2)} s`;
  return `${row.fault.checks[0]} in ${foundIn} of ${runs.length}${when}${also}`;
}

type Flags = ReturnType<typeof readFlags>;

function readFlags(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        all: { type: "boolean" },
        fault: { type: "string", multiple: true },
        engine: { type: "string" },
        seeds: { type: "string" },
        part: { type: "string" },
        out: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`, {
      cause: error,
    });
  }
}

function readWishes(flags: Flags, faults: FaultDescription[], engines: EngineName[]): Wishes {
  const all = flags.all === true;
  const seeds = flags.seeds === undefined ? (all ? SEEDS_ALL : SEEDS) : parseCount(flags.seeds);
  if (seeds < 1) throw new UsageError("--seeds 0 would prove nothing. Type e.g. --seeds 3.");
  return {
    all,
    faults: flags.fault?.map((name) => faultNamed(name, faults)) ?? faults,
    engines,
    seeds: Array.from({ length: seeds }, (_, at) => at + 1),
    part: flags.part === undefined ? Math.floor(Date.now() / DAY_MS) : parseCount(flags.part),
    out: flags.out,
  };
}

function rowsOf({ all, faults, engines, seeds, part }: Wishes, isNamed: boolean): Row[] {
  return all || isNamed ? everyRow(faults, engines, seeds) : rotatingRows(faults, engines, { part, seeds });
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

/** What is here, and what is named as not run. */
function enginesHere(wanted: string | undefined): { engines: EngineName[]; notRun: string[] } {
  if (wanted !== undefined && wanted !== "embedded" && wanted !== "k6") {
    throw new UsageError(`--engine ${wanted}: the engines are embedded and k6.`);
  }
  if (wanted === "embedded") return { engines: ["embedded"], notRun: [] };
  const k6 = findK6(process.env);
  if ("path" in k6) return { engines: wanted === "k6" ? ["k6"] : ["embedded", "k6"], notRun: [] };
  if (wanted === "k6") throw new UsageError(`--engine k6: ${k6.missing}`);
  return { engines: ["embedded"], notRun: [`the k6 engine (${k6.missing})`] };
}

function machine(): string {
  const cores = cpus();
  return `${cores.length} × ${cores[0]?.model.trim() ?? "unknown CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

function say(words: string): void {
  process.stdout.write(words);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const isUsage = error instanceof UsageError;
    const text = isUsage
      ? error.message
      : `This is a bug.\n${error instanceof Error ? error.stack : String(error)}`;
    process.stderr.write(`${text}\n`);
    process.exitCode = isUsage ? EXIT_CODES.usage.code : EXIT_CODES.bug.code;
  },
);

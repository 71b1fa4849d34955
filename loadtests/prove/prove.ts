import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { EXIT_CODES } from "../src/cli/exit-codes.ts";
import { UsageError } from "../src/usage-error.ts";
import { listFaults } from "./fault-list.ts";
import { HELP, type ProveOptions, readOptions } from "./options.ts";
import { type Proof, proofOf, saysNothing } from "./proof.ts";
import { runGate } from "./run-gate.ts";
import { everyRow, type Row, rotatingRows } from "./schedule.ts";
import { createServiceLine, type ServiceLine } from "./service-line.ts";
import { proofPage, proofTable } from "./write-proof.ts";

/** Everything that judges has been seen red: each fault, each engine, a whole gate each time. Gives the exit code. */
async function main(argv: string[]): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupted.abort());
  const options = await readOptions(argv, await listFaults());
  if (options === null) {
    say(HELP);
    return EXIT_CODES.pass.code;
  }
  const rows = rowsOf(options);
  announce(options, rows);
  const first = await proveRows(rows, interrupted.signal);
  const { proofs, sentAgain } = await sendAgain(first, interrupted.signal);
  if (interrupted.signal.aborted) return EXIT_CODES.interrupted.code;
  say(`\n${proofTable(proofs)}\n`);
  await writePage(options, { proofs, sentAgain }, argv);
  return sumUp(options, proofs);
}

function rowsOf({ part, ...choice }: ProveOptions): Row[] {
  return part === null ? everyRow(choice) : rotatingRows(choice, part);
}

function announce({ part, engines, notRun }: ProveOptions, rows: readonly Row[]): void {
  const runs = rows.reduce((sum, row) => sum + row.seeds.length, 0);
  say(`${runs} runs on ${engines.join(" and ")}.${part === null ? "" : ` To repeat them: --part ${part}`}\n`);
  for (const words of notRun) say(`not run: ${words}\n`);
}

async function proveRows(rows: readonly Row[], signal: AbortSignal): Promise<Proof[]> {
  const orders = rows.flatMap(({ fault, guard, weather, seeds }) =>
    seeds.map(() => ({ fault: fault?.name ?? null, guard, weather })),
  );
  const services = createServiceLine(orders, signal);
  const proofs: Proof[] = [];
  try {
    for (const row of rows) {
      proofs.push(await prove(row, services, signal));
      if (signal.aborted) break;
    }
  } finally {
    await services.close();
  }
  return proofs;
}

/** Once: where the engine is late again, the machine is too small for what is asked of it. */
async function sendAgain(
  proofs: readonly Proof[],
  signal: AbortSignal,
): Promise<{ proofs: Proof[]; sentAgain: number }> {
  const idle = proofs.filter(saysNothing);
  if (idle.length === 0 || signal.aborted) return { proofs: [...proofs], sentAgain: 0 };
  say("sent again, for the machine had no time for the engine:\n");
  const again = await proveRows(
    idle.map(({ row }) => row),
    signal,
  );
  return { proofs: proofs.map((proof) => again[idle.indexOf(proof)] ?? proof), sentAgain: idle.length };
}

async function prove(row: Row, services: ServiceLine, signal: AbortSignal): Promise<Proof> {
  const runs = [];
  for (const seed of row.seeds) {
    const run = await runGate({
      engine: row.engine,
      seed,
      weather: row.weather,
      services,
      check: row.fault?.checks[0] ?? null,
      signal,
      isKept: (ended) => proofOf(row, [ended]).complaint !== null,
    });
    if (signal.aborted) break;
    runs.push(run);
  }
  const proof = proofOf(row, runs);
  if (!signal.aborted) tell(proof);
  return proof;
}

function tell(proof: Proof): void {
  const { row, runs, complaint } = proof;
  const name = `${row.fault?.name ?? ["healthy", ...row.weather].join(" ")}, ${row.engine}, guard ${row.guard}`;
  const seconds = runs.reduce((sum, run) => sum + run.tookSeconds, 0).toFixed(0);
  say(`${complaint === null ? "✓" : "✗"} ${name.padEnd(48)} ${summaryOf(proof)} (${seconds} s)\n`);
  if (complaint !== null) say(`${complaint.replaceAll(/^/gm, "    ")}\n`);
}

function summaryOf({
  row,
  runs,
  complaint,
  foundIn,
  haltedIn,
  exposures,
  signupsMedian,
  secondsMedian,
  alsoFailed,
}: Proof): string {
  if (row.fault === null) return complaint === null ? "passed" : "not passed";
  if (row.guard === "on" && row.fault.guard !== "blind") {
    return `${exposures} exposures, halted in ${haltedIn} of ${runs.length}`;
  }
  const when = foundIn === 0 ? "" : `, after ${signupsMedian} signups, ${secondsMedian?.toFixed(2) ?? "–"} s`;
  const also = alsoFailed.length === 0 ? "" : `; with it ${alsoFailed.join(", ")}`;
  return `${row.fault.checks[0]} in ${foundIn} of ${runs.length}${when}${also}`;
}

async function writePage(
  options: ProveOptions,
  proven: { readonly proofs: readonly Proof[]; readonly sentAgain: number },
  argv: string[],
): Promise<void> {
  const { outFile, notRun } = options;
  if (outFile === null) return;
  const command = `npm run prove -- ${argv.join(" ")}`;
  const date = `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;
  await writeFile(outFile, proofPage({ ...proven, command, date, machine: machine(), notRun }));
  say(`\nWritten to ${outFile}\n`);
}

function machine(): string {
  const cores = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `${cores.length} × ${cores[0]?.model.trim() ?? "unknown CPU"}, ${gibibytes} GiB, Node ${process.version}`;
}

/** The last line, alone, is for whoever counts. A missing tool is a failure where all of them are demanded. */
function sumUp({ notRun }: ProveOptions, proofs: readonly Proof[]): number {
  const missing = process.env["CROWDPROOF_REQUIRE_ALL_TOOLS"] === "1" ? notRun.length : 0;
  const unproven = proofs.filter(({ complaint }) => complaint !== null).length;
  const failed = unproven + missing;
  say(`\n${proofs.length - unproven} passed, ${failed} failed\n`);
  return failed === 0 ? EXIT_CODES.pass.code : EXIT_CODES.fail.code;
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
    const story = error instanceof Error ? error.stack : String(error);
    process.stderr.write(isUsage ? `${error.message}\n` : `This is a bug.\n${story}\n`);
    process.exitCode = isUsage ? EXIT_CODES.usage.code : EXIT_CODES.bug.code;
  },
);

import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join, relative } from "node:path";
import { EXIT_CODES } from "../src/cli/exit-codes.ts";
import { InterruptedError } from "../src/interrupted-error.ts";
import { UsageError } from "../src/usage-error.ts";
import { KINDS, type Kind } from "./kinds.ts";
import { type Machine, startMachine } from "./machine.ts";
import { type CrashOptions, HELP, readOptions } from "./options.ts";
import { judgeRound, type RoundResult } from "./result.ts";
import { recordRound } from "./round.ts";
import { openRoundBook, type RoundBook } from "./round-book.ts";
import { drawStorm } from "./storm.ts";
import { crashPage, crashSentences, crashTable } from "./table.ts";

/** Round after round on one database; while one is being sent, the one before is judged. Gives the exit code. */
async function main(argv: string[]): Promise<number> {
  const options = await readOptions(argv);
  if (options === null) {
    say(HELP);
    return EXIT_CODES.pass.code;
  }
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new InterruptedError("stopped"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);
  const book = await openRoundBook(options.dir ?? newFolder(options), options);
  announce(options, book);
  await runRounds(options, book, interrupted.signal);
  say(`\n${crashTable(book.results, KINDS)}\n\n${crashSentences(book.results).join("\n")}\n`);
  if (interrupted.signal.aborted) {
    say(
      `Stopped. To go on: npm run crash -- ${argsOf(options)} ${roundsOf(options)} --resume ${fromHere(book.dir)}\n`,
    );
    return EXIT_CODES.interrupted.code;
  }
  if (options.outFile !== null) await writePage(options.outFile, options, book.results, argv);
  return sumUp(book.results);
}

async function runRounds(options: CrashOptions, book: RoundBook, signal: AbortSignal): Promise<void> {
  const judged = new Set(book.results.map(({ round }) => round));
  let machine: Machine | undefined;
  let judging: Promise<unknown> = Promise.resolve();
  try {
    for (const round of options.rounds) {
      if (judged.has(round)) continue;
      machine ??= await startMachine(options.fault, signal);
      const startedMs = performance.now();
      const record = await recordRound({
        machine,
        round,
        storm: drawStorm(
          options.seed,
          round,
          KINDS.map(({ name }) => name),
        ),
        dir: join(book.dir, `round-${round}-${Date.now()}`),
        fault: options.fault,
        signal,
      });
      const seconds = (performance.now() - startedMs) / 1_000;
      await judging;
      judging = judgeRound(record).then(async (result) => {
        await book.add(result);
        tell(result, seconds, options);
      });
      // It is waited for, and throws, once the next round was sent.
      judging.catch(() => undefined);
      // What went wrong once would go wrong in every round that follows: those begin anew.
      if (record.complaints.length + record.halves.length > 0) {
        await machine.close();
        machine = undefined;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await machine?.close();
    await judging;
  }
}

function announce({ rounds, seed }: CrashOptions, { dir, results }: RoundBook): void {
  const done = results.length === 0 ? "" : `, ${results.length} of them done`;
  say(`${rounds.length} rounds of seed ${seed}${done}. Kept in ${fromHere(dir)}\n`);
  for (const words of notRun()) say(`not run: ${words}\n`);
}

function notRun(kinds: readonly Kind[] = KINDS): string[] {
  return kinds.flatMap(({ name, missing }) => {
    const reason = missing();
    return reason === null ? [] : [`${name} (${reason})`];
  });
}

function tell(result: RoundResult, seconds: number, options: CrashOptions): void {
  const { round, outcome, blows, acknowledged, indeterminate, complaints, dir } = result;
  const mark = { pass: "✓", fail: "✗", unknown: "?" }[outcome];
  const storm = blows.map(({ kind, events }) => (events === 0 ? `(${kind})` : kind)).join(", ");
  say(
    `${mark} ${String(round).padStart(4)}  ${acknowledged} members, ${indeterminate} indeterminate; ${storm} (${seconds.toFixed(1)} s)\n`,
  );
  for (const complaint of complaints) say(`       ${complaint}\n`);
  if (dir !== null)
    say(
      `       To judge it again: npx crowdproof judge ${fromHere(dir)}\n       To run it again: npm run crash -- ${argsOf(options)} --round ${round}\n`,
    );
}

function argsOf({ seed, fault }: CrashOptions): string {
  return `--seed ${seed}${fault === undefined ? "" : ` --fault ${fault}`}`;
}

/** The first of a seed and a single one are the same round. */
function roundsOf({ rounds }: CrashOptions): string {
  return rounds.length === 1 ? `--round ${rounds[0]}` : `--rounds ${rounds.length}`;
}

function newFolder({ seed, fault }: CrashOptions): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  return join("runs", `${time}-crash-${seed}${fault === undefined ? "" : `-${fault}`}`);
}

const fromHere = (path: string) => relative(process.cwd(), path) || ".";

async function writePage(
  file: string,
  options: CrashOptions,
  results: readonly RoundResult[],
  argv: string[],
): Promise<void> {
  const { seed, fault } = options;
  const date = `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const command = `npm run crash -- ${argv.join(" ")}`;
  const text = crashPage({
    results,
    kinds: KINDS,
    seed,
    fault,
    notRun: notRun(),
    command,
    date,
    machine: machineName(),
  });
  await writeFile(file, text);
  say(`Written to ${file}\n`);
}

function machineName(): string {
  const cores = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `${cores.length} × ${cores[0]?.model.trim() ?? "unknown CPU"}, ${gibibytes} GiB, Node ${process.version}`;
}

/** The last line, alone, is for whoever counts. What could not be run is a failure where everything is demanded. */
function sumUp(results: readonly RoundResult[]): number {
  const needed = KINDS.filter(({ isOptional }) => isOptional !== true);
  const missing = process.env["CROWDPROOF_REQUIRE_ALL_TOOLS"] === "1" ? notRun(needed).length : 0;
  const failed = results.filter(({ outcome }) => outcome === "fail").length;
  const unknown = results.filter(({ outcome }) => outcome === "unknown").length;
  say(
    `\n${results.length - failed - unknown} passed, ${failed + missing} failed${unknown === 0 ? "" : `, ${unknown} unknown`}\n`,
  );
  if (failed + missing > 0) return EXIT_CODES.fail.code;
  return unknown > 0 ? EXIT_CODES.unknown.code : EXIT_CODES.pass.code;
}

function say(words: string): void {
  process.stdout.write(words);
}

/** Everything is closed by now; what holds the process all the same is told, and let go. */
const HELD_MS_MAX = 10_000;

function endWith(code: number): void {
  process.exitCode = code;
  setTimeout(() => {
    process.stderr.write(
      `Done, but something was left open: ${process.getActiveResourcesInfo().join(", ")}\n`,
    );
    process.exit(code);
  }, HELD_MS_MAX).unref();
}

main(process.argv.slice(2)).then(endWith, (error: unknown) => {
  const isUsage = error instanceof UsageError;
  const story = error instanceof Error ? error.stack : String(error);
  process.stderr.write(isUsage ? `${error.message}\n` : `This is a bug.\n${story}\n`);
  process.exitCode = isUsage ? EXIT_CODES.usage.code : EXIT_CODES.bug.code;
});

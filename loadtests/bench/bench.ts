import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { findK6 } from "../src/engine/k6/find-k6.ts";
import { startBenchDatabase } from "./bench-database.ts";
import { showFigure, writePage } from "./bench-page.ts";
import type { Bench, Figure } from "./figure.ts";
import { checks } from "./figures/checks.ts";
import { firstViolation } from "./figures/first-violation.ts";
import { guard } from "./figures/guard.ts";
import { overload } from "./figures/overload.ts";
import { recording } from "./figures/recording.ts";
import { startError } from "./figures/start-error.ts";
import { throughput } from "./figures/throughput.ts";
import { waiting } from "./figures/waiting.ts";
import { circumstances } from "./machine.ts";

/** In the order of the page. */
const FIGURES: readonly Figure[] = [
  throughput,
  guard,
  overload,
  waiting,
  startError,
  firstViolation,
  recording,
  checks,
];

const USAGE = `npm run bench [-- NAME… --quick --write docs/bench.md]

  NAME     ${FIGURES.map(({ name }) => name).join(", ")}; all of them without one
  --quick  shows within a minute or two that the programs work; too short to quote
  --write  puts what was measured into this page; other figures keep their section
`;

interface Wanted {
  figures: readonly Figure[];
  isQuick: boolean;
  page: string | undefined;
}

const wanted = readArguments();
if (wanted === null) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  await measureAll(wanted);
}

function readArguments(): Wanted | null {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { quick: { type: "boolean", default: false }, write: { type: "string" } },
    });
    const unknown = positionals.filter((name) => !FIGURES.some((figure) => figure.name === name));
    if (unknown.length > 0) throw new TypeError(`There is no figure ${unknown.join(", ")}.`);
    const figures = FIGURES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
    return { figures, isQuick: values.quick, page: values.write };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\n\n`);
    return null;
  }
}

async function measureAll({ figures, isQuick, page }: Wanted): Promise<void> {
  const k6 = findK6(process.env);
  const [k6Path, k6Version] = "path" in k6 ? [k6.path, k6.version] : [null, null];
  const database = await startBenchDatabase();
  const where = circumstances({ k6: k6Version, postgres: database.version }, isQuick);
  const sections = new Map<string, string>();
  try {
    for (const figure of figures) {
      const startedMs = performance.now();
      const tell = (line: string) => {
        const seconds = Math.round((performance.now() - startedMs) / 1e3);
        process.stderr.write(`[${figure.name} ${seconds} s] ${line}\n`);
      };
      const bench: Bench = { isQuick, database, k6Path, tell };
      const measured = await figure.measure(bench);
      const section = showFigure(figure, measured, where);
      process.stdout.write(`\n${section}\n`);
      sections.set(figure.name, section);
      // After each, so that a bench that is interrupted keeps what it has.
      if (page === undefined) continue;
      for (const { file, svg } of measured.drawings ?? []) await writeFile(join(dirname(page), file), svg);
      await write(page, sections);
    }
  } finally {
    await database.stop();
  }
}

async function write(file: string, sections: ReadonlyMap<string, string>): Promise<void> {
  const before = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const order = FIGURES.map(({ name }) => name);
  await writeFile(file, writePage(before, order, sections));
}

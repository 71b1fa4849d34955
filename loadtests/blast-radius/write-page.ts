import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runLeak } from "./known-leak.ts";
import { CANARY_FIELDS } from "./truth.ts";

/**
 * `node loadtests/blast-radius/write-page.ts`: a gate run with a leak that is known, asked about afterwards; its reports
 * go between the marks of docs/blast-radius.md. Exit code 1 where nothing leaked.
 */
const PAGE = join(import.meta.dirname, "../../docs/blast-radius.md");
const MARKS = { begin: "<!-- generated: begin -->", end: "<!-- generated: end -->" };
const LEAK = { fault: "shared-cache-key", guard: "off", seed: 3 } as const;

const dir = await mkdtemp(join(tmpdir(), "crowdproof-blast-"));
const run = await runLeak({ ...LEAK, dir });
try {
  const english = await run.ask("--lang", "en");
  const japanese = await run.ask("--lang", "ja");
  const seen = [...run.truth.exposures.values()];
  const countOf = (values: readonly unknown[]) => new Set(values).size.toLocaleString("en");
  const truth = [
    `Gate run with \`--fault ${LEAK.fault}\` and \`GUARD=${LEAK.guard}\`, seed ${LEAK.seed}. What the harness saw, by the canaries in the answers it was given:`,
    `data of ${countOf(seen.map(({ victim }) => victim))} people shown to ${countOf(seen.map(({ viewer }) => viewer))} others,`,
    `${seen.length.toLocaleString("en")} times (viewer, victim, one of ${CANARY_FIELDS.length} fields). What the ledger says of the same run:`,
  ].join("\n");
  const generated = [truth, ...[english, japanese].map(({ output }) => belowTitle(output))].join("\n\n");
  const page = await readFile(PAGE, "utf8");
  const [before, rest = ""] = page.split(MARKS.begin);
  const after = rest.split(MARKS.end)[1] ?? "";
  await writeFile(PAGE, `${before}${MARKS.begin}\n\n${generated}\n${MARKS.end}${after}`);
  process.exitCode = english.code === 1 && seen.length > 0 ? 0 : 1;
} finally {
  await run.service.stop();
  await rm(dir, { recursive: true, force: true });
}

/** Headings one level deeper: the page has a title of its own. */
function belowTitle(markdown: string): string {
  return markdown.trimEnd().replaceAll(/^#/gm, "##");
}

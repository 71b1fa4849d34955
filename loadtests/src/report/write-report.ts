import { mkdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { openHistory } from "../checks/history-database.ts";
import { UsageError } from "../usage-error.ts";
import type { Verdict } from "../verdict/verdict.ts";
import type { Course } from "./course-section.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderPage } from "./page.ts";
import { replaceFile } from "./replace-file.ts";
import { type Residue, readResidue } from "./residue.ts";
import { readSeries } from "./series.ts";

/** Writes report.html, report.md and junit.xml into the run folder. A record that cannot be drawn still gets its report. */
export async function writeReport(dir: string, verdict: Verdict): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const named = relative(process.cwd(), dir);
  const shownDir = named === "" ? "." : named.startsWith("..") ? dir : named;
  const { course, residue } = await readRecord(dir);
  await replaceFile(join(dir, "report.html"), renderPage({ verdict, course, residue, dir: shownDir }));
  await replaceFile(join(dir, "report.md"), renderMarkdown({ verdict, residue, dir: shownDir }));
  await replaceFile(join(dir, "junit.xml"), renderJunit(verdict));
}

/** The report once more, of a run that was judged; nothing where there is no verdict yet. */
export async function rewriteReport(dir: string): Promise<void> {
  const text = await readFile(join(dir, "verdict.json"), "utf8").catch(() => null);
  if (text === null) return;
  const verdict = parseVerdict(text, dir);
  // A verdict from before alerts were watched has none.
  const run = { ...verdict.run, expectedAlerts: verdict.run.expectedAlerts ?? null };
  await writeReport(dir, { ...verdict, alerts: verdict.alerts ?? [], run });
}

/** A machine that went down in the middle may have left half of one. */
function parseVerdict(text: string, dir: string): Verdict {
  try {
    return JSON.parse(text) as Verdict;
  } catch (cause) {
    throw new UsageError(
      `verdict.json in ${dir} is no whole verdict. Judge the run again: npx crowdproof judge ${dir}`,
      { cause },
    );
  }
}

interface Record {
  course: Course;
  residue: Residue | null;
}

/** A history that is half there is an everyday matter (killed runs); why it cannot be drawn stands in the page. */
async function readRecord(dir: string): Promise<Record> {
  try {
    const history = await openHistory(dir);
    try {
      const residue = await readResidue(dir, history);
      if (history.loadError !== null) return { course: { problem: history.loadError }, residue };
      return { course: { plan: history.plan, series: await readSeries(history) }, residue };
    } finally {
      await history.close();
    }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { course: { problem }, residue: await readResidue(dir, null) };
  }
}

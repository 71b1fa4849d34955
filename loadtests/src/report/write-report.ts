import { mkdir, rename, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { openHistory } from "../checks/history-database.ts";
import type { Verdict } from "../verdict/verdict.ts";
import type { Course } from "./course-section.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderPage } from "./page.ts";
import { readSeries } from "./series.ts";

/** Writes report.html, report.md and junit.xml into the run folder. A record that cannot be drawn still gets its report. */
export async function writeReport(dir: string, verdict: Verdict): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const named = relative(process.cwd(), dir);
  const shownDir = named === "" ? "." : named.startsWith("..") ? dir : named;
  const course = await readCourse(dir);
  const scale = "plan" in course ? course.plan.scale : 1;
  await replaceFile(join(dir, "report.html"), renderPage({ verdict, course, dir: shownDir, scale }));
  await replaceFile(join(dir, "report.md"), renderMarkdown({ verdict, dir: shownDir, scale }));
  await replaceFile(join(dir, "junit.xml"), renderJunit(verdict));
}

/** A history that is half there is an everyday matter (killed runs); why it cannot be drawn stands in the page. */
async function readCourse(dir: string): Promise<Course> {
  try {
    const history = await openHistory(dir);
    try {
      if (history.loadError !== null) return { problem: history.loadError };
      return { plan: history.plan, series: await readSeries(history) };
    } finally {
      await history.close();
    }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Whole or not at all: a report is never half written, also when the disk fills up. */
async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.part`, text, { mode: 0o600 });
  await rename(`${path}.part`, path);
}

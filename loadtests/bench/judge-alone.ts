/**
 * `node loadtests/bench/judge-alone.ts DIR` judges a run folder in a process of its own and prints one line of JSON, so that
 * the peak of its memory is of judging alone.
 */
import { readFile } from "node:fs/promises";
import { checkHistory } from "../src/checks/check-history.ts";
import { decideVerdict } from "../src/verdict/decide-verdict.ts";

export interface JudgeReport {
  outcome: string;
  headline: string | null;
  seconds: number;
  peakMebibytes: number;
}

const [dir = "."] = process.argv.slice(2);
const startedMs = performance.now();
const { outcome, reasons } = decideVerdict(await checkHistory(dir));
const seconds = (performance.now() - startedMs) / 1e3;
const report: JudgeReport = {
  outcome,
  headline: reasons[0] ?? null,
  seconds,
  peakMebibytes: await peakMebibytes(),
};
process.stdout.write(`${JSON.stringify(report)}\n`);

/** The kernel's own high-water mark: sampling would miss short peaks inside DuckDB. */
async function peakMebibytes(): Promise<number> {
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  const kibibytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? process.memoryUsage().rss / 1024);
  return Math.round(kibibytes / 1024);
}

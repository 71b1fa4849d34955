import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { checkHistory } from "../src/checks/check-history.ts";
import { decideVerdict } from "../src/verdict/decide-verdict.ts";
import { healthyEvents, healthyPlan } from "../test/history-builder.ts";

/**
 * `node loadtests/bench/judge.ts [EVENTS] [FOLDER]`: how fast a healthy history of so many events is judged, and in how
 * much memory at its peak. Writing the history and judging it are two processes, so that the peak is of judging alone.
 */
/** A visitor has 10 events: arrival, signup, profile, five more reads, read-back, done; and a row in the database. */
const EVENTS_PER_VISITOR = 11;

async function measure(events: number, parent: string): Promise<void> {
  const dir = await mkdtemp(join(resolve(parent), ".bench-judge-"));
  try {
    const written = await writeHistory(dir, Math.max(100, Math.round(events / EVENTS_PER_VISITOR)));
    const child = spawn(process.execPath, [import.meta.filename, "--judge", dir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += String(chunk);
    });
    await once(child, "close");
    const { outcome, seconds, peakMebibytes, headline } = JSON.parse(output);
    const { size } = await stat(join(dir, "events.ndjson"));
    console.log("| events | history | seconds | events/s | peak memory | verdict |");
    console.log("|---|---|---|---|---|---|");
    console.log(
      `| ${written.toLocaleString("en")} | ${(size / 2 ** 20).toFixed(0)} MiB | ${seconds.toFixed(1)} | ` +
        `${Math.round(written / seconds).toLocaleString("en")} | ${peakMebibytes} MiB | ${outcome} |`,
    );
    console.log(headline);
  } finally {
    await rm(dir, { recursive: true });
  }
}

async function writeHistory(dir: string, visitors: number): Promise<number> {
  const plan = healthyPlan({ visitors, perSecond: 1000, behaviours: ["plain"] });
  await writeFile(join(dir, "plan.json"), JSON.stringify(plan));
  const file = createWriteStream(join(dir, "events.ndjson"));
  let written = 0;
  let lines: string[] = [];
  for (const event of healthyEvents(plan, { reReads: 5 })) {
    written++;
    lines.push(JSON.stringify(event));
    if (lines.length < 1000) continue;
    if (!file.write(`${lines.join("\n")}\n`)) await once(file, "drain");
    lines = [];
  }
  file.end(lines.map((line) => `${line}\n`).join(""));
  await once(file, "close");
  return written;
}

async function judgeAlone(dir: string): Promise<void> {
  const startedMs = performance.now();
  const { outcome, reasons } = decideVerdict(await checkHistory(dir));
  const seconds = (performance.now() - startedMs) / 1000;
  // The kernel's own high-water mark: sampling would miss short peaks inside DuckDB.
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  const kibibytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? process.memoryUsage().rss / 1024);
  const peakMebibytes = Math.round(kibibytes / 1024);
  console.log(JSON.stringify({ outcome, seconds, peakMebibytes, headline: reasons[0] }));
}

const [argument = "1000000", folder = "."] = process.argv.slice(2);
if (argument === "--judge") await judgeAlone(folder);
else await measure(Number(argument), folder);

import { execFile } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { healthyEvents, healthyPlan } from "../../test/history-builder.ts";
import type { Bench, Figure, Measured } from "../figure.ts";
import type { JudgeReport } from "../judge-alone.ts";
import { withRunFolder } from "../run-folder.ts";
import { showNumber } from "../spread.ts";

const PEAK_MEBIBYTES_MAX = 1_536;
/** Arrival, signup, profile, five more reads, read-back, done; and a row in the database. */
const EVENTS_PER_VISITOR = 11;
const LINES_PER_WRITE = 1_000;

export const checks: Figure = {
  name: "checks",
  title: "how fast a history is judged, and in how much memory",
  explanation: `A healthy history made for the purpose (plain visitors, each of whom reads their own data six times; half a kilobyte an
event), judged by all checks from the files to the verdict in a process of its own. Memory is the kernel's high-water mark of
that process.`,
  measure,
};

interface Judged extends JudgeReport {
  events: number;
  mebibytes: number;
}

async function measure(bench: Bench): Promise<Measured> {
  const sizes = bench.isQuick ? [100_000, 300_000] : [1_000_000, 10_000_000];
  const judged: Judged[] = [];
  for (const events of sizes) {
    judged.push(await withRunFolder((dir) => judge(bench, dir, events)));
  }
  const most = judged.at(-1);
  if (most === undefined) throw new Error("nothing was judged");
  return {
    tables: [
      {
        columns: ["events", "history", "seconds", "events/s", "peak memory", "verdict"],
        rows: judged.map(({ events, mebibytes, seconds, peakMebibytes, outcome }) => [
          showNumber(events),
          `${showNumber(mebibytes)} MiB`,
          showNumber(seconds, 1),
          showNumber(events / seconds),
          `${showNumber(peakMebibytes)} MiB`,
          outcome,
        ]),
      },
    ],
    goals: [
      {
        wanted: `${showNumber(most.events)} events within ${showNumber(PEAK_MEBIBYTES_MAX)} MiB`,
        measured: `${showNumber(most.peakMebibytes)} MiB`,
        reached: most.peakMebibytes <= PEAK_MEBIBYTES_MAX ? "yes" : "no",
      },
    ],
    notes: judged
      .filter(({ outcome }) => outcome !== "pass")
      .map(
        ({ events, headline }) => `The verdict on ${showNumber(events)} events was not a pass: ${headline}`,
      ),
  };
}

async function judge(bench: Bench, dir: string, events: number): Promise<Judged> {
  bench.tell(`writing ${showNumber(events)} events`);
  const written = await writeHistory(dir, Math.max(100, Math.round(events / EVENTS_PER_VISITOR)));
  const { size } = await stat(join(dir, "events.ndjson"));
  bench.tell(`judging ${showNumber(written)} events`);
  const script = fileURLToPath(new URL("../judge-alone.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, dir]);
  return { ...(JSON.parse(stdout) as JudgeReport), events: written, mebibytes: size / 2 ** 20 };
}

async function writeHistory(dir: string, visitors: number): Promise<number> {
  const plan = healthyPlan({ visitors, perSecond: 1000, behaviours: ["plain"] });
  await writeFile(join(dir, "plan.json"), JSON.stringify(plan));
  const file = createWriteStream(join(dir, "events.ndjson"));
  let written = 0;
  let lines: string[] = [];
  for (const event of healthyEvents(plan, { reReads: 5 })) {
    written++;
    lines.push(`${JSON.stringify(event)}\n`);
    if (lines.length < LINES_PER_WRITE) continue;
    if (!file.write(lines.join(""))) await once(file, "drain");
    lines = [];
  }
  file.end(lines.join(""));
  await once(file, "close");
  return written;
}

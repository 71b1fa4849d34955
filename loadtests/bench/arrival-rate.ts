import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startK6 } from "../src/engine/k6/k6-process.ts";
import { goSettings } from "../src/engine/k6/send-k6.ts";

export interface ArrivalRateRun {
  k6Path: string;
  url: string;
  perSecond: number;
  seconds: number;
  /** For what k6 writes. */
  dir: string;
}

/** Start errors in milliseconds of the visitors that k6's own arrival-rate executor started; dropped ones are not among them. */
export async function runArrivalRate(run: ArrivalRateRun): Promise<number[]> {
  const lines = join(run.dir, "starts.txt");
  const script = fileURLToPath(new URL("./k6/arrival-rate.ts", import.meta.url));
  const { exitCode, said } = await startK6({
    path: run.k6Path,
    args: ["run", "--quiet", "--no-usage-report", `--console-output=${lines}`, "--log-format=raw", script],
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: run.dir,
      K6_AUTO_EXTENSION_RESOLUTION: "false",
      ...goSettings(),
      BENCH_URL: run.url,
      BENCH_RATE: String(run.perSecond),
      BENCH_SECONDS: String(run.seconds),
    },
  }).ended;
  if (exitCode !== 0) throw new Error(`k6 ended with ${exitCode}: ${said}`);
  return startErrors(await readFile(lines, "utf8"), run.perSecond);
}

/**
 * The executor starts its n-th visitor n / rate after a beginning that it does not tell: the beginning is taken from
 * the visitor who was started earliest for their place, which is the reading that favours k6.
 */
export function startErrors(lines: string, perSecond: number): number[] {
  const offsets = lines
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [nth = Number.NaN, startedMs = Number.NaN] = line.split(" ").map(Number);
      return startedMs - (nth * 1e3) / perSecond;
    });
  const beginning = offsets.reduce((least, offset) => Math.min(least, offset), Number.POSITIVE_INFINITY);
  return offsets.map((offset) => offset - beginning);
}

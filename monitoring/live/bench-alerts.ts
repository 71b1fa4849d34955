import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { buildId } from "../kept/build-id.ts";
import { openKeptResults } from "../kept/kept-results.ts";
import { readOptions } from "../kept/read-options.ts";
import { namesIn, numberIn } from "./arguments.ts";
import { ARRIVES, LANE_NAMES, LANES, type Lane } from "./lanes.ts";
import { isHeld, latencyPage, quantile, type Trials } from "./latency-page.ts";
import { NobodyHeard } from "./receiver-says.ts";

const PAGE = join(import.meta.dirname, "..", "..", "docs", "alert-latency.md");
/** A trial that fails says something; as many as this in a row say that the lane is broken. */
const FAILURES_MAX = 3;
/** As where a check is unknown: a bench that is broken is no promise that is not held. */
const EXIT_UNKNOWN = 3;

const HELP = `npm run bench-alerts -- [--lanes NAME,…] [--times N] [--fresh]

Measures how fast somebody knows, and writes docs/alert-latency.md. Goes on where it was interrupted; what was measured on
another build is measured again. All of it takes about an hour on a quiet machine. Exit code 1 where a promise is not held,
3 where a lane is broken: nothing is known of it then.

  --lanes NAME,…  only these: ${LANE_NAMES.join(", ")}
  --times N       so many trials of each; by default as many as its promise needs
  --fresh         forgets what was measured before
`;

const { lanes, timesAsked, isFresh } = readOptions(
  HELP,
  {
    lanes: { type: "string" },
    times: { type: "string" },
    fresh: { type: "boolean", default: false },
  },
  (values) => ({
    lanes: namesIn("--lanes", values.lanes, LANE_NAMES),
    timesAsked: values.times === undefined ? undefined : numberIn("--times", values.times, 20),
    isFresh: values.fresh,
  }),
);
const build = buildId();
const results = await openKeptResults<Trials>("alert-latency", isFresh);
process.once("SIGINT", () => process.exit(130));

const unknown: string[] = [];
for (const lane of LANES)
  if (lanes.includes(lane.name))
    await measure(lane).catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      unknown.push(lane.name);
    });
await writeFile(PAGE, latencyPage(results.all, build));
process.stdout.write(`wrote ${PAGE}\n`);
const tooSlow = LANES.filter(({ name, limit }) => {
  const seconds = lanes.includes(name) ? (results.all[name]?.seconds ?? []) : [];
  return seconds.length > 0 && !isHeld(seconds, limit);
});
for (const { name } of tooSlow) process.stderr.write(`${name}: does not hold what was promised\n`);
for (const name of unknown) process.stderr.write(`${name}: is broken, and says nothing\n`);
if (tooSlow.length > 0) process.exitCode = 1;
else if (unknown.length > 0) process.exitCode = EXIT_UNKNOWN;

async function measure(lane: Lane): Promise<void> {
  const times = timesAsked ?? lane.times;
  const before = results.all[lane.name];
  const seconds = before?.build === build ? [...before.seconds] : [];
  const left = times - seconds.length;
  if (left <= 0) return;
  const minutes = Math.ceil((left * lane.secondsEach) / 60);
  process.stdout.write(`${lane.name}: ${left} of ${times} left, about ${minutes} min on a quiet machine\n`);
  let open = await lane.open();
  let failures = 0;
  try {
    while (seconds.length < times) {
      let measured: number | null = null;
      try {
        measured = await open.measure();
        seconds.push(measured);
        failures = 0;
      } catch (error) {
        failures++;
        process.stdout.write(`  failed: ${error instanceof Error ? error.message : String(error)}\n`);
        if (failures >= FAILURES_MAX) throw error;
        // Left out, whoever heard nothing would make the others look better. A trial that broke says nothing of the lane.
        if (error instanceof NobodyHeard) seconds.push(ARRIVES.secondsMax);
        // What is left of it, a halt above all, would make the next one look fast.
        await open.close();
        open = await lane.open();
      }
      await results.keep(lane.name, { build, circumstances: circumstances(), seconds });
      process.stdout.write(`  ${seconds.length}/${times} ${measured?.toFixed(3) ?? "–"} s\n`);
    }
  } finally {
    await open.close();
  }
  const p = (of: number) => quantile(seconds, of).toFixed(3);
  process.stdout.write(`${lane.name}: p50 ${p(0.5)} s, p95 ${p(0.95)} s, p99 ${p(0.99)} s, max ${p(1)} s\n`);
}

function circumstances(): string {
  const [load = 0] = loadavg();
  const day = new Date().toISOString().slice(0, 10);
  return `${day}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}, load ${load.toFixed(1)} at the end, Node ${process.versions.node}`;
}

import { fork } from "node:child_process";
import { once } from "node:events";
import { YOUNG_GENERATION_MEGABYTES } from "../../src/engine/embedded/send-embedded.ts";
import { startPlainSignup } from "../bench-process.ts";
import type { ClosedLoopOrder, ClosedLoopReport } from "../closed-loop.ts";
import type { Bench, Figure, Measured } from "../figure.ts";
import { inRounds } from "../rounds.ts";
import { withRunFolder } from "../run-folder.ts";
import { isBelow, ratiosOf, type Spread, showNumber, showSpread, spreadOf } from "../spread.ts";

const VARIANTS = [
  { name: "recorded", words: "scanned and recorded: what a run does", isScanned: true, isRecorded: true },
  { name: "not-recorded", words: "scanned, events thrown away", isScanned: true, isRecorded: false },
  { name: "not-scanned", words: "neither scanned nor recorded", isScanned: false, isRecorded: false },
] as const;
type VariantName = (typeof VARIANTS)[number]["name"];

const LOST_PERCENT_MAX = 3;

export const recording: Figure = {
  name: "recording",
  title: "what recording costs",
  explanation: `The embedded engine's visitors (signup and read, fresh connections, no pauses, 32 at a time) as fast as they go against a
signup that does no work, in another process: a server that worked would hide the generator's cost. "Events thrown away" is
the same code with a write that does nothing; "neither" also leaves the search for canaries out. Each run is a process of
its own. Visitors per second are what was achieved; the generator's CPU for each visitor is the steadier of the two.`,
  measure,
};

async function measure(bench: Bench): Promise<Measured> {
  // Many and short: what disturbs a machine lasts for seconds, and then falls on all three of a round alike.
  const visitors = bench.isQuick ? 1_500 : 3_000;
  const names = VARIANTS.map(({ name }) => name);
  const runs = await inRounds(bench.isQuick ? 3 : 21, names, (name, round) => {
    bench.tell(`round ${round + 1}: ${name}`);
    return run(name, visitors);
  });
  const perSecond = (name: VariantName) => runs[name].map((one) => one.visitorsPerSecond);
  const cpu = (name: VariantName) => runs[name].map((one) => one.cpuMicroseconds);
  const unrecorded = perSecond("not-recorded");
  const lostPercents = perSecond("recorded").map(
    (value, round) => (1 - value / (unrecorded[round] ?? Number.NaN)) * 100,
  );
  return {
    tables: [
      {
        columns: [
          "visitors are",
          "visitors/s",
          "lost by recording",
          "generator's CPU, µs each",
          "recorded costs more by",
        ],
        rows: VARIANTS.map(({ name, words }) => [
          words,
          showSpread(spreadOf(perSecond(name))),
          name === "recorded" ? "" : showPercent(lostOf(ratiosOf(perSecond("recorded"), perSecond(name)))),
          showSpread(spreadOf(cpu(name))),
          name === "recorded" ? "" : showPercent(moreOf(ratiosOf(cpu("recorded"), cpu(name)))),
        ]),
      },
    ],
    goals: [
      {
        wanted: `less than ${LOST_PERCENT_MAX} % of the visitors per second lost by recording`,
        measured: showPercent(spreadOf(lostPercents)),
        reached: isBelow(lostPercents, LOST_PERCENT_MAX),
        inTheWay:
          "taken apart (2026-11-23, medians of 7 to 11 rounds): turning four events into lines costs some 30 µs a visitor; what takes the lines to the disk through another thread some 75, the same where the disk is memory, with a quarter of the writes, and without new buffers. Written by the generator's own thread it is 40, but then a disk that stalls holds up everybody who is due.",
      },
    ],
    notes: [],
  };
}

/** Percent less than all, of a ratio below one. */
function lostOf({ median, min, max }: Spread): Spread {
  return { median: (1 - median) * 100, min: (1 - max) * 100, max: (1 - min) * 100 };
}

function moreOf({ median, min, max }: Spread): Spread {
  return { median: (median - 1) * 100, min: (min - 1) * 100, max: (max - 1) * 100 };
}

function showPercent({ median, min, max }: Spread): string {
  return `${showNumber(median, 1)} % (${showNumber(min, 1)} to ${showNumber(max, 1)})`;
}

async function run(name: VariantName, visitors: number): Promise<ClosedLoopReport> {
  const variant = VARIANTS.find((one) => one.name === name);
  if (variant === undefined) throw new Error(`there is no variant ${name}`);
  const { isRecorded, isScanned } = variant;
  const server = await startPlainSignup();
  try {
    return await withRunFolder((dir) =>
      runAlone({ url: server.ready.url, dir, visitors, isRecorded, isScanned }),
    );
  } finally {
    await server.stop();
  }
}

/** As the engine's own thread has it: V8 makes three of them of what it is given for young objects. */
const SEMI_SPACE_MEBIBYTES = YOUNG_GENERATION_MEGABYTES / 3;

async function runAlone(order: ClosedLoopOrder): Promise<ClosedLoopReport> {
  const child = fork(new URL("../closed-loop.ts", import.meta.url), {
    stdio: "inherit",
    execArgv: [`--max-semi-space-size=${SEMI_SPACE_MEBIBYTES}`],
  });
  const exited = once(child, "exit");
  const reported = once(child, "message");
  child.send(order);
  const [report] = await Promise.race([
    reported,
    exited.then(([code]) => {
      throw new Error(`the closed loop ended with ${code}, without a report`);
    }),
  ]);
  await exited;
  return report as ClosedLoopReport;
}

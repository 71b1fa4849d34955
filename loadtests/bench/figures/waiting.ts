import { runServiceScript } from "../bench-process.ts";
import type { Bench, Figure, Measured } from "../figure.ts";
import { showNumber } from "../spread.ts";

const MEBIBYTES_MAX = 256;

export const waiting: Figure = {
  name: "waiting",
  title: "what a million people who wait cost one process",
  explanation: `A process of its own gives a ticket to each of them, one after the other, is shown each ticket once, early, as by somebody who
cannot wait, and holds what it holds; memory is all of the process (RSS), looked at every 100,000 people.`,
  measure,
};

interface Waited {
  people: number;
  microsecondsEach: number;
  lastInMinutes: number;
  ticketCharacters: number;
  beforeMebibytes: number;
  peakMebibytes: number;
  afterMebibytes: number;
}

async function measure(bench: Bench): Promise<Measured> {
  const people = bench.isQuick ? 100_000 : 1_000_000;
  bench.tell(`${showNumber(people)} people wait`);
  const waited = await runServiceScript<Waited>("crowd-waiting.ts", [String(people)], ["--expose-gc"]);
  return {
    tables: [
      {
        columns: ["people", "MiB before", "at most", "after", "µs each", "the last is told to come in"],
        rows: [
          [
            showNumber(waited.people),
            showNumber(waited.beforeMebibytes),
            showNumber(waited.peakMebibytes),
            showNumber(waited.afterMebibytes),
            showNumber(waited.microsecondsEach),
            `${showNumber(waited.lastInMinutes, 1)} min`,
          ],
        ],
      },
    ],
    goals: [
      {
        wanted: `${showNumber(waited.people)} who wait within ${MEBIBYTES_MAX} MiB`,
        measured: `${showNumber(waited.peakMebibytes)} MiB`,
        reached: waited.peakMebibytes <= MEBIBYTES_MAX ? "yes" : "no",
        inTheWay: "the service keeps nothing of who waits; what grows is garbage that was not collected yet.",
      },
    ],
    notes: [`A ticket has ${showNumber(waited.ticketCharacters)} characters; it is with the person alone.`],
  };
}

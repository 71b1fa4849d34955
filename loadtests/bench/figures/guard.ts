import { runServiceScript } from "../bench-process.ts";
import type { Bench, Figure, Measured } from "../figure.ts";
import { showNumber } from "../spread.ts";

const P99_MICROSECONDS_MAX = 50;
const MILLION = 1_000_000;

export const guard: Figure = {
  name: "guard",
  title: "what the guard costs one answer, and whom it keeps back",
  explanation: `The guard's judge before healthy answers of random people, in a process that does nothing else, each timed by the wall
clock with whatever the process is stopped for; the floor is eight one-shot hashes a signup, and the time of one such hash in the
same process stands beside. "All of it" (recording, holding, judging, releasing) is the CPU time of a handler with the guard less
that without, over no wire, the two taking turns, the fastest round of each. What it leaves of the throughput is in the first table
above: *without-ledger ÷ without-guard*.`,
  measure,
};

interface Cost {
  judged: { kind: string; answers: number; p50Us: number; p99Us: number }[];
  wholeUs: number;
  hashUs: number;
}

interface FalseAlarms {
  answers: number;
  kept: number;
  first: string[];
}

async function measure(bench: Bench): Promise<Measured> {
  const [judgements, requests] = bench.isQuick ? [20_000, 4_000] : [200_000, 40_000];
  bench.tell("how long a judgement takes");
  const cost = await runServiceScript<Cost>("guard-cost.ts", [String(judgements), String(requests)]);
  bench.tell("whom it keeps back");
  const alarms = await runServiceScript<FalseAlarms>("guard-false-alarms.ts", [
    String(bench.isQuick ? MILLION / 20 : MILLION),
  ]);
  const worst = Math.max(...cost.judged.map(({ p99Us }) => p99Us));
  return {
    tables: [
      {
        columns: ["answer", "judged", "p50 µs", "p99 µs", "p50 in hashes"],
        rows: cost.judged.map(({ kind, answers, p50Us, p99Us }) => [
          kind,
          showNumber(answers),
          showNumber(p50Us, 1),
          showNumber(p99Us, 1),
          showNumber(p50Us / cost.hashUs, 1),
        ]),
      },
    ],
    goals: [
      {
        wanted: `a judgement's p99 at most ${P99_MICROSECONDS_MAX} µs`,
        measured: `${showNumber(worst, 1)} µs`,
        reached: worst <= P99_MICROSECONDS_MAX ? "yes" : "no",
        inTheWay: `the judgement is ${showNumber(cost.hashUs, 2)} µs a hash; what lies beyond is the collector and the machine's other work.`,
      },
      {
        wanted: `none of ${showNumber(alarms.answers)} healthy answers kept back`,
        measured: showNumber(alarms.kept),
        reached: alarms.kept === 0 ? "yes" : "no",
        inTheWay: alarms.first.join("; "),
      },
    ],
    notes: [
      `All of it, for a signup: ${showNumber(cost.wholeUs, 1)} µs of CPU. One hash: ${showNumber(cost.hashUs, 2)} µs.`,
    ],
  };
}

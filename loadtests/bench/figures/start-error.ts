import { arrivalTimes } from "../../src/arrivals/arrival-times.ts";
import { sendEmbedded } from "../../src/engine/embedded/send-embedded.ts";
import { sendK6 } from "../../src/engine/k6/send-k6.ts";
import type { ArrivalEvent, Event } from "../../src/events/event.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { runArrivalRate } from "../arrival-rate.ts";
import { startPlainSignup } from "../bench-process.ts";
import type { Bench, Figure, Goal, Measured } from "../figure.ts";
import { plainSignupPlan } from "../plain-signup-plan.ts";
import { inRounds } from "../rounds.ts";
import { readEvents, withRunFolder } from "../run-folder.ts";
import { percentileOf, showSpread, spreadOf } from "../spread.ts";

const RATES = [200, 1_000, 2_000] as const;
const SENDERS = ["embedded", "k6", "arrival-rate"] as const;
type Sender = (typeof SENDERS)[number];

const WORDS: Record<Sender, string> = {
  embedded: "Crowdproof, embedded engine",
  k6: "Crowdproof, k6 engine",
  "arrival-rate": "k6's `constant-arrival-rate`",
};
const GOALS = [
  { perSecond: 1_000, p99MsMax: 2 },
  { perSecond: 2_000, p99MsMax: 4 },
] as const;
const IN_THE_WAY =
  "a visitor costs the embedded engine about 0.6 ms of CPU (a third of it the kernel's, for two fresh connections), the " +
  "k6 engine several times as much (nine tenths of it JavaScript) and the signup beside them 0.2 ms, of the same two cores; " +
  "the collector's stops of a millisecond come on top.";
/** Later than this an arrival no longer counts as on time. */
const LATE_MS = 10;

export const startError: Figure = {
  name: "start-error",
  title: "how late visitors start",
  explanation: `Real visitors (drawn arrivals, people with canaries, a signup on a fresh connection, a pause of a second on average,
a read of one's own data, every answer scanned, every event written) against a small signup server in another process.
Beside them k6's own \`constant-arrival-rate\` executor with a plain script of the same two requests, which draws no arrivals,
scans nothing, and keeps a VU for everybody who waits; its beginning is taken as the reading that favours it. Late: more than
${LATE_MS} ms after the due time. Never started: due, but dropped.`,
  measure,
};

interface StartErrors {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  late: number;
  neverStarted: number;
}

async function measure(bench: Bench): Promise<Measured> {
  const senders = SENDERS.filter((sender) => sender === "embedded" || bench.k6Path !== null);
  const rounds = bench.isQuick ? 1 : 3;
  const seconds = bench.isQuick ? 3 : 6;
  const rows: string[][] = [];
  const goals: Goal[] = [];
  for (const perSecond of RATES) {
    const runs = await inRounds(rounds, senders, (sender, round) => {
      bench.tell(`${perSecond}/s, round ${round + 1}: ${sender}`);
      return run(bench, sender, { perSecond, seconds, seed: round + 1 });
    });
    for (const sender of senders) rows.push(rowOf(perSecond, sender, runs[sender]));
    goals.push(...goalsOf(perSecond, runs));
  }
  const missing = "k6 is missing, so its engine and its executor were not measured: `npm run build:k6`.";
  return {
    tables: [
      { columns: ["visitors", "sender", "p50 ms", "p99 ms", "max ms", "late", "never started"], rows },
    ],
    goals,
    notes: bench.k6Path === null ? [missing] : [],
  };
}

function rowOf(perSecond: number, sender: Sender, runs: readonly StartErrors[]): string[] {
  const column = (name: keyof StartErrors, digits: number) =>
    showSpread(spreadOf(runs.map((one) => one[name])), digits);
  return [
    `${perSecond.toLocaleString("en")}/s`,
    WORDS[sender],
    column("p50Ms", 2),
    column("p99Ms", 1),
    column("maxMs", 0),
    column("late", 0),
    column("neverStarted", 0),
  ];
}

function goalsOf(perSecond: number, runs: Partial<Record<Sender, StartErrors[]>>): Goal[] {
  const goal = GOALS.find((one) => one.perSecond === perSecond);
  if (goal === undefined) return [];
  return (["embedded", "k6"] as const).flatMap((sender) => {
    const measured = runs[sender];
    if (measured === undefined) return [];
    const p99Ms = spreadOf(measured.map((one) => one.p99Ms));
    return {
      wanted: `${sender}: p99 at ${perSecond.toLocaleString("en")}/s at most ${goal.p99MsMax} ms`,
      measured: `${showSpread(p99Ms, 1)} ms`,
      reached: p99Ms.median <= goal.p99MsMax ? "yes" : "no",
      inTheWay: IN_THE_WAY,
    };
  });
}

interface Load {
  perSecond: number;
  seconds: number;
  seed: number;
}

async function run({ k6Path }: Bench, sender: Sender, load: Load): Promise<StartErrors> {
  const server = await startPlainSignup();
  const { url } = server.ready;
  try {
    return await withRunFolder(async (dir) => {
      if (sender === "arrival-rate") {
        const { perSecond, seconds } = load;
        const errors = await runArrivalRate({ k6Path: k6Path ?? "", url, perSecond, seconds, dir });
        return summarise(errors, perSecond * seconds);
      }
      const plan = drawnPlan(url, load);
      const options = { dir, secrets: {}, signal: new AbortController().signal };
      await (sender === "k6"
        ? sendK6(plan, { ...options, k6Path: k6Path ?? "" })
        : sendEmbedded(plan, options));
      return summarise(startErrorsIn(await readEvents(dir)), plan.arrivals.dueMicroseconds.length);
    });
  } finally {
    await server.stop();
  }
}

function drawnPlan(url: string, { perSecond, seconds, seed }: Load): Plan {
  const pieces = [
    { name: "all", shape: "constant" as const, seconds, fromPerSecond: perSecond, toPerSecond: perSecond },
  ];
  const { dueMicroseconds } = arrivalTimes({ pieces, bursts: [], seed });
  return plainSignupPlan({
    url,
    dueMicroseconds,
    durationSeconds: seconds,
    betweenSteps: { kind: "exponential", meanSeconds: 1, maxSeconds: 3 },
  });
}

/** Milliseconds. */
function startErrorsIn(events: readonly Event[]): number[] {
  return events
    .filter((event): event is ArrivalEvent => event.type === "arrival")
    .map(({ dueMicroseconds, startedMicroseconds }) => (startedMicroseconds - dueMicroseconds) / 1e3);
}

function summarise(errorsMs: readonly number[], due: number): StartErrors {
  const sorted = errorsMs.toSorted((one, other) => one - other);
  return {
    p50Ms: percentileOf(sorted, 0.5),
    p99Ms: percentileOf(sorted, 0.99),
    maxMs: sorted.at(-1) ?? Number.NaN,
    late: sorted.filter((error) => error > LATE_MS).length,
    // The executor may start one more, at the very end.
    neverStarted: Math.max(0, due - sorted.length),
  };
}

import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { checkHistory } from "../../src/checks/check-history.ts";
import { sendEmbedded } from "../../src/engine/embedded/send-embedded.ts";
import type { SendOptions, SentTotals } from "../../src/engine/engine.ts";
import { recordRun } from "../../src/gate.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { createRunId } from "../../src/plan/run-id.ts";
import { type RunningService, startReferenceService } from "../../src/reference/start-service.ts";
import { resolveSecrets } from "../../src/target/secrets.ts";
import type { CheckResult, Outcome } from "../../src/verdict/verdict.ts";
import { createTcpProxy } from "../../weather/tcp-proxy.ts";
import type { Bench } from "../figure.ts";
import { childrenOf, useOf } from "../process-family.ts";
import { readEvents, withRunFolder } from "../run-folder.ts";
import { signupBodies } from "../signup-bodies.ts";
import { steadyPlan } from "../steady-plan.ts";
import type { FloodOrder, FloodReport } from "./flood.ts";
import { answersOfFlood, answersOfVisitors, type SignupAnswer } from "./signup-answer.ts";
import { type Summary, summarise, type Window } from "./summary.ts";

export interface PointOptions {
  /** Newcomers a second. */
  offeredPerSecond: number;
  /** How long they come. */
  arrivalSeconds: number;
  /** After the last of them: who is at work is still answered, and who is told a later time does not come back. */
  drainSeconds: number;
  /** What is counted, from the first arrival; what is before it warms up. */
  window: Window;
}

export interface Point extends Summary {
  offeredPerSecond: number;
  /** Of the worker, over the window; null where the system does not tell. */
  workerCpuSeconds: number | null;
  workerMebibytesMax: number | null;
  parentMebibytesMax: number | null;
  /** Invariants that the checks found broken, and what they cannot know of the flood: a number twice, a member without a row. */
  violations: string[];
  /** Invariants of which the checks could not say. */
  unknowns: string[];
}

/**
 * So many offered are visitors of the harness; of more, every second, fourth … is, and the others are the flood's. More
 * would time the generator's own queue instead of the service.
 */
const VISITORS_PER_SECOND_MAX = 200;
const SAMPLE_EVERY_MS = 250;

/** A database at the end of a thin wire: what a row costs is its bytes, so larger batches buy no more. */
export interface SlowDatabase {
  answerDelayMs: number;
  bytesPerSecond: number;
}

export async function measurePoint(
  { database }: Bench,
  options: PointOptions,
  slow: SlowDatabase,
): Promise<Point> {
  return database.withFresh(async (databaseUrl) => {
    const proxy = await createTcpProxy(databaseUrl);
    const service = await startReferenceService({ port: 0, fault: undefined, databaseUrl: proxy.url });
    try {
      proxy.slow(slow);
      const { plan, floodDueMicroseconds } = await planOf(options);
      const environment = { ...process.env, ...service.environment, CROWDPROOF_DATABASE_URL: databaseUrl };
      const secrets = await resolveSecrets(plan.target, environment);
      return await withRunFolder(async (dir) => {
        const beside = runBeside(service, plan, floodDueMicroseconds);
        const troubles: string[] = [];
        await recordRun({
          dir,
          plan,
          secrets,
          signal: new AbortController().signal,
          say: (reason) => troubles.push(reason),
          mails: null,
          alerts: null,
          sendLoad: beside.sendLoad,
        });
        if (troubles.length > 0) throw new Error(troubles.join("; "));
        return judge(dir, options, beside.seen(), await numbersIn(databaseUrl));
      });
    } finally {
      proxy.release();
      await service.stop();
      await proxy.close();
    }
  });
}

async function planOf({ offeredPerSecond, arrivalSeconds, drainSeconds, window }: PointOptions) {
  const steady = await steadyPlan({
    perSecond: offeredPerSecond,
    visitors: Number.POSITIVE_INFINITY,
    seed: 1,
    spacing: "poisson",
  });
  const every = Math.ceil(offeredPerSecond / VISITORS_PER_SECOND_MAX);
  const due = steady.arrivals.dueMicroseconds.filter((at) => at < arrivalSeconds * 1e6);
  const isVisitor = (_due: number, nth: number) => nth % every === 0;
  const visitors = due.filter(isVisitor);
  const plan: Plan = {
    ...steady,
    durationSeconds: arrivalSeconds,
    warmUpSeconds: window.fromSeconds,
    drainSeconds,
    arrivals: {
      dueMicroseconds: visitors,
      behaviour: visitors.map(() => 0),
      group: visitors.map((_at, visitor) => visitor),
      burst: visitors.map(() => 0),
    },
    target: {
      ...steady.target,
      // One read each, and the rows by SQL: reading is not what is measured here.
      steps: steady.target.steps.filter(({ role, name }) => role !== "read-own" || name === "me"),
      readBack: { ...steady.target.readBack, http: false },
      telemetry: { ...steady.target.telemetry, exclusive: every === 1 },
      sinks: {},
    },
  };
  return { plan, floodDueMicroseconds: due.filter((at, nth) => !isVisitor(at, nth)) };
}

interface SeenBeside {
  totals: SentTotals;
  flood: FloodReport;
  uses: WorkerUse[];
  parentMebibytesMax: number | null;
}

interface WorkerUse {
  atMs: number;
  cpuSeconds: number;
  rssMebibytesMax: number;
}

/** The flood and the looks at the service's processes, for as long as the engine sends. */
function runBeside(service: RunningService, plan: Plan, floodDueMicroseconds: number[]) {
  let seen: SeenBeside | undefined;
  async function sendLoad(sentPlan: Plan, options: SendOptions): Promise<SentTotals> {
    const uses: WorkerUse[] = [];
    const looking = new AbortController();
    const looks = look(service.pid, uses, looking.signal);
    const [totals, flood] = await Promise.all([
      sendEmbedded(sentPlan, options),
      sendFlood(service.url, plan, floodDueMicroseconds),
    ]);
    looking.abort();
    await looks;
    const parentMebibytesMax = useOf(service.pid)?.rssMebibytesMax ?? null;
    seen = { totals, flood, uses, parentMebibytesMax };
    return totals;
  }
  return {
    sendLoad,
    seen() {
      if (seen === undefined) throw new Error("nothing was sent");
      return seen;
    },
  };
}

async function look(pid: number, uses: WorkerUse[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const each = childrenOf(pid).flatMap((child) => useOf(child) ?? []);
    uses.push({
      atMs: Date.now(),
      cpuSeconds: each.reduce((sum, use) => sum + use.cpuSeconds, 0),
      rssMebibytesMax: each.reduce((sum, use) => sum + use.rssMebibytesMax, 0),
    });
    await sleep(SAMPLE_EVERY_MS);
  }
}

/** Until the engine's threads are ready. */
const FLOOD_LEAD_MS = 500;
const FLOOD_BODIES = 50;

async function sendFlood(url: string, plan: Plan, dueMicroseconds: number[]): Promise<FloodReport> {
  if (dueMicroseconds.length === 0) return { answers: [] };
  // As long as the visitors': a row costs the slow database its bytes.
  const bodies = signupBodies({ ...plan, runId: createRunId() }, FLOOD_BODIES).map((text) => {
    const { email, ...body } = JSON.parse(text) as { email: string };
    return { text: JSON.stringify({ ...body, email: "EMAIL" }), emailCharacters: email.length };
  });
  const order: FloodOrder = {
    url,
    bodies,
    dueMicroseconds,
    zeroMs: Date.now() + FLOOD_LEAD_MS,
    endMicroseconds: (plan.durationSeconds + plan.drainSeconds) * 1e6,
  };
  const child = fork(new URL("./flood.ts", import.meta.url), { stdio: "inherit" });
  const exited = once(child, "exit");
  child.send(order);
  const [report] = await Promise.race([
    once(child, "message"),
    exited.then(([code]): never => {
      throw new Error(`the flood ended with ${code} before it was done`);
    }),
  ]);
  await exited;
  return report as FloodReport;
}

async function judge(
  dir: string,
  { offeredPerSecond, window }: PointOptions,
  { totals, flood, uses, parentMebibytesMax }: SeenBeside,
  rows: ReadonlySet<string>,
): Promise<Point> {
  const zeroMs = Date.parse(totals.startedAt);
  const { checks } = await checkHistory(dir);
  const answers = [...answersOfVisitors(await readEvents(dir)), ...answersOfFlood(flood.answers, zeroMs)];
  return {
    ...summarise(answers, window),
    offeredPerSecond,
    workerCpuSeconds: cpuWithin(uses, zeroMs, window),
    workerMebibytesMax: uses.at(-1)?.rssMebibytesMax ?? null,
    parentMebibytesMax,
    violations: [...invariantsThat("fail", checks), ...troublesOfFlood(rows, answers)],
    unknowns: invariantsThat("unknown", checks),
  };
}

/** Between the looks nearest to the window's ends, as if the window were as long as what lies between them. */
function cpuWithin(uses: readonly WorkerUse[], zeroMs: number, window: Window): number | null {
  const nearest = (seconds: number) =>
    uses.toSorted(
      (one, other) =>
        Math.abs(one.atMs - zeroMs - seconds * 1e3) - Math.abs(other.atMs - zeroMs - seconds * 1e3),
    )[0];
  const from = nearest(window.fromSeconds);
  const to = nearest(window.toSeconds);
  if (from === undefined || to === undefined || from === to) return null;
  const perSecond = (to.cpuSeconds - from.cpuSeconds) / ((to.atMs - from.atMs) / 1e3);
  return perSecond * (window.toSeconds - window.fromSeconds);
}

function invariantsThat(outcome: Outcome, checks: readonly CheckResult[]): string[] {
  return checks
    .filter((check) => check.kind === "invariant" && check.judged && check.outcome === outcome)
    .map(({ name, summary }) => `${name}: ${summary}`);
}

/** The flood is nobody to the checks: its members are held against the rows and against the visitors' here. */
function troublesOfFlood(rows: ReadonlySet<string>, answers: readonly SignupAnswer[]): string[] {
  const members = answers.filter(({ kind }) => kind === "acknowledged");
  const given = new Set(members.map(({ memberId }) => memberId));
  const lost = members.filter(({ isJudged, memberId }) => !isJudged && !rows.has(memberId ?? "")).length;
  const twice = members.length - given.size;
  return [
    ...(lost > 0 ? [`${lost} members of the flood have no row`] : []),
    ...(twice > 0 ? [`${twice} numbers were given to two people`] : []),
  ];
}

async function numbersIn(databaseUrl: string): Promise<Set<string>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ number: string }>("select number from members");
    return new Set(rows.map(({ number }) => number));
  } finally {
    await client.end();
  }
}

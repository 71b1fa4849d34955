import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { sendEmbedded } from "../../src/engine/embedded/send-embedded.ts";
import { followHistory } from "../../src/events/follow-history.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { createRunId } from "../../src/plan/run-id.ts";
import { startReferenceService } from "../../src/reference/start-service.ts";
import { resolveSecrets } from "../../src/target/secrets.ts";
import type { Bench, Figure, Measured } from "../figure.ts";
import { type FirstViolation, firstViolationIn, isAcknowledged } from "../first-violation-in.ts";
import { readEvents, withRunFolder } from "../run-folder.ts";
import { signupBodies } from "../signup-bodies.ts";
import { ratiosOf, showNumber, showSpread, spreadOf } from "../spread.ts";
import { type Spacing, steadyPlan } from "../steady-plan.ts";

const FAULT = "max-plus-one";
const SIGNUPS_MAX = 2_000;
const RATES = [43, 500] as const;
/** The first requests of a cold service and of a cold generator take longer than 23 ms, and would meet however spaced. */
const WARM_UP = { signups: 100, visitors: 50 };
const GOAL = { perSecond: 43, timesMin: 10 };

export const firstViolation: Figure = {
  name: "first-violation",
  title: `signups until ${FAULT} is seen`,
  explanation: `The reference service with the fault \`${FAULT}\` and its guard off, and plain visitors only: no bursts, no double-taps. Once with
Crowdproof's arrivals (Poisson, drawn by the seed), once with the same number of people at the same mean rate evenly
spaced. Counted are the members acknowledged until the second holder of one number, at most ${SIGNUPS_MAX.toLocaleString("en")}: a run in which
nothing was found counts as all of its signups, so that its ratio is a lower bound. Service and database are fresh for
each run, ${WARM_UP.signups} signups one by one and the first ${WARM_UP.visitors} visitors warm them up and are not counted.`,
  measure,
};

interface Pair {
  poisson: FirstViolation;
  even: FirstViolation;
}

async function measure(bench: Bench): Promise<Measured> {
  const seeds = Array.from({ length: bench.isQuick ? 2 : 10 }, (_, index) => index + 1);
  const visitors = WARM_UP.visitors + (bench.isQuick ? 200 : SIGNUPS_MAX);
  const measured: { perSecond: number; pairs: Pair[] }[] = [];
  for (const perSecond of RATES) {
    const pairs: Pair[] = [];
    for (const seed of seeds) {
      const run = (spacing: Spacing) => runUntilSeen(bench, { perSecond, visitors, seed, spacing });
      // One at a time: beside another a signup now and then takes longer than the 23 ms to the next person.
      const [poisson, even] = [await run("poisson"), await run("even")];
      bench.tell(`${perSecond}/s, seed ${seed}: ${showOne(poisson)}, evenly spaced ${showOne(even)}`);
      pairs.push({ poisson, even });
    }
    measured.push({ perSecond, pairs });
  }
  const atGoal = measured.find(({ perSecond }) => perSecond === GOAL.perSecond)?.pairs ?? [];
  return {
    tables: [
      {
        columns: ["arrivals", "mean", "found in", "signups until then", "evenly spaced ÷ Poisson, by seed"],
        rows: measured.flatMap(({ perSecond, pairs }) => [
          row("Poisson", perSecond, pairs, "poisson"),
          row("evenly spaced", perSecond, pairs, "even"),
        ]),
      },
    ],
    goals: [
      {
        wanted: `at ${GOAL.perSecond}/s at least ${GOAL.timesMin} × fewer signups than evenly spaced`,
        measured: showRatio(atGoal),
        reached: timesFewer(atGoal).median >= GOAL.timesMin ? "yes" : "no",
      },
    ],
    notes: [
      "At 500/s a signup takes longer than the 2 ms between two people: evenly spaced visitors overlap as well, and there is no goal.",
    ],
  };
}

function row(words: string, perSecond: number, pairs: readonly Pair[], spacing: keyof Pair): string[] {
  const runs = pairs.map((pair) => pair[spacing]);
  const found = runs.filter(({ isFound }) => isFound).length;
  return [
    words,
    `${perSecond}/s`,
    `${found} of ${runs.length} seeds`,
    `${found < runs.length ? "≥ " : ""}${showSpread(spreadOf(runs.map(({ signups }) => signups)))}`,
    spacing === "poisson" ? showRatio(pairs) : "",
  ];
}

function timesFewer(pairs: readonly Pair[]) {
  const signups = (spacing: keyof Pair) => pairs.map((pair) => pair[spacing].signups);
  return ratiosOf(signups("even"), signups("poisson"));
}

function showRatio(pairs: readonly Pair[]): string {
  const isBound = pairs.some(({ even }) => !even.isFound);
  return `${isBound ? "≥ " : ""}${showSpread(timesFewer(pairs), 1)}`;
}

function showOne({ signups, isFound }: FirstViolation): string {
  return isFound ? `after ${showNumber(signups)}` : `none in ${showNumber(signups)}`;
}

function runUntilSeen(
  { database }: Bench,
  options: Parameters<typeof steadyPlan>[0],
): Promise<FirstViolation> {
  return database.withFresh(async (databaseUrl) => {
    const plan = await steadyPlan(options);
    const service = await startReferenceService({
      port: 0,
      fault: FAULT,
      databaseUrl,
      // The guard and the auditor would stop it before anybody can count.
      environment: { GUARD: "off" },
    });
    try {
      await warmUp(service.url, plan);
      const secrets = await resolveSecrets(plan.target, { ...process.env, ...service.environment });
      return await withRunFolder(async (dir) => {
        const seen = new AbortController();
        const sent = new AbortController();
        const following = followHistory(join(dir, "events.ndjson"), stopAtDuplicate(seen), sent.signal);
        const totals = await sendEmbedded(plan, { dir, secrets, signal: seen.signal });
        sent.abort();
        await following;
        if (totals.stopped !== null && totals.stopped !== "exposure")
          throw new Error(`stopped: ${totals.stopped}`);
        return firstViolationIn(await readEvents(dir), WARM_UP.visitors);
      });
    } finally {
      await service.stop();
    }
  });
}

/** Strangers, one after another. */
async function warmUp(url: string, plan: Plan): Promise<void> {
  for (const body of signupBodies({ ...plan, runId: createRunId() }, WARM_UP.signups)) {
    const headers = { "content-type": "application/json", "idempotency-key": randomUUID() };
    const answer = await fetch(`${url}/signups`, { method: "POST", headers, body });
    if (answer.status !== 201)
      throw new Error(`a signup before the run was answered ${answer.status}: ${await answer.text()}`);
  }
}

/** Nothing after the first violation is asked for. */
function stopAtDuplicate(seen: AbortController) {
  const ids = new Set<string>();
  return (event: Parameters<Parameters<typeof followHistory>[1]>[0]) => {
    if (!isAcknowledged(event) || event.memberId === null || event.visitor < WARM_UP.visitors) return;
    if (ids.has(event.memberId)) seen.abort("exposure");
    ids.add(event.memberId);
  };
}

import { createRunClock, monotonicMilliseconds, type RunClock } from "../engine/embedded/run-clock.ts";
import type { Event } from "../events/event.ts";
import { createRunId } from "../plan/run-id.ts";
import { foreignDataIn } from "./foreign-data.ts";
import { createKeeper, type Keeper } from "./keeper.ts";
import { cycleSecondsOf, readBackSecondsOf } from "./limits.ts";
import { createLooker } from "./looker.ts";
import { runTagOf } from "./numbering.ts";
import { planCycle } from "./plan-cycle.ts";
import type { ProbeOptions } from "./probe-options.ts";
import { targetForProbe } from "./probe-target.ts";
import { decideProbe, type ProbeVerdict } from "./probe-verdict.ts";
import { type Cycle, startCycle } from "./send-cycle.ts";
import { createSight } from "./sight.ts";
import { createVisitorCounts } from "./visitor-counts.ts";

/** So that those who are due at once can be prepared. */
const LEAD_SECONDS = 0.5;
/** After the last cycle's read-back, for those who are told to wait: a probe that ends need not wait as they would. */
const END_SECONDS = 10;
/** An Alertmanager that was started anew knows of no alarm. */
const REPEAT_MS = 15_000;

/** Cycle after cycle until its time is up or somebody stops it; what each leaves is judged, then removed or kept. */
export async function runProbe(options: ProbeOptions): Promise<ProbeVerdict> {
  const { signal, findings } = options;
  const startedAt = new Date().toISOString();
  const zeroMilliseconds = monotonicMilliseconds() + LEAD_SECONDS * 1e3;
  const clock = createRunClock(zeroMilliseconds);
  const course = createCourse(options, { clock, zeroMilliseconds });
  const onStop = () => clock.stop();
  signal.addEventListener("abort", onStop);
  if (signal.aborted) onStop();
  const repeating = setInterval(() => findings.repeat(), REPEAT_MS);
  try {
    await course.keeper.takeLeftBehind();
    await course.sendCycles();
    await course.end();
  } finally {
    clearInterval(repeating);
    signal.removeEventListener("abort", onStop);
    clock.stop();
    await course.keeper.dropAll();
    await findings.close();
  }
  return decideProbe({ ...course.account(), startedAt, endedAt: new Date().toISOString() });
}

interface Course {
  keeper: Keeper;
  sendCycles(): Promise<void>;
  end(): Promise<void>;
  account(): Omit<Parameters<typeof decideProbe>[0], "startedAt" | "endedAt">;
}

function createCourse(
  options: ProbeOptions,
  { clock, zeroMilliseconds }: { clock: RunClock; zeroMilliseconds: number },
): Course {
  const { target, probeId, folder, findings, metrics, signal } = options;
  const cycleSeconds = cycleSecondsOf(options.windowSeconds);
  const nowSeconds = () => clock.nowMicroseconds() / 1e6;
  const counts = createVisitorCounts(metrics);
  const sight = createSight();
  const keeper = createKeeper({ ...options, counts });
  const looker = createLooker({ ...options, nowSeconds, sight });
  const probed = targetForProbe(target);
  let visitorsLeft = options.visitorsMax;
  let housework = Promise.resolve();
  let isHousework = false;
  // What goes wrong beside the loop ends it.
  const bugs = Promise.withResolvers<never>();
  bugs.promise.catch(() => {});

  const see = (event: Event, plan: Cycle["plan"], runTag: number) => {
    counts.add(event);
    sight.add(event);
    const foreign = foreignDataIn(event, plan, runTag);
    if (foreign !== null) findings.foreign(foreign, plan);
  };

  const startNext = async (cycle: number) => {
    const runId = createRunId();
    const endSeconds = options.seconds;
    const plan = planCycle({
      ...options,
      target: probed,
      runId,
      cycle,
      endSeconds,
      visitorsMax: visitorsLeft,
    });
    if (plan === null) return;
    visitorsLeft -= plan.arrivals.dueMicroseconds.length;
    findings.know(plan);
    const runTag = runTagOf(runId, options.canaryKey);
    const started = await startCycle({
      dir: folder.cycleDir(cycle, runId),
      plan,
      planOnDisk: { ...plan, target },
      secrets: options.secrets,
      zeroMilliseconds,
      onEvent: (event) => see(event, plan, runTag),
      say: (reason) => options.tell("trouble", reason),
    });
    started.ended.catch(bugs.reject);
    keeper.add(started);
  };

  const doHousework = async () => {
    await keeper.dropOld(nowSeconds());
    await looker.look(keeper.cycles());
    tellSight();
  };

  /** Beside those who are sent; a machine that is too slow for each cycle looks less often. */
  const startHousework = () => {
    if (isHousework) return;
    isHousework = true;
    housework = doHousework().finally(() => {
      isHousework = false;
    });
    housework.catch(bugs.reject);
  };

  const tellSight = () => {
    const change = sight.change(nowSeconds());
    if (change?.isBlind === true)
      options.tell("unknown", `nobody sees their own data, so nothing can be seen: ${change.words}`);
    if (change?.isBlind === false) options.tell("sees again", change.words);
    const { visitors, answers } = counts.sawTheirOwn();
    options.onCycle({
      done: counts.done(),
      sawTheirOwn: visitors,
      answers,
      isBlind: sight.blind() !== null,
    });
  };

  const sleepUntil = (seconds: number) => clock.sleepUntil(Math.round(seconds * 1e6));

  return {
    keeper,
    async sendCycles() {
      for (let cycle = 0; cycle * cycleSeconds < options.seconds && visitorsLeft > 0; cycle++) {
        if (keeper.mayGoOn()) await startNext(cycle);
        startHousework();
        const endSeconds = Math.min(options.seconds, (cycle + 1) * cycleSeconds);
        await Promise.race([bugs.promise, sleepUntil(endSeconds - LEAD_SECONDS)]);
        if (signal.aborted) return;
      }
    },
    async end() {
      const cycles = keeper.cycles();
      const allEnded = Promise.all(cycles.map(({ ended }) => ended));
      const patience = nowSeconds() + cycleSeconds + readBackSecondsOf(cycleSeconds) + END_SECONDS;
      await Promise.race([allEnded, sleepUntil(patience)]);
      for (const cycle of cycles) cycle.stop();
      await allEnded;
      await housework;
      await looker.look(cycles);
      tellSight();
    },
    account: () => ({
      probe: probeId,
      target: target.name,
      visitors: counts.visitors(),
      sawTheirOwn: counts.sawTheirOwn(),
      violations: findings.times(),
      blindSeconds: sight.blindSeconds(nowSeconds()),
      blankAnswers: sight.blanks(),
      checks: looker.last(),
      peopleLeft: keeper.people(),
      blind: sight.blind(),
    }),
  };
}

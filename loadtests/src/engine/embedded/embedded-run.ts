import type { Event, ObservationEvent } from "../../events/event.ts";
import { openHistoryFile } from "../../events/history-file.ts";
import type { Plan } from "../../plan/plan.ts";
import { createEngineContext } from "../../visitor/create-engine-context.ts";
import { startVisitors } from "../../visitor/start-visitors.ts";
import type { SentTotals, StopReason } from "../engine.ts";
import type { EnginePort } from "../port.ts";
import { nodePrimitives } from "./node-primitives.ts";
import { createRunClock } from "./run-clock.ts";
import { createSender } from "./sender.ts";
import { createTargetWatch } from "./target-watch.ts";
import { watchWallClock } from "./wall-clock.ts";

export interface EmbeddedRun {
  stop(reason: StopReason): void;
  /** Rejects with a UsageError where this machine cannot, with anything else for a bug. */
  totals: Promise<SentTotals>;
}

/** For preparing those who are due at once. */
const LEAD_SECONDS = 0.3;
/** Who is in flight may still be answered; the rest of the second is for aborting and writing. */
const STOP_GRACE_MILLISECONDS = 600;
const LAG_MILLISECONDS = 5_000;
/** setTimeout holds no more: 24.8 days. */
const TIMER_MILLISECONDS_MAX = 2 ** 31 - 1;

/** The plan's visitors in this thread's event loop. */
export function startEmbeddedRun(plan: Plan, dir: string, secrets: Record<string, string>): EmbeddedRun {
  let stop: (reason: StopReason) => void = () => {};
  let early: StopReason | null = null;
  const run = async (): Promise<SentTotals> => {
    const history = await openHistoryFile(dir);
    const clock = createRunClock(LEAD_SECONDS);
    const sender = createSender(plan.target, clock.nowMicroseconds);
    const counts = { arrival: 0, request: 0, done: 0, observation: 0, end: 0 };
    let stopped: StopReason | null = null;
    const write = (event: Event) => {
      if (event.control === null) counts[event.type]++;
      history.append(event);
    };
    const observe = (kind: ObservationEvent["kind"], name: string, value: number | null) =>
      write(observation(plan, kind, clock.nowMicroseconds(), name, value));
    stop = (reason) => {
      if (stopped !== null) return;
      stopped = reason;
      observe("stop", reason, null);
      clock.stop();
      setTimeout(sender.abortAll, STOP_GRACE_MILLISECONDS).unref();
    };
    if (early !== null) stop(early);
    const watchTarget = createTargetWatch(() => stop("target-gone"));
    const port: EnginePort = {
      nowMicroseconds: clock.nowMicroseconds,
      sleepUntil: clock.sleepUntil,
      isStopped: () => stopped !== null,
      async send(request) {
        const answer = await sender.send(request);
        watchTarget(answer);
        return answer;
      },
      write,
      primitives: nodePrimitives,
    };
    const observeLag = () => observe("lag", "embedded", clock.takeWorstLagSeconds());
    const lagTimer = setInterval(observeLag, LAG_MILLISECONDS);
    const wallClock = watchWallClock((stepSeconds) => observe("clock", "wall", stepSeconds));
    const limitMilliseconds = Math.min(plan.limits.secondsMax * 1e3, TIMER_MILLISECONDS_MAX);
    const limitTimer = setTimeout(() => stop("time-limit"), limitMilliseconds);
    try {
      const visitors = plan.arrivals.dueMicroseconds.map((_due, visitor) => visitor);
      await startVisitors(createEngineContext({ plan, port, secrets }), visitors);
    } finally {
      clearInterval(lagTimer);
      clearTimeout(limitTimer);
      wallClock.close();
      observeLag();
      sender.abortAll();
      await sender.close();
      await history.close();
    }
    return {
      engine: "embedded",
      engineVersion: `Node.js ${process.versions.node}`,
      startedAt: clock.startedAt,
      endedMicroseconds: clock.nowMicroseconds(),
      arrivals: counts.arrival,
      requests: counts.request,
      dones: counts.done,
      observations: counts.observation,
      stopped,
    };
  };
  stop = (reason) => {
    early ??= reason;
  };
  return { totals: run(), stop: (reason) => stop(reason) };
}

function observation(
  plan: Plan,
  kind: ObservationEvent["kind"],
  atMicroseconds: number,
  name: string,
  value: number | null,
): ObservationEvent {
  return {
    type: "observation",
    run: plan.runId,
    control: null,
    kind,
    atMicroseconds,
    visitor: null,
    memberId: null,
    own: [],
    foreign: [],
    matched: [],
    mismatched: [],
    name,
    value,
  };
}

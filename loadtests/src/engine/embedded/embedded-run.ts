import { blankObservation } from "../../events/blank-observation.ts";
import type { Event, ObservationEvent } from "../../events/event.ts";
import { openHistoryFile } from "../../events/history-file.ts";
import type { Plan } from "../../plan/plan.ts";
import { createEngineContext } from "../../visitor/create-engine-context.ts";
import { startVisitors } from "../../visitor/start-visitors.ts";
import { type SendOptions, type SentTotals, type StopReason, stopReason } from "../engine.ts";
import type { EnginePort } from "../port.ts";
import { nodePrimitives } from "./node-primitives.ts";
import { createRunClock, type RunClock } from "./run-clock.ts";
import { createSender, type Sender } from "./sender.ts";
import { createTargetWatch } from "./target-watch.ts";
import { watchWallClock } from "./wall-clock.ts";

/** For preparing those who are due at once. */
const LEAD_SECONDS = 0.3;
/** Who is in flight may still be answered; the rest of the second is for aborting and writing. */
const STOP_GRACE_MILLISECONDS = 600;
const DISK_MILLISECONDS = 500;
const LAG_MILLISECONDS = 5_000;
/** setTimeout holds no more: 24.8 days. */
const TIMER_MILLISECONDS_MAX = 2 ** 31 - 1;

/** The plan's visitors in this thread's event loop. UsageError where this machine cannot, anything else is a bug. */
export async function runEmbedded(plan: Plan, options: SendOptions): Promise<SentTotals> {
  const history = await openHistoryFile(options.dir);
  const clock = createRunClock(LEAD_SECONDS);
  const sender = createSender(plan.target, clock.nowWakingDue);
  const recorder = createRecorder(plan, clock, history.append);
  const stopping = createStopping({ clock, sender, recorder, signal: options.signal });
  const watchers = startWatchers(plan, clock, recorder, stopping);
  // Nobody is sent whose answers cannot be kept. Which reason is the same: closing the history throws the right one.
  const lookAtDisk = () => void history.hasRoom().catch(() => stopping.stop("time-limit"));
  const diskTimer = setInterval(lookAtDisk, DISK_MILLISECONDS);
  const watchTarget = createTargetWatch(() => stopping.stop("target-gone"));
  const port: EnginePort = {
    nowMicroseconds: clock.nowMicroseconds,
    sleepUntil: clock.sleepUntil,
    isStopped: () => stopping.stopped() !== null,
    async send(request) {
      const answer = await sender.send(request);
      watchTarget(answer);
      return answer;
    },
    write: recorder.write,
    primitives: nodePrimitives,
  };
  try {
    const visitors = plan.arrivals.dueMicroseconds.map((_due, visitor) => visitor);
    await startVisitors(createEngineContext({ plan, port, secrets: options.secrets }), visitors);
  } finally {
    clearInterval(diskTimer);
    watchers.close();
    sender.abortAll();
    await sender.close();
    await history.close();
  }
  return {
    engine: "embedded",
    engineVersion: `Node.js ${process.versions.node}`,
    startedAt: clock.startedAt,
    endedMicroseconds: clock.nowMicroseconds(),
    arrivals: recorder.counts.arrival,
    requests: recorder.counts.request,
    dones: recorder.counts.done,
    observations: recorder.counts.observation,
    stopped: stopping.stopped(),
  };
}

interface Recorder {
  /** Of each type, without controls. */
  counts: Readonly<Record<Event["type"], number>>;
  write(event: Event): void;
  observe(kind: ObservationEvent["kind"], name: string, value: number | null): void;
}

function createRecorder(plan: Plan, clock: RunClock, append: (event: Event) => void): Recorder {
  const counts = { arrival: 0, request: 0, done: 0, observation: 0, end: 0 };
  const write = (event: Event) => {
    if (event.control === null) counts[event.type]++;
    append(event);
  };
  return {
    counts,
    write,
    observe(kind, name, value) {
      write({ ...blankObservation(plan.runId, clock.nowMicroseconds()), kind, name, value });
    },
  };
}

interface Stopping {
  stop(reason: StopReason): void;
  stopped(): StopReason | null;
}

/** The first reason counts. Nobody else is started, sleeps end, and what is in flight is aborted within the second. */
function createStopping(options: {
  clock: RunClock;
  sender: Sender;
  recorder: Recorder;
  signal: AbortSignal;
}): Stopping {
  const { clock, sender, recorder, signal } = options;
  let stopped: StopReason | null = null;
  const stop = (reason: StopReason) => {
    if (stopped !== null) return;
    stopped = reason;
    recorder.observe("stop", reason, null);
    clock.stop();
    setTimeout(sender.abortAll, STOP_GRACE_MILLISECONDS).unref();
  };
  signal.addEventListener("abort", () => stop(stopReason(signal)), { once: true });
  if (signal.aborted) stop(stopReason(signal));
  return { stop, stopped: () => stopped };
}

/** What is watched beside the visitors: the generator's own lag, the wall clock, the time limit. */
function startWatchers(
  plan: Plan,
  clock: RunClock,
  recorder: Recorder,
  stopping: Stopping,
): { close(): void } {
  const observeLag = () => recorder.observe("lag", "embedded", clock.takeWorstLagSeconds());
  const lagTimer = setInterval(observeLag, LAG_MILLISECONDS);
  const wallClock = watchWallClock((stepSeconds) => recorder.observe("clock", "wall", stepSeconds));
  const limitMilliseconds = Math.min(plan.limits.secondsMax * 1e3, TIMER_MILLISECONDS_MAX);
  const limitTimer = setTimeout(() => stopping.stop("time-limit"), limitMilliseconds);
  return {
    close() {
      clearInterval(lagTimer);
      clearTimeout(limitTimer);
      wallClock.close();
      observeLag();
    },
  };
}

import { blankObservation } from "../../events/blank-observation.ts";
import type { Event, ObservationEvent } from "../../events/event.ts";
import type { Plan } from "../../plan/plan.ts";
import { createEngineContext } from "../../visitor/create-engine-context.ts";
import { startVisitors } from "../../visitor/start-visitors.ts";
import { type SendOptions, type SentTotals, type StopReason, stopReason } from "../engine.ts";
import type { EnginePort } from "../port.ts";
import { createEventBatches } from "./event-batches.ts";
import { nodePrimitives } from "./node-primitives.ts";
import { createRunClock, type RunClock } from "./run-clock.ts";
import { createSender, type Sender } from "./sender.ts";
import { createTargetWatch } from "./target-watch.ts";
import { watchWallClock } from "./wall-clock.ts";

/** Who is in flight may still be answered; the rest of the second is for aborting and writing. */
const STOP_GRACE_MILLISECONDS = 600;
const LAG_MILLISECONDS = 5_000;
/** setTimeout holds no more: 24.8 days. */
const TIMER_MILLISECONDS_MAX = 2 ** 31 - 1;

/** What one of several threads does. */
export interface ThreadShare {
  /** 0, 1, 2 …: the first also sends the controls and watches the wall clock. */
  thread: number;
  threads: number;
  /** When the run begins, by `monotonicMilliseconds`. */
  zeroMilliseconds: number;
  /** Called when this thread stops early, for whatever reason, so that the others do as well. */
  onStop(reason: StopReason): void;
  /** Takes events, as lines of the history. */
  writeLines(lines: string): void;
}

/** A thread's share of the plan in its event loop. UsageError where this machine cannot, anything else is a bug. */
export async function runEmbedded(
  plan: Plan,
  options: Pick<SendOptions, "secrets" | "signal">,
  share: ThreadShare,
): Promise<SentTotals> {
  const isFirst = share.thread === 0;
  const events = createEventBatches(share.writeLines);
  const clock = createRunClock(share.zeroMilliseconds);
  const sender = createSender(plan.target, clock.nowWakingDue);
  const recorder = createRecorder(plan, clock, events.append);
  const stopping = createStopping({ clock, sender, signal: options.signal, onStop: share.onStop });
  const watchers = startWatchers({ plan, clock, recorder, stopping, isFirst });
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
    const context = createEngineContext({ plan, port, secrets: options.secrets, hasControls: isFirst });
    await startVisitors(context, visitorsOf(plan, share));
  } finally {
    const stopped = stopping.stopped();
    if (isFirst && stopped !== null) recorder.observe("stop", stopped, null);
    watchers.close();
    sender.abortAll();
    await sender.close();
    events.flush();
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

/** Who shares something with others stays with them. */
function visitorsOf(
  { arrivals }: Plan,
  { thread, threads }: Pick<ThreadShare, "thread" | "threads">,
): number[] {
  const visitors: number[] = [];
  for (const [visitor, group] of arrivals.group.entries())
    if (group % threads === thread) visitors.push(visitor);
  return visitors;
}

interface Recorder {
  /** Of each type, without controls. */
  counts: Readonly<Record<Event["type"], number>>;
  write(event: Event): void;
  observe(kind: ObservationEvent["kind"], name: string, value: number | null): void;
}

function createRecorder(plan: Plan, clock: RunClock, append: (event: Event) => void): Recorder {
  const counts = { arrival: 0, request: 0, done: 0, observation: 0, alert: 0, end: 0 };
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
  signal: AbortSignal;
  onStop(reason: StopReason): void;
}): Stopping {
  const { clock, sender, signal, onStop } = options;
  let stopped: StopReason | null = null;
  const stop = (reason: StopReason) => {
    if (stopped !== null) return;
    stopped = reason;
    clock.stop();
    onStop(reason);
    setTimeout(sender.abortAll, STOP_GRACE_MILLISECONDS).unref();
  };
  signal.addEventListener("abort", () => stop(stopReason(signal)), { once: true });
  if (signal.aborted) stop(stopReason(signal));
  return { stop, stopped: () => stopped };
}

/** What is watched beside the visitors: the generator's own lag, the wall clock, the time limit. */
function startWatchers(options: {
  plan: Plan;
  clock: RunClock;
  recorder: Recorder;
  stopping: Stopping;
  isFirst: boolean;
}): { close(): void } {
  const { plan, clock, recorder, stopping, isFirst } = options;
  const observeLag = () => recorder.observe("lag", "embedded", clock.takeWorstLagSeconds());
  const lagTimer = setInterval(observeLag, LAG_MILLISECONDS);
  const wallClock = isFirst
    ? watchWallClock((stepSeconds) => recorder.observe("clock", "wall", stepSeconds))
    : null;
  const limitMilliseconds = Math.min(plan.limits.secondsMax * 1e3, TIMER_MILLISECONDS_MAX);
  const limitTimer = setTimeout(() => stopping.stop("time-limit"), limitMilliseconds);
  return {
    close() {
      clearInterval(lagTimer);
      clearTimeout(limitTimer);
      wallClock?.close();
      observeLag();
    },
  };
}

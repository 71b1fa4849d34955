import { createLogUpdate } from "log-update";
import type { Event } from "../events/event.ts";
import type { Plan } from "../plan/plan.ts";
import { createColors } from "./color.ts";
import { createProgress } from "./progress.ts";
import { progressBlock, progressLine } from "./progress-lines.ts";

/** Often enough to look alive, seldom enough to cost nothing beside the generator. */
const REPAINT_MILLISECONDS = 250;
const LINE_MILLISECONDS = 5_000;

export interface ProgressOptions {
  plan: Plan;
  stream: NodeJS.WriteStream;
  isTty: boolean;
  color: boolean;
}

export interface ShownProgress {
  onEvent(event: Event): void;
  /** Paints the last state and gives the terminal back. */
  stop(): void;
}

/** Shows how a run goes, from its events: a block that is repainted, or one plain line every 5 s without a terminal. */
export function showProgress({ plan, stream, isTty, color }: ProgressOptions): ShownProgress {
  const progress = createProgress(plan);
  const colors = createColors(color);
  let latestAtMilliseconds: number | null = null;
  let isStopped = false;

  // The main process does not know the engine's clock: it goes on from the latest event by its own.
  const now = () =>
    latestAtMilliseconds === null
      ? 0
      : progress.latestMicroseconds() + (performance.now() - latestAtMilliseconds) * 1000;
  const repaint = isTty ? createLogUpdate(stream) : null;
  const paint = () => {
    const snapshot = progress.snapshot(now());
    if (repaint) repaint(progressBlock(plan, snapshot, stream.columns ?? 80, colors).join("\n"));
    else stream.write(`${progressLine(snapshot)}\n`);
  };
  const timer = setInterval(paint, isTty ? REPAINT_MILLISECONDS : LINE_MILLISECONDS);
  timer.unref();
  if (isTty) paint();

  return {
    onEvent(event) {
      const before = progress.latestMicroseconds();
      progress.add(event);
      if (progress.latestMicroseconds() > before) latestAtMilliseconds = performance.now();
    },
    stop() {
      if (isStopped) return;
      isStopped = true;
      clearInterval(timer);
      paint();
      repaint?.done();
    },
  };
}

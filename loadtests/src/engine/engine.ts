import type { EndEvent } from "../events/event.ts";

/** What every engine is given beside the plan. */
export interface SendOptions {
  /** The run folder. An engine appends every event but the end event to `events.ndjson` in it, as they happen. */
  dir: string;
  /** Secret as the target file names it (`env:NAME`, `file:PATH`) → its value; never written to the run folder. */
  secrets: Record<string, string>;
  /** Aborted to stop early; `stopReason` reads why out of its reason. */
  signal: AbortSignal;
}

export type StopReason = NonNullable<EndEvent["stopped"]>;

const STOP_REASONS: readonly string[] = [
  "interrupted",
  "exposure",
  "target-gone",
  "time-limit",
] satisfies StopReason[];

/** What an engine did. The counts leave control events out; the pipeline makes the end event of them. */
export interface SentTotals {
  engine: EndEvent["engine"];
  engineVersion: string;
  /** Wall clock at the run's start, ISO 8601. */
  startedAt: string;
  endedMicroseconds: number;
  arrivals: number;
  requests: number;
  dones: number;
  /** The engine's own: clock steps, generator lag, why it stopped. */
  observations: number;
  stopped: EndEvent["stopped"];
}

/** Why a signal was aborted; whatever is not one of the known reasons was a person's Ctrl-C. */
export function stopReason(signal: AbortSignal): StopReason {
  const reason: unknown = signal.reason;
  return typeof reason === "string" && isStopReason(reason) ? reason : "interrupted";
}

function isStopReason(reason: string): reason is StopReason {
  return STOP_REASONS.includes(reason);
}

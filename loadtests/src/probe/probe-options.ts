import type { Target } from "../target/target.ts";
import type { Findings } from "./findings.ts";
import type { Trickle } from "./plan-cycle.ts";
import type { ProbeFolder } from "./probe-folder.ts";
import type { ProbeMetrics } from "./probe-metrics.ts";
import type { Course, Tell } from "./status-line.ts";

/** What a probe runs with. */
export interface ProbeOptions extends Trickle {
  /** Of the probe as a whole; its cycles have runs of their own. */
  probeId: string;
  target: Target;
  secrets: Record<string, string>;
  canaryKey: string | undefined;
  folder: ProbeFolder;
  metrics: ProbeMetrics;
  findings: Findings;
  /** False: people stay at the target. */
  isCleaned: boolean;
  visitorsMax: number;
  /** How long visitors are sent; Infinity: until the signal. */
  seconds: number;
  signal: AbortSignal;
  tell: Tell;
  /** After each cycle. */
  onCycle(course: Course): void;
}

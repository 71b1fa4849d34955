import type { Event } from "../events/event.ts";
import type { Plan } from "../plan/plan.ts";
import { createRunCounts } from "./run-counts.ts";
import { createRunMetrics } from "./run-metrics.ts";
import { serveMetrics } from "./serve-metrics.ts";

export interface OpenRunMetrics {
  url: string;
  /** Follows the run. */
  see(event: Event): void;
  close(): Promise<void>;
}

/** A run's own metrics, served from now on; port 0 takes any that is free. */
export async function openRunMetrics(plan: Plan, port: number): Promise<OpenRunMetrics> {
  const counts = createRunCounts(plan, () => performance.now());
  const { url, close } = await serveMetrics(createRunMetrics(plan, counts), {
    port,
    flag: "--metrics-port",
    owner: "run",
  });
  return { url, see: counts.add, close };
}

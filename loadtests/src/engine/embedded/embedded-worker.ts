import { parentPort, workerData } from "node:worker_threads";
import type { Plan } from "../../plan/plan.ts";
import { UsageError } from "../../usage-error.ts";
import type { SentTotals, StopReason } from "../engine.ts";
import { runEmbedded } from "./embedded-run.ts";

/** What the engine's thread is started with, what it is told, and what it tells. */
export interface WorkerInput {
  plan: Plan;
  dir: string;
  secrets: Record<string, string>;
}
export interface WorkerOrder {
  stop: StopReason;
}
export type WorkerReport = { totals: SentTotals } | { usageError: string };

const { plan, dir, secrets } = workerData as WorkerInput;
const stopping = new AbortController();
parentPort?.on("message", (order: WorkerOrder) => stopping.abort(order.stop));
try {
  report({ totals: await runEmbedded(plan, { dir, secrets, signal: stopping.signal }) });
} catch (error) {
  // Classes do not survive the way out of a thread; a bug does, as the worker's own error.
  if (!(error instanceof UsageError)) throw error;
  report({ usageError: error.message });
}
parentPort?.close();

function report(message: WorkerReport): void {
  parentPort?.postMessage(message);
}

import { Worker } from "node:worker_threads";
import type { Plan } from "../../plan/plan.ts";
import { UsageError } from "../../usage-error.ts";
import { type SendOptions, type SentTotals, stopReason } from "../engine.ts";
import type { WorkerInput, WorkerOrder, WorkerReport } from "./embedded-worker.ts";

/**
 * Sends the plan from a thread of its own, so that following the history, drawing and judging delay nobody. Events
 * go to `events.ndjson` of the run folder within milliseconds. Ends within a second of the signal.
 */
export async function sendEmbedded(plan: Plan, options: SendOptions): Promise<SentTotals> {
  const { dir, secrets, signal } = options;
  const workerData: WorkerInput = { plan, dir, secrets };
  const worker = new Worker(workerUrl(), {
    workerData,
    name: "crowdproof-embedded",
  });
  const stop = () => worker.postMessage({ stop: stopReason(signal) } satisfies WorkerOrder);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    const report = await reportOf(worker);
    if ("usageError" in report) throw new UsageError(report.usageError);
    return report.totals;
  } finally {
    signal.removeEventListener("abort", stop);
    await worker.terminate();
  }
}

/** A clone runs TypeScript, an installed package what was built from it; tsc does not rewrite this extension. */
function workerUrl(): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./embedded-worker.${extension}`, import.meta.url);
}

function reportOf(worker: Worker): Promise<WorkerReport> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) =>
      reject(new Error(`the embedded engine's thread ended with ${code}, without a report`)),
    );
  });
}

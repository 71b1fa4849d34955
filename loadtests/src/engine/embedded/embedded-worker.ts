import { once } from "node:events";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { Plan } from "../../plan/plan.ts";
import { UsageError } from "../../usage-error.ts";
import type { SentTotals, StopReason } from "../engine.ts";
import { goFirst } from "../go-first.ts";
import { runEmbedded } from "./embedded-run.ts";

/** What a thread of the engine is started with, what it is told, and what it tells. */
export interface WorkerInput {
  plan: Plan;
  secrets: Record<string, string>;
  thread: number;
  threads: number;
}
/** `begin` comes first, once all threads are ready, and says when zero is. */
export type WorkerOrder = { begin: number } | { stop: StopReason };
export type WorkerReport =
  | { isReady: true }
  | { lines: string }
  | { stopping: StopReason }
  | { totals: SentTotals }
  | { usageError: string };

await work(parentPort as MessagePort, workerData as WorkerInput);

async function work(port: MessagePort, input: WorkerInput): Promise<void> {
  const { plan, secrets, thread, threads } = input;
  const report = (message: WorkerReport) => port.postMessage(message);
  const stopping = new AbortController();
  const begun = once(port, "message") as Promise<[{ begin: number }]>;
  goFirst();
  report({ isReady: true });
  const [{ begin }] = await begun;
  port.on("message", (order: { stop: StopReason }) => stopping.abort(order.stop));
  try {
    const totals = await runEmbedded(
      plan,
      { secrets, signal: stopping.signal },
      {
        thread,
        threads,
        zeroMilliseconds: begin,
        onStop: (reason) => report({ stopping: reason }),
        writeLines: (lines) => report({ lines }),
      },
    );
    report({ totals });
  } catch (error) {
    // Classes do not survive the way out of a thread; a bug does, as the worker's own error.
    if (!(error instanceof UsageError)) throw error;
    report({ usageError: error.message });
  }
  port.close();
}

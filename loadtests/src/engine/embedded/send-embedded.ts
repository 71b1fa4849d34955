import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { openHistoryFile } from "../../events/history-file.ts";
import type { Plan } from "../../plan/plan.ts";
import { UsageError } from "../../usage-error.ts";
import { type SendOptions, type SentTotals, stopReason } from "../engine.ts";
import type { WorkerInput, WorkerOrder, WorkerReport } from "./embedded-worker.ts";
import { monotonicMilliseconds } from "./run-clock.ts";

/** A visitor costs 0.5 to 0.7 ms of CPU: at this rate a thread is half busy, and who is due seldom waits for another. */
const VISITORS_PER_SECOND_A_THREAD = 700;
/** For preparing those who are due at once. */
const LEAD_MILLISECONDS = 300;
/**
 * A scavenge stops everything for as long as it copies what lives, and pausing visitors live: 16 MB of young objects were
 * stops of 20 ms and more, three a second at 1,000 visitors/s. V8 takes a third of this for the half that is filled: 1 ms.
 */
export const YOUNG_GENERATION_MEGABYTES = 6;
const DISK_MILLISECONDS = 500;

/**
 * Sends the plan from threads of its own, so that writing and following the history, drawing and judging delay nobody.
 * Events go to `events.ndjson` of the run folder within milliseconds; this thread writes for all, because lines of two
 * writers tear. Ends within a second of the signal.
 */
export async function sendEmbedded(plan: Plan, options: SendOptions): Promise<SentTotals> {
  const { dir, secrets, signal } = options;
  const history = await openHistoryFile(dir);
  const threads = threadsFor(plan);
  const workers = Array.from({ length: threads }, (_value, thread) =>
    startWorker({ plan, secrets, thread, threads }),
  );
  const tellAll = (order: WorkerOrder) => {
    for (const { worker } of workers) worker.postMessage(order);
  };
  const stop = () => tellAll({ stop: stopReason(signal) });
  // Nobody is sent whose answers cannot be kept. Which reason is the same: closing the history throws the right one.
  const lookAtDisk = () => void history.hasRoom().catch(() => tellAll({ stop: "time-limit" }));
  const diskTimer = setInterval(lookAtDisk, DISK_MILLISECONDS);
  try {
    await Promise.all(workers.map(({ isReady }) => isReady));
    tellAll({ begin: monotonicMilliseconds() + LEAD_MILLISECONDS });
    for (const { worker } of workers) {
      worker.on("message", (report: WorkerReport) => {
        if ("lines" in report) history.appendLines(report.lines);
        if ("stopping" in report) tellAll({ stop: report.stopping });
      });
    }
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    return sumOf(await Promise.all(workers.map(({ totals }) => totals)));
  } finally {
    clearInterval(diskTimer);
    signal.removeEventListener("abort", stop);
    await Promise.all(workers.map(({ worker }) => worker.terminate()));
    await history.close();
  }
}

/** One where it can do all: only there every visitor can meet every other as the partner of a session check. */
function threadsFor({ arrivals }: Plan): number {
  const bySecond = new Map<number, number>();
  for (const due of arrivals.dueMicroseconds) {
    const second = Math.floor(due / 1e6);
    bySecond.set(second, (bySecond.get(second) ?? 0) + 1);
  }
  const peakPerSecond = Math.max(0, ...bySecond.values());
  const wanted = Math.ceil(peakPerSecond / VISITORS_PER_SECOND_A_THREAD);
  return Math.max(1, Math.min(wanted, availableParallelism()));
}

interface StartedWorker {
  worker: Worker;
  isReady: Promise<void>;
  totals: Promise<SentTotals>;
}

function startWorker(workerData: WorkerInput): StartedWorker {
  const worker = new Worker(workerUrl(), {
    workerData,
    name: `crowdproof-embedded-${workerData.thread}`,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MEGABYTES },
  });
  const ended = new Promise<never>((_resolve, reject) => {
    worker.once("error", reject);
    worker.once("exit", (code) =>
      reject(new Error(`a thread of the embedded engine ended with ${code}, without a report`)),
    );
  });
  // Who waits for a report hears of it; when all have reported nobody does.
  ended.catch(() => {});
  const reported = <Result>(read: (report: WorkerReport) => Result | null) =>
    Promise.race([
      ended,
      new Promise<Result>((resolve, reject) => {
        worker.on("message", (report: WorkerReport) => {
          if ("usageError" in report) reject(new UsageError(report.usageError));
          const result = read(report);
          if (result !== null) resolve(result);
        });
      }),
    ]);
  const isReady = reported<true>((report) => ("isReady" in report ? true : null)).then(() => {});
  const totals = reported((report) => ("totals" in report ? report.totals : null));
  // Both fail together with the thread; whoever asks is told once.
  totals.catch(() => {});
  isReady.catch(() => {});
  return { worker, isReady, totals };
}

/** A clone runs TypeScript, an installed package what was built from it; tsc does not rewrite this extension. */
function workerUrl(): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./embedded-worker.${extension}`, import.meta.url);
}

/** Each event is one thread's alone. */
function sumOf(all: readonly SentTotals[]): SentTotals {
  const [first] = all as [SentTotals];
  const sum = (count: "arrivals" | "requests" | "dones" | "observations") =>
    all.reduce((total, one) => total + one[count], 0);
  return {
    ...first,
    endedMicroseconds: Math.max(...all.map(({ endedMicroseconds }) => endedMicroseconds)),
    arrivals: sum("arrivals"),
    requests: sum("requests"),
    dones: sum("dones"),
    observations: sum("observations"),
    stopped: all.find(({ stopped }) => stopped !== null)?.stopped ?? null,
  };
}

import { mkdir } from "node:fs/promises";
import { runEmbedded } from "../engine/embedded/embedded-run.ts";
import type { SentTotals } from "../engine/engine.ts";
import type { Event } from "../events/event.ts";
import { type HistoryFile, openHistoryFile } from "../events/history-file.ts";
import type { Plan } from "../plan/plan.ts";
import { writePlan } from "../plan/plan-file.ts";
import { UsageError } from "../usage-error.ts";

/** The visitors of one cycle, on their way or done. Its folder is a run folder. */
export interface Cycle {
  readonly dir: string;
  /** As it is sent and judged. */
  readonly plan: Plan;
  readonly isEnded: boolean;
  /** Resolves when the last of them is done and its history is closed. */
  readonly ended: Promise<void>;
  /** Who is under way ends within the second, as cut short. */
  stop(): void;
  /** Adds what was seen outside the answers. */
  append(event: Event): void;
}

export interface CycleOptions {
  dir: string;
  plan: Plan;
  /** As the target file has it, so that `crowdproof cleanup` can count whom it removes. */
  planOnDisk: Plan;
  secrets: Record<string, string>;
  /** The probe's start, by `monotonicMilliseconds`: all cycles have one clock. */
  zeroMilliseconds: number;
  /** At once, as each answer arrives. */
  onEvent(event: Event): void;
  /** What the disk or this machine could not. */
  say(reason: string): void;
}

/** Starts a cycle in this thread; a trickle delays nobody. The plan is on disk before anybody is sent. */
export async function startCycle(options: CycleOptions): Promise<Cycle> {
  const { dir, plan } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writePlan(dir, options.planOnDisk);
  const history = await openHistoryFile(dir);
  const stopping = new AbortController();
  let isEnded = false;
  const ended = sendAll(options, history, stopping.signal).finally(() => {
    isEnded = true;
  });
  // A bug of ours is for whoever waits; nobody may be waiting yet.
  ended.catch(() => {});
  return {
    dir,
    plan,
    get isEnded() {
      return isEnded;
    },
    ended,
    stop: () => stopping.abort("interrupted"),
    append: (event) => {
      if (!isEnded) history.append(event);
    },
  };
}

async function sendAll(options: CycleOptions, history: HistoryFile, signal: AbortSignal): Promise<void> {
  const { plan, secrets, zeroMilliseconds, onEvent, say } = options;
  const writeLines = (lines: string) => {
    history.appendLines(lines);
    for (const line of lines.split("\n")) if (line !== "") onEvent(JSON.parse(line) as Event);
  };
  try {
    const share = { thread: 0, threads: 1, zeroMilliseconds, onStop() {}, writeLines };
    const totals = await runEmbedded(plan, { secrets, signal }, share);
    history.append(endOf(plan, totals));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say(error.message);
  }
  // What was seen has been told already; a full disk costs the checks that look at the history.
  await history.close().catch((error: unknown) => {
    if (!(error instanceof UsageError)) throw error;
    say(error.message);
  });
}

function endOf(plan: Plan, totals: SentTotals): Event {
  return { type: "end", run: plan.runId, control: null, ...totals };
}

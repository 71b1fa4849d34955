import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkHistory } from "./checks/check-history.ts";
import type { SendOptions, SentTotals } from "./engine/engine.ts";
import type { EndEvent } from "./events/event.ts";
import { openHistoryFile } from "./events/history-file.ts";
import { type CountersBefore, observe, observeBefore } from "./observation/observe.ts";
import type { Plan } from "./plan/plan.ts";
import { writePlan } from "./plan/plan-file.ts";
import { writeReport } from "./report/write-report.ts";
import { decideVerdict } from "./verdict/decide-verdict.ts";
import type { Verdict } from "./verdict/verdict.ts";

export interface GateOptions {
  dir: string;
  plan: Plan;
  secrets: Record<string, string>;
  signal: AbortSignal;
  /** Told why something could not be observed. */
  say(reason: string): void;
  /** The engine that was chosen. */
  sendLoad(plan: Plan, options: SendOptions): Promise<SentTotals>;
}

/** The whole campaign, in the order the data flows. No other file knows this order. */
export async function runGate(options: GateOptions): Promise<Verdict> {
  const { dir, plan, secrets, signal } = options;
  await writePlan(dir, plan);
  const before = await observeBefore(plan, secrets);
  const totals = await options.sendLoad(plan, { dir, secrets, signal });
  await closeHistory(options, totals, before);
  return judgeRun(dir);
}

/** What follows from the run folder alone: nothing is sent, and it may be done again. */
export async function judgeRun(dir: string): Promise<Verdict> {
  const verdict = decideVerdict(await checkHistory(dir));
  await writeFile(join(dir, "verdict.json"), `${JSON.stringify(verdict, null, 2)}\n`, { mode: 0o600 });
  await writeReport(dir, verdict);
  return verdict;
}

/** Appends what was seen outside the answers, then the end, with the counts everything must add up to. */
async function closeHistory(options: GateOptions, totals: SentTotals, before: CountersBefore): Promise<void> {
  const { dir, plan, secrets, signal } = options;
  const history = await openHistoryFile(dir);
  let { observations, ...counts } = totals;
  // Whoever pressed Ctrl-C waits: a run that was cut short has nothing to gain from reading back.
  if (!signal.aborted) {
    const { endedMicroseconds: atMicroseconds } = counts;
    for await (const seen of observe(plan, { secrets, atMicroseconds, before, say: options.say })) {
      history.append(seen);
      observations++;
      await history.hasRoom();
    }
  }
  const end: EndEvent = { type: "end", run: plan.runId, control: null, ...counts, observations };
  history.append(end);
  await history.close();
}

import { join } from "node:path";
import type { AlertWatch } from "./alerts/alert-watch.ts";
import { checkHistory } from "./checks/check-history.ts";
import type { SendOptions, SentTotals } from "./engine/engine.ts";
import type { AlertEvent, EndEvent, ObservationEvent } from "./events/event.ts";
import { openHistoryFile } from "./events/history-file.ts";
import type { MailSink } from "./mail/mail-sink.ts";
import { type CountersBefore, observe, observeBefore } from "./observation/observe.ts";
import type { Plan } from "./plan/plan.ts";
import { writePlan } from "./plan/plan-file.ts";
import { replaceFile } from "./report/replace-file.ts";
import { writeReport } from "./report/write-report.ts";
import { UsageError } from "./usage-error.ts";
import { decideVerdict } from "./verdict/decide-verdict.ts";
import type { Verdict } from "./verdict/verdict.ts";

export interface GateOptions {
  dir: string;
  plan: Plan;
  secrets: Record<string, string>;
  signal: AbortSignal;
  /** Told why something could not be observed. */
  say(reason: string): void;
  /** Where the target's mails end and are looked at; null where that is out of our sight. */
  mails: Pick<MailSink, "observe"> | null;
  /** Who watches the run by alert rules; null where alerts were not demanded. */
  alerts: Pick<AlertWatch, "observe"> | null;
  /** The engine that was chosen. */
  sendLoad(plan: Plan, options: SendOptions): Promise<SentTotals>;
}

/** The whole campaign, in the order the data flows. No other file knows this order. */
export async function runGate(options: GateOptions): Promise<Verdict> {
  const before = await beginRun(options);
  try {
    await sendAndObserve(options, before);
  } catch (error) {
    return await judgeRemains(options, error);
  }
  return judgeRun(options.dir);
}

/** All of it that needs the target. What is judged then, and when, needs the run folder alone. */
export async function recordRun(options: GateOptions): Promise<void> {
  await sendAndObserve(options, await beginRun(options));
}

async function beginRun({ dir, plan, secrets }: GateOptions): Promise<CountersBefore> {
  await writePlan(dir, plan);
  return observeBefore(plan, secrets);
}

async function sendAndObserve(options: GateOptions, before: CountersBefore): Promise<void> {
  const { dir, plan, secrets, signal } = options;
  const totals = await options.sendLoad(plan, { dir, secrets, signal });
  await closeHistory(options, totals, before);
}

/** Somebody's data shown before the disk was full or the machine at its end was shown all the same. */
async function judgeRemains({ dir, say }: GateOptions, error: unknown): Promise<Verdict> {
  if (!(error instanceof UsageError)) throw error;
  const verdict = await judgeRun(dir).catch(() => null);
  if (verdict?.outcome === "fail") {
    say(error.message);
    return verdict;
  }
  const again = `What was recorded until then can be judged: npx crowdproof judge ${dir}`;
  throw new UsageError(`${error.message}\n${again}`, { cause: error });
}

/** What follows from the run folder alone: nothing is sent, and it may be done again. */
export async function judgeRun(dir: string): Promise<Verdict> {
  try {
    const verdict = decideVerdict(await checkHistory(dir));
    await replaceFile(join(dir, "verdict.json"), `${JSON.stringify(verdict, null, 2)}\n`);
    await writeReport(dir, verdict);
    return verdict;
  } catch (error) {
    const trouble = diskTroubleOf(error);
    if (trouble === null) throw error;
    throw new UsageError(`${dir} cannot be judged: ${trouble}. Then: npx crowdproof judge ${dir}`, {
      cause: error,
    });
  }
}

/** Node's errors and DuckDB's name it differently; null for what is no trouble of a disk, and a bug of ours. */
function diskTroubleOf(error: unknown): string | null {
  const words = error instanceof Error ? error.message : "";
  if (/ENOSPC|EDQUOT|EFBIG|No space left on device|File too large/.test(words)) {
    return "no space is left on its disk; free some";
  }
  if (/EACCES|EPERM|EROFS|Permission denied|Read-only file system/.test(words)) {
    return "its folder may not be written to; make it writable, or copy it to where you may write";
  }
  return null;
}

/** Appends what was seen outside the answers, then the end, with the counts everything must add up to. */
async function closeHistory(options: GateOptions, totals: SentTotals, before: CountersBefore): Promise<void> {
  const { dir, plan, secrets, signal, mails, alerts } = options;
  const history = await openHistoryFile(dir);
  let { observations, ...counts } = totals;
  const { endedMicroseconds: atMicroseconds, startedAt } = counts;
  const isCutShort = signal.aborted;
  const record = async (seen: AsyncIterable<ObservationEvent | AlertEvent>) => {
    for await (const event of seen) {
      history.append(event);
      // How many alerts there must be, their own last observation says.
      if (event.type === "observation") observations++;
      await history.hasRoom();
    }
  };
  // Mails first: they are waited for, and what is read back then is what came of it all.
  if (mails !== null) await record(mails.observe({ startedAt, atMicroseconds, isCutShort }));
  // Whoever pressed Ctrl-C waits: a run that was cut short has nothing to gain from reading back.
  if (!isCutShort) await record(observe(plan, { secrets, atMicroseconds, before, say: options.say }));
  // Last, for reading back is work as well. Of a run that was cut short the service may be gone, which is no alarm.
  if (!isCutShort && alerts !== null) await record(alerts.observe({ startedAt, atMicroseconds }));
  const end: EndEvent = { type: "end", run: plan.runId, control: null, ...counts, observations };
  history.append(end);
  await history.close();
}

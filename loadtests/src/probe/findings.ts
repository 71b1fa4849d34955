import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Plan } from "../plan/plan.ts";
import { createAlarm, type Seen } from "./alarm.ts";
import type { ForeignData } from "./foreign-data.ts";
import type { Looked, ProbeCheck } from "./judge-history.ts";
import { runTagOf } from "./numbering.ts";
import type { ProbeMetrics } from "./probe-metrics.ts";
import type { AlertPush } from "./push-alerts.ts";
import type { Tell } from "./status-line.ts";

/** What was found, told to everybody who has to know: at once. */
export interface Findings {
  /** One answer or mail that showed somebody else's data. */
  foreign(data: ForeignData, plan: Plan): void;
  /** What a check says of the history. */
  failed(looked: Looked): void;
  /** The runs whose canaries may come back. */
  know(plan: Plan): void;
  times(): Partial<Record<ProbeCheck, number>>;
  /** Tells again what goes on: an Alertmanager that was started anew knows nothing. */
  repeat(): void;
  /** Resolves when whoever was told to stop the campaign has answered, and the alerts are out. */
  close(): Promise<void>;
}

export interface FindingsOptions {
  dir: string;
  canaryKey: string | undefined;
  metrics: ProbeMetrics;
  push: AlertPush;
  /** Resolves with false where nothing stopped it. */
  stopCampaign(seen: Seen): Promise<boolean>;
  tell: Tell;
}

/** Of each check and episode: a storm is told by its first lines and its number. */
const TOLD_MAX = 5;
/** 300 bytes each; what comes after is counted. */
const LINES_MAX = 1_000;
/** Of two months at one a minute; older ones are named by their tag. */
const KNOWN_RUNS_MAX = 100_000;

export function createFindings(options: FindingsOptions): Findings {
  const { dir, canaryKey, metrics, push, tell } = options;
  const alarm = createAlarm();
  const times = new Map<ProbeCheck, number>();
  const runs = new Map<number, string>();
  const stopping = new Set<Promise<void>>();
  const told = new Map<ProbeCheck, number>();
  let kept = 0;

  const raise = (check: ProbeCheck, count: number, words: string, evidence: unknown) => {
    const nowMs = Date.now();
    times.set(check, (times.get(check) ?? 0) + count);
    metrics.add("crowdproof_probe_violations_total", { check }, count);
    metrics.set("crowdproof_probe_last_violation_timestamp_seconds", { check }, nowMs / 1e3);
    const { seen, isToBeStopped } = alarm.add(check, count, nowMs);
    push.tell(alarm.going(nowMs));
    if (isToBeStopped) stop(seen);
    if (seen.firstAtMs === seen.lastAtMs) told.delete(check);
    const lines = (told.get(check) ?? 0) + 1;
    told.set(check, lines);
    if (lines <= TOLD_MAX) tell(check, words);
    if (lines === TOLD_MAX) tell(check, "What follows of it is counted, and stands in findings.ndjson.");
    keep({ at: new Date(nowMs).toISOString(), check, times: count, evidence });
  };

  const stop = (seen: Seen) => {
    const stopped = options
      .stopCampaign(seen)
      .then((isStopped) => {
        if (!isStopped) alarm.noteNotStopped(Date.now());
      })
      .finally(() => stopping.delete(stopped));
    stopping.add(stopped);
  };

  const keep = (line: unknown) => {
    if (++kept > LINES_MAX) return;
    try {
      appendFileSync(join(dir, "findings.ndjson"), `${JSON.stringify(line)}\n`, { mode: 0o600 });
    } catch (error) {
      // Once: it has been told, and pushed; only the copy is missing.
      kept = LINES_MAX;
      tell(
        "trouble",
        `findings.ndjson cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  };

  const nameOf = (visitor: number | null, runId: string | undefined) => {
    if (visitor === null) return "an address of nobody";
    return `visitor ${visitor}${runId === undefined ? "" : ` of ${runId}`}`;
  };

  return {
    foreign(data, plan) {
      const { viewer, step, canaries, mismatched } = data;
      const victims = new Set(
        canaries.map(({ visitor, runTag }) => nameOf(visitor, runs.get(runTag) ?? `run tag ${runTag}`)),
      );
      const fields = new Set([...canaries.map(({ field }) => field), ...mismatched]);
      const places = new Set([
        ...canaries.map(({ place }) => place),
        ...(mismatched.length > 0 ? ["not as sent"] : []),
      ]);
      const whose = victims.size === 0 ? "data that they did not send" : [...victims].slice(0, 3).join(", ");
      const words = `${nameOf(viewer, plan.runId)} saw ${whose}: ${[...fields].join(", ")} (${step}, ${[...places].slice(0, 4).join(", ")})`;
      raise("reads-own", 1, words, {
        viewer: nameOf(viewer, plan.runId),
        step,
        victims: [...victims],
        fields: [...fields],
        places: [...places],
      });
    },
    failed({ check, summary, findings }) {
      raise(check, Math.max(1, findings.length), summary, findings);
    },
    know({ runId }) {
      if (runs.size >= KNOWN_RUNS_MAX) runs.delete(runs.keys().next().value!);
      runs.set(runTagOf(runId, canaryKey), runId);
    },
    times: () => Object.fromEntries(times),
    repeat: () => push.tell(alarm.going(Date.now())),
    async close() {
      await Promise.all(stopping);
      await push.close();
    },
  };
}

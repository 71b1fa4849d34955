import type { LabelsOf } from "../../../monitoring/catalogue/catalogue.ts";
import { ANOMALY_KINDS, type AnomalyKind } from "../guard/judge.ts";
import type { MetricsPage, MetricsSnapshot } from "./snapshot.ts";
import { createTallies, type Tallies } from "./tallies.ts";

export type PushOutcome = LabelsOf<"crowdproof_pushes_total">["outcome"];

/** Anomalies and the pages posted for them: in a worker of answers, in its parent of mails and of the auditor. */
export interface AlarmMetrics {
  countAnomaly(kind: AnomalyKind): void;
  countPush(outcome: PushOutcome): void;
}

export function tallyAlarms(tallies: Tallies): AlarmMetrics {
  const anomalies = tallies.counts("crowdproof_anomalies_total");
  const pushes = tallies.counts("crowdproof_pushes_total");
  const lastSeconds = Object.fromEntries(ANOMALY_KINDS.map((kind) => [kind, 0])) as Record<
    AnomalyKind,
    number
  >;
  tallies.levels("crowdproof_last_anomaly_timestamp_seconds", () => lastSeconds);
  return {
    countAnomaly(kind) {
      anomalies[kind].value += 1;
      lastSeconds[kind] = Date.now() / 1_000;
    },
    countPush(outcome) {
      pushes[outcome].value += 1;
    },
  };
}

/** Those of the parent process. */
export function createParentAlarmMetrics(): AlarmMetrics & { snapshot(page: MetricsPage): MetricsSnapshot } {
  const tallies = createTallies();
  return { ...tallyAlarms(tallies), snapshot: tallies.snapshot };
}

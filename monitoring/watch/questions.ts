/** What is asked of Prometheus for one picture: name → PromQL. The anomalies' small page is the job `anomalies`. */
export const QUESTIONS = {
  phase: "max by (phase) (crowdproof_campaign_state)",
  share: "min(crowdproof_campaign_share_ratio)",
  reopenedSeconds: "max(crowdproof_reopened_timestamp_seconds)",
  // To within 5 s, and not beyond an hour: there is no metric for it, and this one needs none.
  lastOpenSeconds: 'max_over_time(timestamp(max(crowdproof_campaign_state{phase="halted"}) == 0)[1h:5s])',
  haltedBy: "max by (by) (crowdproof_halts_total)",
  haltedBySeconds: "max_over_time(timestamp(max by (by) (delta(crowdproof_halts_total[30s])) > 0)[1h:5s])",
  members: 'sum(crowdproof_signups_total{outcome="acknowledged"})',
  membersPerSecond: 'sum(rate(crowdproof_signups_total{outcome="acknowledged"}[30s]))',
  offeredPerSecond: "sum(rate(crowdproof_offered_signups_total[30s]))",
  // 0 until a worker of some instance has been full. One that never was counts as the mean of the others, as in the rules.
  capacityPerSecond:
    "count(crowdproof_capacity_signups_per_second) * (avg(crowdproof_capacity_signups_per_second > 0) or vector(0))",
  waitingPeople: "max(crowdproof_line_wait_seconds) * max(crowdproof_line_promised_per_second)",
  toldSeconds: "max(crowdproof_line_wait_seconds)",
  p99Seconds: "histogram_quantile(0.99, sum by (le) (rate(crowdproof_signup_latency_seconds_bucket[1m])))",
  queued: "sum(crowdproof_signups_queued)",
  working: "sum(crowdproof_signups_working)",
  limit: "sum(crowdproof_signups_limit)",
  connectionsBusy: 'sum(crowdproof_pool_connections{state="busy"})',
  connectionsLimit: "sum(crowdproof_pool_connections_limit)",
  // Of each instance once, in however many jobs it is scraped.
  workers: 'sum(max by (instance) (crowdproof_workers{state="serving"}))',
  workersWanted: "sum(max by (instance) (crowdproof_workers_wanted))",
  deploying: "max(crowdproof_deploying)",
  anomalies: "sum by (kind) (crowdproof_anomalies_total)",
  lastAnomalyAgeSeconds: "time() - max(crowdproof_last_anomaly_timestamp_seconds)",
  findings: "max by (kind) (crowdproof_auditor_findings)",
  // Each instance looks at the same database: the youngest look counts, as for the alert.
  lookAgeSeconds: "time() - max(crowdproof_auditor_last_look_timestamp_seconds)",
  probeViolations: "sum by (target, check) (crowdproof_probe_violations_total)",
  probeAgeSeconds: "time() - max by (target) (crowdproof_probe_last_positive_timestamp_seconds > 0)",
  lost: "sum(crowdproof_ledger_lost) + sum(crowdproof_access_ledger_lost)",
  runPlanned: "sum(crowdproof_run_planned_visitors)",
  runStarted: "sum(crowdproof_run_started_visitors_total)",
  runInFlight: "sum(crowdproof_run_in_flight)",
  exposures: "sum by (run) (crowdproof_run_exposures_total)",
  targetsUp: "sum(up)",
  targets: "count(up)",
} as const;

export type Question = keyof typeof QUESTIONS;

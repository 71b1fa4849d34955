import { duration } from "../duration.ts";
import type { Parameters } from "../parameters.ts";
import type { Alert, RuleGroup } from "../rule.ts";
import { percent } from "./processing.ts";

const OFFERED = "campaign:crowdproof_offered_signups:rate";
const CAPACITY = "campaign:crowdproof_capacity_signups_per_second:sum";
const PLAN = "max by (run) (crowdproof_plan_visitors_per_second)";

/** Causes, and what is coming: read at work. A worker that stays away wakes somebody, for the next may follow it. */
export function capacityRules(parameters: Parameters): RuleGroup {
  return {
    name: "capacity",
    everySeconds: parameters.everySeconds.capacity,
    recordings: [],
    alerts: [
      commitsSlow(parameters),
      poolExhausted(parameters),
      eventLoopLags(parameters),
      workerMissing(parameters),
      workersDying(parameters),
      capacityNear(parameters),
      campaignOverPlan(parameters),
    ],
  };
}

function commitsSlow({ capacity: at, processing }: Parameters): Alert {
  const window = duration(processing.waitingSeconds);
  const commits = (suffix: string) =>
    `sum by (${suffix === "bucket" ? "le, " : ""}run) (increase(crowdproof_commit_seconds_${suffix}[${window}]))`;
  return {
    alert: "CommitsSlow",
    severity: "ticket",
    expr: `
histogram_quantile(0.95, ${commits("bucket")}) > ${at.commitSeconds}
and ${commits("count")} >= ${at.commitsMin}`,
    forSeconds: at.forSeconds,
    summary: "The database takes long to commit.",
    description: "One commit in twenty takes {{ $value | humanizeDuration }} or longer.",
    dashboard: "capacity",
    threshold: `95th percentile above ${at.commitSeconds} s over ${window} with at least ${at.commitsMin} commits, for ${duration(at.forSeconds)}`,
  };
}

function poolExhausted({ capacity: at, processing }: Parameters): Alert {
  const window = duration(processing.rateSeconds);
  return {
    alert: "PoolExhausted",
    severity: "ticket",
    expr: `
sum by (run) (avg_over_time(crowdproof_pool_connections{state="busy"}[${window}]))
/ sum by (run) (crowdproof_pool_connections_limit) > ${at.busyConnectionsShare}`,
    forSeconds: at.forSeconds,
    summary: "Nearly all connections to the database that the door hands out are in use.",
    description: "{{ $value | humanizePercentage }} of all connections are in use at any moment.",
    dashboard: "capacity",
    threshold: `more than ${at.busyConnectionsShare * 100} % in use on average over ${window}, for ${duration(at.forSeconds)}`,
  };
}

function eventLoopLags({ capacity: at }: Parameters): Alert {
  return {
    alert: "EventLoopLags",
    severity: "ticket",
    expr: `max by (run) (crowdproof_event_loop_lag_seconds) > ${at.eventLoopSeconds}`,
    forSeconds: at.forSeconds,
    summary: "A worker process comes late to everything it does.",
    description: "Its event loop lags by {{ $value | humanizeDuration }} (99th percentile).",
    dashboard: "capacity",
    threshold: `above ${at.eventLoopSeconds} s for ${duration(at.forSeconds)}`,
  };
}

/** One that has not answered its parent for 5 s is no longer counted as serving. */
function workerMissing({ capacity: at }: Parameters): Alert {
  return {
    alert: "WorkerMissing",
    severity: "page",
    expr: `
max by (instance, run) (crowdproof_workers_wanted)
- max by (instance, run) (crowdproof_workers{state="serving"}) > 0
unless max by (instance, run) (crowdproof_deploying) == 1`,
    forSeconds: at.workerMissingSeconds,
    summary: "Worker processes have ended and do not come back, or hang.",
    description: "Worker processes missing at {{ $labels.instance }}: {{ $value | humanize }}.",
    dashboard: "capacity",
    threshold: `fewer than wanted for ${duration(at.workerMissingSeconds)}, a rolling restart apart`,
  };
}

/** Each is replaced before it is missed, and each took with it what it had under way. */
function workersDying({ capacity: at }: Parameters): Alert {
  const window = duration(at.diedSeconds);
  return {
    alert: "WorkersDying",
    severity: "ticket",
    expr: `sum by (instance, run) (increase(crowdproof_worker_exits_total{reason=~"ended|failed|killed"}[${window}])) >= ${at.diedMin}`,
    summary: "Worker processes end again and again, and are replaced.",
    description: "Worker processes of {{ $labels.instance }} that ended unasked: {{ $value | humanize }}.",
    dashboard: "capacity",
    threshold: `${at.diedMin} within ${window}`,
  };
}

function capacityNear({ capacity: at }: Parameters): Alert {
  const trend = `predict_linear(${OFFERED}[${duration(at.trendSeconds)}], ${at.horizonSeconds})`;
  const near = (share: string, because: string) =>
    `label_replace(${share}, "because", "${because}", "", "") > ${at.nearShare}`;
  return {
    alert: "CapacityNear",
    severity: "ticket",
    expr: `
${near(`${PLAN} / ${CAPACITY}`, "plan")}
or ${near(`${trend} / ${CAPACITY} and ${OFFERED} > ${at.trendFromShare} * ${CAPACITY}`, "trend")}`,
    forSeconds: at.forSeconds,
    summary: "More people are coming than the service is likely to be able to do ({{ $labels.because }}).",
    description: "{{ $value | humanizePercentage }} of the measured capacity will be asked for.",
    dashboard: "capacity",
    threshold: `the plan's peak, or what the last ${duration(at.trendSeconds)} lead to in ${duration(at.horizonSeconds)}, above ${percent(at.nearShare)} of the measured capacity (the latter from ${percent(at.trendFromShare)} on), for ${duration(at.forSeconds)}`,
  };
}

function campaignOverPlan({ capacity: at, processing }: Parameters): Alert {
  return {
    alert: "CampaignOverPlan",
    severity: "ticket",
    expr: `${OFFERED} / (${PLAN} > 0) > ${at.overPlanShare}`,
    forSeconds: processing.rateSeconds,
    summary: "More people come than were planned for.",
    description: "{{ $value | humanizePercentage }} of the plan's peak ask to sign up.",
    dashboard: "campaign",
    threshold: `more than ${percent(at.overPlanShare)} of the plan's peak for ${duration(processing.rateSeconds)}`,
  };
}

import { DASHBOARD_UIDS } from "../../monitoring/catalogue/dashboard-uids.ts";
import { production as alertAt } from "../../monitoring/rules/parameters.ts";
import { linesOf } from "./label-values.ts";
import {
  atLeast,
  type DashboardSpec,
  NO_LIMIT,
  NO_SERVICE,
  NO_SIGNUP_FAILS,
  type PanelSpec,
  upTo,
  ZERO_ONLY,
} from "./panel.ts";
import { percentiles, perSecond, service } from "./promql.ts";
import { INSTANCE, RUN } from "./variables.ts";
import { withheld } from "./wrong-identities.ts";

const NO_RUN = "no run shows its numbers";

function run(metric: string): string {
  return `${metric}{run=~"$run"}`;
}

const planned = `sum(${run("crowdproof_run_planned_visitors")})`;
const started = `sum(${run("crowdproof_run_started_visitors_total")})`;

const AT_A_GLANCE: readonly PanelSpec[] = [
  {
    kind: "stat",
    title: "Started of planned",
    description:
      "Visitors started, of those due by now. Below 100 % for longer than a moment: the run says nothing.",
    unit: "percentunit",
    decimals: 1,
    thresholds: atLeast(0.98, 0.999),
    noValue: NO_RUN,
    width: 6,
    isLarge: true,
    queries: [{ expr: `${started} / (${planned} > 0)`, legend: "started" }],
  },
  {
    kind: "stat",
    title: "Visitors started",
    description: "Of the runs chosen, since they began.",
    unit: "short",
    thresholds: NO_LIMIT,
    noValue: NO_RUN,
    width: 6,
    isLarge: true,
    queries: [{ expr: started, legend: "started" }],
  },
  {
    kind: "stat",
    title: "In flight",
    description: "Visitors that were started and are not done: at work, pausing, or waiting their time.",
    unit: "short",
    thresholds: NO_LIMIT,
    noValue: NO_RUN,
    width: 6,
    isLarge: true,
    queries: [{ expr: `sum(${run("crowdproof_run_in_flight")})`, legend: "in flight" }],
  },
  {
    kind: "stat",
    title: "Exposures",
    description: "Answers and mails in which somebody saw another person's data. One fails the run.",
    unit: "none",
    decimals: 0,
    thresholds: ZERO_ONLY,
    noValue: NO_RUN,
    width: 6,
    isLarge: true,
    runbooks: ["IdAnomaly"],
    queries: [{ expr: `sum(${run("crowdproof_run_exposures_total")})`, legend: "exposures" }],
  },
];

const SENT: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Planned and sent",
    description:
      "Visitors each second: due by the plan, started by the harness, and newcomers as the service counted them. Three lines that should lie on one another.",
    unit: "reqps",
    thresholds: NO_LIMIT,
    noValue: NO_RUN,
    width: 12,
    queries: [
      {
        // A level that only rises within a run; the next run is another series.
        expr: `sum(clamp_min(deriv(${run("crowdproof_run_planned_visitors")}[$__rate_interval]), 0))`,
        legend: "planned",
      },
      { expr: `sum(${perSecond(run("crowdproof_run_started_visitors_total"))})`, legend: "sent" },
      {
        expr: `sum(${perSecond(service("crowdproof_offered_signups_total"))})`,
        legend: "asked at the service",
      },
    ],
  },
  {
    kind: "graph",
    title: "Late starts",
    description:
      "How long after their due time visitors were started. The generator must not be the bottleneck.",
    unit: "s",
    // The start-time error at which a run is no longer valid by default.
    thresholds: upTo(0.02, 0.1),
    noValue: NO_RUN,
    width: 12,
    queries: percentiles(run("crowdproof_run_start_error_seconds_bucket"), 50, 99),
  },
];

const BOTH_SIDES: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "How visitors ended, as the harness saw it",
    description: "Visitors done each second, by class. The line at 0 is for failed and indeterminate.",
    unit: "reqps",
    thresholds: NO_LIMIT,
    limitOf: NO_SIGNUP_FAILS,
    noValue: NO_RUN,
    width: 12,
    queries: [
      {
        expr: `sum by (class) (${perSecond(run("crowdproof_run_finished_visitors_total"))})`,
        ...linesOf("crowdproof_run_finished_visitors_total", "class"),
      },
    ],
  },
  {
    kind: "graph",
    title: "How signups ended, as the service saw it",
    description:
      "Signups answered each second, by outcome. A visitor who waits and comes back is answered more than once. The line at 0 is for failed and indeterminate.",
    unit: "reqps",
    thresholds: NO_LIMIT,
    limitOf: NO_SIGNUP_FAILS,
    noValue: NO_SERVICE,
    width: 12,
    queries: [
      {
        expr: `sum by (outcome) (${perSecond(service("crowdproof_signups_total"))})`,
        ...linesOf("crowdproof_signups_total", "outcome"),
      },
    ],
  },
];

const UNDER_IT: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Time to become a member",
    description: "At the service, acknowledged signups only.",
    unit: "s",
    thresholds: upTo(0.5, alertAt.budget.slowSeconds),
    noValue: "no signup was acknowledged",
    width: 8,
    runbooks: ["SignupsSlowInCampaign"],
    queries: percentiles(service("crowdproof_signup_latency_seconds_bucket"), 50, 95, 99),
  },
  {
    kind: "graph",
    title: "In flight and waiting",
    description:
      "Visitors of the harness that are not done, and signups queued and worked on at the service.",
    unit: "short",
    decimals: 0,
    thresholds: NO_LIMIT,
    noValue: NO_RUN,
    width: 8,
    queries: [
      { expr: `sum(${run("crowdproof_run_in_flight")})`, legend: "in flight" },
      { expr: `sum(${service("crowdproof_signups_queued")})`, legend: "queued" },
      { expr: `sum(${service("crowdproof_signups_working")})`, legend: "working" },
    ],
  },
  {
    kind: "graph",
    title: "Wrong identities",
    description: "Exposures as the harness saw them, and what the service's guard withheld.",
    unit: "short",
    decimals: 0,
    thresholds: ZERO_ONLY,
    noValue: NO_RUN,
    width: 8,
    runbooks: ["IdAnomaly"],
    queries: [
      { expr: `sum(${run("crowdproof_run_exposures_total")})`, legend: "exposures" },
      { expr: withheld, legend: "withheld" },
    ],
  },
];

/** Did the load test send what it planned, and what did the service do with it? */
export const LOAD_TEST: DashboardSpec = {
  uid: DASHBOARD_UIDS.loadTest,
  title: "Load test",
  description: "Did the harness send what it planned, and what did the service do with it, on one time axis?",
  fromSeconds: 900,
  variables: [INSTANCE, RUN],
  rows: [
    { title: null, height: 6, panels: AT_A_GLANCE },
    { title: "Planned against sent", height: 9, panels: SENT },
    { title: "The same visitors from both sides", height: 8, panels: BOTH_SIDES },
    { title: "The service under it", height: 8, panels: UNDER_IT },
  ],
};

import { START_SECONDS_BUCKETS } from "./buckets.ts";
import { SIGNUP_OUTCOMES } from "./closed-sets.ts";
import type { Metric } from "./metric.ts";

const ofRun = {
  servedBy: "harness",
  page: "all",
  overWorkers: "one",
  labels: { run: "open" },
} as const;

/** Of a gate that runs. */
export const HARNESS_METRICS = {
  crowdproof_run_planned_visitors: {
    ...ofRun,
    type: "gauge",
    unit: "visitors",
    meaning: "Visitors of the plan that are due by now.",
  },
  crowdproof_run_started_visitors_total: {
    ...ofRun,
    type: "counter",
    unit: "visitors",
    meaning: "Visitors that were started.",
  },
  crowdproof_run_finished_visitors_total: {
    ...ofRun,
    type: "counter",
    unit: "visitors",
    meaning: "Visitors that are done, by how their signup ended.",
    labels: { run: "open", class: SIGNUP_OUTCOMES },
  },
  crowdproof_run_start_error_seconds: {
    ...ofRun,
    type: "histogram",
    unit: "seconds",
    meaning: "How long after their due time visitors were started.",
    buckets: START_SECONDS_BUCKETS,
  },
  crowdproof_run_in_flight: {
    ...ofRun,
    type: "gauge",
    unit: "visitors",
    meaning: "Visitors that were started and are not done.",
  },
  crowdproof_run_exposures_total: {
    ...ofRun,
    type: "counter",
    unit: "observations",
    meaning: "Answers and mails in which somebody saw another person's data.",
  },
} as const satisfies Readonly<Record<string, Metric>>;

import { ACTION_OUTCOMES, PROBE_ACTIONS, PROBE_CHECKS, SIGNUP_OUTCOMES } from "./closed-sets.ts";
import type { Metric } from "./metric.ts";

const ofTarget = {
  servedBy: "probe",
  page: "all",
  overWorkers: "one",
  labels: { target: "open" },
} as const;
const ofCheck = { ...ofTarget, labels: { target: "open", check: PROBE_CHECKS } } as const;

/** Of a probe; `target` is the name in the target file. */
export const PROBE_METRICS = {
  crowdproof_probe_visitors_total: {
    ...ofTarget,
    type: "counter",
    unit: "visitors",
    meaning: "Visitors that the probe sent, by how their signup ended.",
    labels: { target: "open", outcome: SIGNUP_OUTCOMES },
  },
  crowdproof_probe_positive_total: {
    ...ofCheck,
    type: "counter",
    unit: "observations",
    meaning: "Observations in which a check could have failed and did not.",
  },
  crowdproof_probe_violations_total: {
    ...ofCheck,
    type: "counter",
    unit: "observations",
    meaning: "Observations in which a check failed.",
  },
  crowdproof_probe_unknown: {
    ...ofCheck,
    type: "gauge",
    unit: "flag",
    meaning:
      "1 while a check of the sliding history is unknown: nothing positive was seen, or it could not be judged.",
  },
  crowdproof_probe_last_violation_timestamp_seconds: {
    ...ofCheck,
    type: "gauge",
    unit: "seconds since 1970",
    meaning: "When a check failed last; 0: never.",
  },
  crowdproof_probe_last_visit_timestamp_seconds: {
    ...ofTarget,
    type: "gauge",
    unit: "seconds since 1970",
    meaning: "When the probe's last visitor was done; 0: none yet.",
  },
  crowdproof_probe_last_positive_timestamp_seconds: {
    ...ofTarget,
    type: "gauge",
    unit: "seconds since 1970",
    meaning: "When a visitor of the probe last saw their own data; 0: none yet.",
  },
  crowdproof_probe_actions_total: {
    ...ofTarget,
    type: "counter",
    unit: "actions",
    meaning:
      "Tries of what the probe does beside sending visitors: alerts pushed, campaigns stopped, people removed.",
    labels: { target: "open", action: PROBE_ACTIONS, outcome: ACTION_OUTCOMES },
  },
  crowdproof_probe_people: {
    ...ofTarget,
    type: "gauge",
    unit: "visitors",
    meaning: "Visitors of the probe who were sent and are not yet removed from the target again.",
  },
} as const satisfies Readonly<Record<string, Metric>>;

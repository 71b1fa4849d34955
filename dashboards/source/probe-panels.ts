import { ACTION_OUTCOMES } from "../../monitoring/catalogue/closed-sets.ts";
import { production as alertAt } from "../../monitoring/rules/parameters.ts";
import { linesOf } from "./label-values.ts";
import { NO_LIMIT, type PanelSpec, upTo, ZERO_ONLY } from "./panel.ts";
import { age, oldestAge, perSecond, probe } from "./promql.ts";

export const NO_PROBE = "no probe runs";

/** What its visitors saw, check by check. */
export const BY_CHECK: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Probe: what could have failed and did not",
    description:
      "Positive observations each second, by check. Without any, the probe's silence says nothing.",
    unit: "cps",
    thresholds: NO_LIMIT,
    noValue: NO_PROBE,
    width: 8,
    runbooks: ["ProbeSilent"],
    queries: [
      {
        expr: `sum by (check) (${perSecond(probe("crowdproof_probe_positive_total"))})`,
        ...linesOf("crowdproof_probe_positive_total", "check"),
      },
    ],
  },
  {
    kind: "graph",
    title: "Probe: what failed",
    description: "Observations in which a check failed, since the probe started.",
    unit: "short",
    decimals: 0,
    thresholds: ZERO_ONLY,
    noValue: NO_PROBE,
    width: 8,
    runbooks: ["ProbeSawForeignData"],
    queries: [
      {
        expr: `sum by (check) (${probe("crowdproof_probe_violations_total")})`,
        ...linesOf("crowdproof_probe_violations_total", "check"),
      },
    ],
  },
  {
    kind: "graph",
    title: "Probe: checks that are unknown",
    description: "1 while a check cannot be judged: nothing positive was seen. Unknown is not a pass.",
    unit: "short",
    decimals: 0,
    thresholds: upTo(1, 2),
    noValue: NO_PROBE,
    width: 8,
    runbooks: ["ProbeSilent"],
    queries: [
      {
        expr: `max by (check) (${probe("crowdproof_probe_unknown")})`,
        ...linesOf("crowdproof_probe_unknown", "check"),
      },
    ],
  },
];

/** Whether it goes, and what it does. */
export const THE_PROBE: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Probe: visitors",
    description: "Visitors sent each second, by how their signup ended.",
    unit: "reqps",
    thresholds: NO_LIMIT,
    noValue: NO_PROBE,
    width: 6,
    queries: [
      {
        expr: `sum by (outcome) (${perSecond(probe("crowdproof_probe_visitors_total"))})`,
        ...linesOf("crowdproof_probe_visitors_total", "outcome"),
      },
    ],
  },
  {
    kind: "graph",
    title: "Probe: how long ago",
    description:
      "Since the last visitor was done and since one saw their own data, at the target where that is longest ago; and since a check failed last, at any (no line: never).",
    unit: "s",
    thresholds: upTo(alertAt.watching.probeSilentSeconds / 2, alertAt.watching.probeSilentSeconds),
    noValue: NO_PROBE,
    width: 6,
    runbooks: ["ProbeSilent"],
    queries: [
      { expr: oldestAge(probe("crowdproof_probe_last_visit_timestamp_seconds"), "target"), legend: "visit" },
      {
        expr: oldestAge(probe("crowdproof_probe_last_positive_timestamp_seconds"), "target"),
        legend: "own data seen",
      },
      { expr: age(probe("crowdproof_probe_last_violation_timestamp_seconds")), legend: "check failed" },
    ],
  },
  {
    kind: "graph",
    title: "Probe: what it did by itself",
    description:
      "Alerts pushed, campaigns stopped by webhook or command, people removed again, since it started. Failed: it saw something and could not tell, or leaves people behind.",
    unit: "short",
    decimals: 0,
    thresholds: NO_LIMIT,
    noValue: NO_PROBE,
    width: 6,
    runbooks: ["ProbeSawForeignData"],
    queries: ACTION_OUTCOMES.map((outcome) => ({
      expr: `sum by (action) (${probe("crowdproof_probe_actions_total", `outcome="${outcome}"`)})`,
      ...linesOf("crowdproof_probe_actions_total", "action", `{{action}} ${outcome}`),
    })),
  },
  {
    kind: "graph",
    title: "Probe: its people left",
    description:
      "Visitors of the probe that are still in the target. It rises without end: cleaning up fails.",
    unit: "short",
    decimals: 0,
    thresholds: NO_LIMIT,
    noValue: NO_PROBE,
    width: 6,
    queries: [{ expr: `sum(${probe("crowdproof_probe_people")})`, legend: "not yet removed" }],
  },
];

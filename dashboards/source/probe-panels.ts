import { ACTION_OUTCOMES, PROBE_ACTIONS } from "../../monitoring/catalogue/closed-sets.ts";
import { production as alertAt } from "../../monitoring/rules/parameters.ts";
import { linesOf } from "./label-values.ts";
import { ABOVE_ZERO, NO_LIMIT, NO_SIGNUP_FAILS, type PanelSpec, upTo, ZERO_ONLY } from "./panel.ts";
import { age, increaseOver, oldestAge, perSecond, probe } from "./promql.ts";

export const NO_PROBE = "no probe runs";

/** What its visitors saw, check by check. */
export const BY_CHECK: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Probe: what could have failed and did not",
    description:
      "Positive observations in the last three minutes, by check, at the target where they are fewest. Without any, the probe's silence says nothing. The line at 0 is for reads-own: on it, ProbeSilent.",
    unit: "short",
    decimals: 1,
    thresholds: NO_LIMIT,
    limitOf: { lines: ["reads-own"], thresholds: ABOVE_ZERO },
    noValue: NO_PROBE,
    width: 8,
    runbooks: ["ProbeSilent"],
    queries: [
      {
        expr: `min by (check) (${increaseOver(probe("crowdproof_probe_positive_total"), alertAt.watching.probeSilentSeconds)})`,
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
    description:
      "Visitors sent each second, by how their signup ended. The line at 0 is for failed and indeterminate.",
    unit: "reqps",
    thresholds: NO_LIMIT,
    limitOf: NO_SIGNUP_FAILS,
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
      "Alerts pushed, campaigns stopped by webhook or command, people removed again, since it started. The line at 0 is for what failed: it saw something and could not tell, or leaves people behind.",
    unit: "short",
    decimals: 0,
    thresholds: NO_LIMIT,
    limitOf: { lines: PROBE_ACTIONS.map((action) => `${action} failed`), thresholds: ZERO_ONLY },
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

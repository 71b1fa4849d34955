import { expect, it } from "vitest";
import { describeWith } from "../../loadtests/test/needs.ts";
import { production } from "../../monitoring/rules/parameters.ts";
import { expectAnswer } from "./expect-answer.ts";
import { panelsOf, readDashboard } from "./read-dashboards.ts";

const AT_SECONDS = 600;
/** Per 10 s; at the end of AT_SECONDS. */
const rising = (by: number) => `0+${by}x60`;
const always = (value: number) => `${value}x60`;

/** A line whose limit is an alert's, as it lies at AT_SECONDS; null where there is none. */
interface Story {
  readonly name: string;
  readonly dashboard: "campaign" | "identity" | "capacity";
  readonly panel: string;
  readonly line: string;
  readonly series: Readonly<Record<string, string>>;
  readonly answer: readonly { readonly labels: string; readonly value: number }[];
}

const one = (value: number, labels = "{}") => [{ labels, value }];
const OFFERED = 'crowdproof_offered_signups_total{instance="a"}';
const MEMBERS = 'crowdproof_signups_total{instance="a",outcome="acknowledged"}';
const REJECTED = 'crowdproof_signups_total{instance="a",outcome="rejected"}';
const CAPACITY = 'crowdproof_capacity_signups_per_second{instance="a"}';
const PLAN = 'crowdproof_plan_visitors_per_second{instance="a"}';
const HALTED = 'crowdproof_campaign_state{instance="a",phase="halted"}';
const SHARE = 'crowdproof_campaign_share_ratio{instance="a"}';

const letIn = { dashboard: "campaign", panel: "Let in, of what could be", line: "let in" } as const;
/** 20 a second come, 2 of them malformed, 9 become members. */
const half = { [OFFERED]: rising(200), [REJECTED]: rising(20), [MEMBERS]: rising(90) };
const open = { [HALTED]: always(0), [SHARE]: always(1) };

const STORIES: readonly Story[] = [
  {
    name: "half of what was asked well, of a service that was never full",
    ...letIn,
    series: { ...half, ...open, [CAPACITY]: always(0) },
    answer: one(0.5),
  },
  {
    name: "all of what it can do",
    ...letIn,
    series: { ...half, ...open, [CAPACITY]: always(9) },
    answer: one(1),
  },
  {
    name: "nothing while it is closed",
    ...letIn,
    series: { ...half, [HALTED]: always(1), [SHARE]: always(0) },
    answer: [],
  },
  {
    name: "nothing while it reopens in steps",
    ...letIn,
    series: { ...half, [HALTED]: always(0), [SHARE]: always(0.1) },
    answer: [],
  },
  {
    name: "what is let in where nobody halted and the state cannot be read",
    ...letIn,
    series: { ...half, [HALTED]: always(0), [SHARE]: always(0) },
    answer: one(0.5),
  },
  {
    name: "nothing of fewer than one a second",
    ...letIn,
    series: { ...open, [OFFERED]: rising(9), [REJECTED]: rising(0), [MEMBERS]: rising(0) },
    answer: [],
  },
  {
    name: "the appointments kept in the last five minutes, though it is better now",
    dashboard: "campaign",
    panel: "Appointments kept",
    line: "within the promise",
    series: {
      // Twenty kept in the last minute, and eighty that were not in the minutes before it.
      'crowdproof_appointments_total{instance="a",kept="within"}': "0+4x30 120x23 120+4x6",
      'crowdproof_appointments_total{instance="a",kept="late"}': "100x30 100+4x20 180x9",
    },
    answer: one(0.2),
  },
  {
    name: "the plan of the capacity",
    dashboard: "capacity",
    panel: "Offered and planned, of capacity",
    line: "plan",
    series: { [PLAN]: always(45), [CAPACITY]: always(50) },
    answer: one(0.9),
  },
  {
    name: "what is offered of the plan",
    dashboard: "capacity",
    panel: "Offered, of the plan",
    line: "of the plan",
    series: { [PLAN]: always(10), [OFFERED]: rising(150) },
    answer: one(1.5),
  },
  {
    name: "no share of a plan that is not set",
    dashboard: "capacity",
    panel: "Offered, of the plan",
    line: "of the plan",
    series: { [PLAN]: always(0), [OFFERED]: rising(150) },
    answer: [],
  },
  {
    name: "the appointments kept of all that were due",
    dashboard: "capacity",
    panel: "Appointments",
    line: "{{kept}}",
    series: {
      'crowdproof_appointments_total{instance="a",kept="within"}': rising(3),
      'crowdproof_appointments_total{instance="a",kept="late"}': rising(1),
    },
    answer: [...one(0.75, '{kept="within"}'), ...one(0.25, '{kept="late"}')],
  },
  {
    name: "the connections of all instances together",
    dashboard: "capacity",
    panel: "Connections",
    line: "{{state}}",
    series: {
      'crowdproof_pool_connections{instance="a",state="busy"}': always(9),
      'crowdproof_pool_connections{instance="b",state="busy"}': always(5),
      'crowdproof_pool_connections_limit{instance="a"}': always(10),
      'crowdproof_pool_connections_limit{instance="b"}': always(10),
    },
    answer: one(0.7, '{state="busy"}'),
  },
  {
    name: "the worker that one instance lacks, though another has one too many",
    dashboard: "capacity",
    panel: "Workers",
    line: "missing",
    series: {
      'crowdproof_workers{instance="a",state="serving"}': always(1),
      'crowdproof_workers{instance="b",state="serving"}': always(3),
      'crowdproof_workers_wanted{instance="a"}': always(2),
      'crowdproof_workers_wanted{instance="b"}': always(2),
    },
    answer: one(1),
  },
  {
    name: "no worker missing during a rolling restart",
    dashboard: "capacity",
    panel: "Workers",
    line: "missing",
    series: {
      'crowdproof_workers{instance="a",state="serving"}': always(1),
      'crowdproof_workers_wanted{instance="a"}': always(2),
      'crowdproof_deploying{instance="a"}': always(1),
    },
    answer: [],
  },
  {
    name: "the unasked ends of the worst instance, of whatever reason, and none that was asked for",
    dashboard: "capacity",
    panel: "Workers that ended",
    line: "unasked, at one instance",
    series: {
      'crowdproof_worker_exits_total{instance="a",reason="killed"}': rising(1),
      'crowdproof_worker_exits_total{instance="a",reason="failed"}': rising(1),
      'crowdproof_worker_exits_total{instance="a",reason="asked"}': rising(1),
      'crowdproof_worker_exits_total{instance="b",reason="ended"}': rising(1),
    },
    answer: one(60),
  },
  {
    name: "the pushes that failed in the last five minutes, and none of before",
    dashboard: "identity",
    panel: "Direct pushes",
    line: "{{outcome}}",
    series: {
      'crowdproof_pushes_total{instance="a",outcome="failed"}': always(4),
      'crowdproof_pushes_total{instance="a",outcome="delivered"}': rising(1),
    },
    answer: [...one(0, '{outcome="failed"}'), ...one(30, '{outcome="delivered"}')],
  },
  {
    name: "no observation of the target whose probe sees nothing",
    dashboard: "identity",
    panel: "Probe: what could have failed and did not",
    line: "{{check}}",
    series: {
      'crowdproof_probe_positive_total{target="shop",check="reads-own"}': rising(1),
      'crowdproof_probe_positive_total{target="till",check="reads-own"}': always(7),
    },
    answer: one(0, '{check="reads-own"}'),
  },
];

describeWith("promtool", "a line with an alert's limit shows", (promtool) => {
  it.each(STORIES)("$name", async ({ dashboard, panel, line, series, answer }) => {
    const expr =
      panelsOf(readDashboard(dashboard))
        .find(({ title }) => title === panel)
        ?.targets?.find(({ legendFormat }) => legendFormat === line)?.expr ?? "";
    await expectAnswer(promtool, { expr, series, atSeconds: AT_SECONDS, answer });
  });
});

/** Grafana draws one limit on an axis, so the two cannot share a panel. */
it("LedgerBehind's two limits are drawn, each where its ledger is", () => {
  const limits = panelsOf(readDashboard("identity"))
    .filter(({ links = [] }) => links.some(({ url }) => url?.endsWith("/LedgerBehind")))
    .map(({ targets = [], fieldConfig }) => ({
      lines: targets.map(({ legendFormat }) => legendFormat),
      badFrom: fieldConfig?.defaults.thresholds?.steps.at(-1)?.value,
    }));
  expect(limits).toEqual([
    // A part of one anomaly: the alert's limit is above 0.
    { lines: ["anomalies in the file"], badFrom: 1e-9 },
    { lines: ["accesses pending"], badFrom: production.processing.ledgerPendingMax },
  ]);
});

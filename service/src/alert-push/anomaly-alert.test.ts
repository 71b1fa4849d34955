import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ANOMALY_KINDS } from "../guard/judge.ts";
import { FINDING_KINDS } from "../metrics/campaign-metrics.ts";
import { anomalyAlert, type Seen } from "./anomaly-alert.ts";

interface Rule {
  readonly alert?: string;
  readonly labels: Readonly<Record<string, string>>;
}
const RULES = (
  parse(readFileSync("monitoring/rules/crowdproof.yml", "utf8")) as { groups: { rules: Rule[] }[] }
).groups.flatMap(({ rules }) => rules);

const NOW_MS = Date.parse("2026-07-01T12:00:00Z");
const MINUTE_MS = 60_000;
const PLACES = { runbookBaseUrl: "http://r/", dashboardBaseUrl: "http://d" };

function alertOf(seen: Partial<Seen> & Pick<Seen, "kind">) {
  const whole: Seen = { by: "guard", firstAtMs: NOW_MS, lastAtMs: NOW_MS, times: 1, ...seen };
  const [alert] = JSON.parse(anomalyAlert(whole, NOW_MS, PLACES)) as {
    labels: Record<string, string>;
    annotations: Record<string, string>;
    startsAt: string;
    endsAt: string;
  }[];
  return alert ?? expect.fail("there is no alert");
}

const KINDS = [
  ...ANOMALY_KINDS.map((kind) => ({
    kind,
    alertname: "IdAnomaly",
    summary: `Somebody was about to be given a wrong identity (${kind}); it was withheld`,
  })),
  ...FINDING_KINDS.map((kind) => ({
    kind,
    alertname: "IdAnomalyInDatabase",
    summary: `The database holds what must not be there (${kind})`,
  })),
];

describe.each(["guard", "auditor"] as const)("a page of what the %s tells", (by) => {
  test.each(KINDS)("is that of the rule for $kind: $alertname", ({ kind, alertname, summary }) => {
    const { labels, annotations } = alertOf({ kind, by });
    const rule = RULES.find(({ alert }) => alert === alertname);
    expect(labels).toEqual({ ...rule?.labels, alertname, kind, lane: "push" });
    expect(annotations).toMatchObject({ summary, runbook_url: `http://r/${alertname}` });
    expect(existsSync(`monitoring/runbooks/en/${alertname}.md`)).toBe(true);
  });
});

test.each([
  { name: "of this moment", lastAtMs: NOW_MS, startsAtMs: NOW_MS },
  { name: "of an hour ago", lastAtMs: NOW_MS - 60 * MINUTE_MS, startsAtMs: NOW_MS - 60 * MINUTE_MS },
  { name: "of a clock that is ten minutes ahead", lastAtMs: NOW_MS + 10 * MINUTE_MS, startsAtMs: NOW_MS },
])("a page of an anomaly $name stands for five minutes from its post", ({ lastAtMs, startsAtMs }) => {
  const { startsAt, endsAt } = alertOf({ kind: "ghost", lastAtMs });
  expect([startsAt, endsAt].map((at) => Date.parse(at))).toEqual([startsAtMs, NOW_MS + 5 * MINUTE_MS]);
});

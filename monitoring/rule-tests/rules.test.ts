import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeWith } from "../../loadtests/test/needs.ts";
import { METRIC_NAMES, METRICS, type MetricName, seriesNamesOf } from "../catalogue/catalogue.ts";
import type { Metric } from "../catalogue/metric.ts";
import { groupingLabelsOf, type Selector, selectorsOf } from "../promql/selectors.ts";
import { alertTable } from "../rules/alert-table.ts";
import { PARAMETERS, production } from "../rules/parameters.ts";
import type { Alert } from "../rules/rule.ts";
import { labelsOf, rulesFile } from "../rules/rules-file.ts";
import { rulesFor } from "../rules/rules-for.ts";
import { ALL_TESTS } from "./all-tests.ts";

const root = join(import.meta.dirname, "../..");
const groups = rulesFor(production);
const alerts = groups.flatMap((group) => group.alerts);
const recordings = groups.flatMap((group) => group.recordings);
const alertNames = alerts.map(({ alert }) => alert).sort();

/** Written down once more, by hand: who is woken must not change by the way. */
const SEVERITIES = {
  halting: ["IdAnomaly", "IdAnomalyInDatabase", "ProbeSawForeignData"],
  pages: [
    "BreakGlassUsed",
    "SignupsBelowOffered",
    "PromisesBroken",
    "NewcomersQueueTooLong",
    "WaitToldWrong",
    "LedgerLosing",
    "SignupsSlowInCampaign",
    "WorkerMissing",
    "TargetDown",
    "ProbeSilent",
    "AuditorStale",
    "RuleFailing",
    "AlertmanagerUnreachable",
    "NotificationsFailing",
  ],
  tickets: [
    "LedgerBehind",
    "SignupsSlowThisMonth",
    "CommitsSlow",
    "PoolExhausted",
    "EventLoopLags",
    "WorkersDying",
    "CapacityNear",
    "CampaignOverPlan",
    "PushFailing",
  ],
  campaign: ["CampaignHalted"],
  none: ["Watchdog"],
};

describe("the rules", () => {
  it("are what the committed file says (npm run rules)", () => {
    const committed = readFileSync(join(root, "monitoring/rules/crowdproof.yml"), "utf8");
    expect(committed).toBe(rulesFile(groups, production));
  });

  it("are the table in docs/alerts.md (npm run rules)", () => {
    expect(readFileSync(join(root, "docs/alerts.md"), "utf8")).toBe(alertTable(groups, production));
  });

  it("have one alert of each name", () => {
    expect(new Set(alertNames).size).toBe(alertNames.length);
  });

  it("page for symptoms, halt for wrong IDs, and file tickets for causes", () => {
    const named = (wanted: (alert: Alert) => boolean) => alerts.filter(wanted).map(({ alert }) => alert);
    expect({
      halting: named(({ isHalting }) => isHalting === true),
      pages: named(({ severity, isHalting }) => severity === "page" && !isHalting),
      tickets: named(({ severity }) => severity === "ticket"),
      campaign: named(({ severity }) => severity === "campaign"),
      none: named(({ severity }) => severity === "none"),
    }).toEqual(SEVERITIES);
  });

  it("carry a lane, and halt only with a page", () => {
    expect(labelsOf({ severity: "page", isHalting: true })).toEqual({
      severity: "page",
      halt: "true",
      lane: "rule",
    });
    expect(labelsOf({ severity: "ticket" })).toEqual({ severity: "ticket", lane: "rule" });
    expect(alerts.filter(({ severity, isHalting }) => isHalting && severity !== "page")).toEqual([]);
  });

  it("say the number that triggered, and on what", () => {
    expect(
      alerts.filter(({ description }) => !description.includes("{{ $value")).map(({ alert }) => alert),
    ).toEqual([]);
  });

  it("have stories for every alert, and no others", () => {
    expect(ALL_TESTS.map(({ alert }) => alert).sort()).toEqual(alertNames);
  });

  it.each(["en", "ja"])("have a runbook for every alert, and no others (%s)", (language) => {
    const files = readdirSync(join(root, "monitoring/runbooks", language));
    expect(files.sort()).toEqual(alertNames.map((name) => `${name}.md`));
  });

  it("record nothing under a name that says neither level nor operation", () => {
    expect(
      recordings
        .map(({ record }) => record)
        .filter((name) => !/^[a-z]+:crowdproof_[a-z_]+:[a-z0-9_]+$/.test(name)),
    ).toEqual([]);
  });
});

describeWith("promtool", "promtool", (promtool) => {
  it.each(Object.keys(PARAMETERS))("finds nothing wrong with the rules (%s)", (name) => {
    const folder = mkdtempSync(join(tmpdir(), "crowdproof-rules-"));
    const file = join(folder, "rules.yml");
    try {
      execFileSync(process.execPath, [
        join(root, "monitoring/rules/write-rules.ts"),
        "--parameters",
        name,
        "--out",
        file,
      ]);
      expect(execFileSync(promtool, ["check", "rules", file], { encoding: "utf8" })).toContain("SUCCESS");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Series of programs that are not ours, with the labels that rules may use. */
const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  up: ["job", "instance"],
  prometheus_rule_evaluation_failures_total: ["rule_group"],
  prometheus_notifications_alertmanagers_discovered: ["instance"],
  prometheus_notifications_errors_total: ["instance", "alertmanager"],
  alertmanager_notifications_failed_total: ["instance", "integration"],
};
/** What a target carries, whatever it tells. */
const TARGET_LABELS = ["instance", "job", "run"];

const metricOfSeries = new Map<string, MetricName>(
  METRIC_NAMES.flatMap((name) => seriesNamesOf(name).map((series) => [series, name] as const)),
);
const recorded = new Set(recordings.map(({ record }) => record));

describe.each(Object.entries(PARAMETERS))("what the rules read (%s)", (_, parameters) => {
  const all = rulesFor(parameters);
  const names = new Set(all.flatMap((group) => group.recordings.map(({ record }) => record)));
  const rules = all.flatMap((group) => [
    ...group.recordings.map(({ record: name, expr }) => ({ name, expr })),
    ...group.alerts.map(({ alert: name, expr }) => ({ name, expr })),
  ]);

  it.each(rules)("is in the catalogue, with labels and values that there are: $name", ({ expr }) => {
    expect(selectorsOf(expr).flatMap((selector) => wrongIn(selector, names))).toEqual([]);
  });

  it.each(rules)("is grouped by labels that something has: $name", ({ expr }) => {
    const known = new Set([...TARGET_LABELS, ...selectorsOf(expr).flatMap(labelNamesOf)]);
    // What was recorded has the labels of what it was recorded from; those are looked at there.
    const readsRecorded = selectorsOf(expr).some(({ series }) => names.has(series));
    expect(groupingLabelsOf(expr).filter((label) => !known.has(label) && !readsRecorded)).toEqual([]);
  });
});

it("sees a metric, a label, a value and a bucket that there are not", () => {
  const wrong = `
    crowdproof_typo_total + crowdproof_anomalies_total{sort="duplicate"} + crowdproof_anomalies_total{kind="ghosts"}
    + crowdproof_commit_seconds_bucket{le="0.3"} + crowdproof_signups_total{outcome=~"failed|lost"} + kind:nothing:max`;
  expect(selectorsOf(wrong).flatMap((selector) => wrongIn(selector, recorded))).toEqual([
    "no series crowdproof_typo_total",
    "no label sort of crowdproof_anomalies_total",
    "no kind ghosts of crowdproof_anomalies_total",
    "no le 0.3 of crowdproof_commit_seconds_bucket",
    "no outcome lost of crowdproof_signups_total",
    "no series kind:nothing:max",
  ]);
});

function wrongIn(selector: Selector, names: ReadonlySet<string>): string[] {
  const { series, matchers } = selector;
  if (names.has(series)) return [];
  if (!metricOfSeries.has(series) && !(series in FOREIGN)) return [`no series ${series}`];
  return matchers.flatMap(({ label, value }) => {
    if (TARGET_LABELS.includes(label)) return [];
    if (!labelNamesOf(selector).includes(label)) return [`no label ${label} of ${series}`];
    return value
      .split("|")
      .filter((each) => !valuesOf(series, label).includes(each))
      .map((each) => `no ${label} ${each} of ${series}`);
  });
}

function labelNamesOf({ series }: Selector): readonly string[] {
  const name = metricOfSeries.get(series);
  if (name === undefined) return FOREIGN[series] ?? [];
  return [...Object.keys(METRICS[name].labels), ...(series.endsWith("_bucket") ? ["le"] : [])];
}

function valuesOf(series: string, label: string): readonly string[] {
  const metric: Metric = METRICS[metricOfSeries.get(series)!];
  // A bound that is a whole number is written in two ways by two versions of Prometheus: rules must not ask for one.
  if (label === "le") return (metric.buckets ?? []).filter((bound) => !Number.isInteger(bound)).map(String);
  const values = metric.labels[label];
  return Array.isArray(values) ? values : [];
}

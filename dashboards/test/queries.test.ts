import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  METRIC_NAMES,
  METRICS,
  type MetricName,
  seriesNamesOf,
} from "../../monitoring/catalogue/catalogue.ts";
import { JOBS } from "../../monitoring/catalogue/jobs.ts";
import type { Metric } from "../../monitoring/catalogue/metric.ts";
import { groupingLabelsOf, type Matcher, selectorsOf } from "../../monitoring/promql/selectors.ts";
import { QUESTIONS } from "../../monitoring/watch/questions.ts";
import { allQueries, fillIn, NAMES, type PanelQuery, readDashboard } from "./read-dashboards.ts";

/** Added by Prometheus to whatever it scrapes. */
const SCRAPE_LABELS = ["instance", "job"];
/** Written by Prometheus itself; the other labels of ALERTS are the alerts' own. */
const OWN_SERIES: Readonly<Record<string, readonly string[]>> = {
  up: [],
  ALERTS: ["alertname", "alertstate", "severity", "kind", "lane"],
};
const SERIES = new Map(METRIC_NAMES.flatMap((name) => seriesNamesOf(name).map((series) => [series, name])));

describe("the dashboards' queries", () => {
  const queries = allQueries();

  it("are there, and each is PromQL once Grafana has put its choices in", () => {
    expect(queries.length).toBeGreaterThan(100);
    for (const { expr } of queries) {
      expect(selectorsOf(fillIn(expr, 20)).length, expr).toBeGreaterThan(0);
      expect(fillIn(expr, 20), "nothing is left to be put in").not.toContain("$");
    }
  });

  it("ask only for metrics, labels and values of the catalogue", () => {
    expect(
      queries.flatMap(({ name, expr }) => strangers(expr).map((stranger) => `${name}: ${stranger}`)),
    ).toEqual([]);
  });

  it("fill the choices from labels that their metrics have", () => {
    const variables = NAMES.flatMap((name) => readDashboard(name).templating.list).filter(
      ({ type }) => type === "query",
    );
    expect(variables.length).toBeGreaterThan(4);
    for (const { query } of variables) {
      const [, metric = "", label = ""] = /^label_values\((\w+), (\w+)\)$/.exec(query) ?? [];
      expect(strangers(`sum by (${label}) (${metric})`), query).toEqual([]);
    }
  });

  it("together with the rules leave no metric unread", () => {
    const rules = readFileSync(join(import.meta.dirname, "../../monitoring/rules/crowdproof.yml"), "utf8");
    expect(unread(queries, rules)).toEqual([]);
    const withoutBatches = queries.filter(({ expr }) => !expr.includes("crowdproof_batch_rows"));
    expect(unread(withoutBatches, rules)).toEqual(["crowdproof_batch_rows"]);
  });
});

describe("the questions of crowdproof watch", () => {
  it("ask only for metrics, labels and values of the catalogue", () => {
    const questions = Object.entries(QUESTIONS);
    expect(questions.length).toBeGreaterThan(20);
    expect(
      questions.flatMap(([name, expr]) => strangers(expr).map((stranger) => `${name}: ${stranger}`)),
    ).toEqual([]);
  });
});

describe("these tests, turned red by a query", () => {
  it.each([
    { name: "a metric that is not there", expr: "rate(crowdproof_signup_total[1m])" },
    { name: "a histogram without its suffix", expr: "sum(crowdproof_commit_seconds)" },
    { name: "a label that the metric has not", expr: 'crowdproof_signups_total{kind="waiting"}' },
    { name: "a value outside its closed set", expr: 'crowdproof_signups_total{outcome="accepted"}' },
    { name: "a grouping by a label of nobody", expr: "sum by (outcomes) (crowdproof_signups_total)" },
    { name: "a job that nobody scrapes", expr: 'crowdproof_workers{job="workers"}' },
  ])("with $name", ({ expr }) => {
    expect(strangers(expr)).toHaveLength(1);
  });

  it("that is no PromQL", () => {
    expect(() => selectorsOf("sum by (kind (up)")).toThrow("no PromQL");
  });
});

function unread(queries: readonly PanelQuery[], rules: string): MetricName[] {
  const drawn = new Set(
    queries.flatMap(({ expr }) => selectorsOf(fillIn(expr, 20)).map(({ series }) => SERIES.get(series))),
  );
  const isInRules = (name: MetricName) => new RegExp(`\\b${name}(_bucket|_sum|_count)?\\b`).test(rules);
  return METRIC_NAMES.filter((name) => !drawn.has(name) && !isInRules(name));
}

/** What a query asks for and the catalogue does not know. */
function strangers(expr: string): string[] {
  const query = fillIn(expr, 20);
  const selectors = selectorsOf(query);
  const known = new Set(selectors.flatMap(({ series }) => labelsOf(series) ?? []));
  return [
    ...selectors.flatMap(({ series, matchers }) => {
      const labels = labelsOf(series);
      if (labels === undefined) return [`no metric ${series}`];
      return matchers.flatMap((matcher) => strangeMatcher(series, labels, matcher));
    }),
    ...groupingLabelsOf(query)
      .filter((label) => selectors.every(({ series }) => labelsOf(series) !== undefined) && !known.has(label))
      .map((label) => `nobody has a label ${label}`),
  ];
}

function labelsOf(series: string): readonly string[] | undefined {
  const own = OWN_SERIES[series];
  if (own !== undefined) return [...own, ...SCRAPE_LABELS];
  const name = SERIES.get(series);
  if (name === undefined) return undefined;
  const bucket = series.endsWith("_bucket") ? ["le"] : [];
  return [...Object.keys(METRICS[name].labels), ...bucket, ...SCRAPE_LABELS];
}

function strangeMatcher(
  series: string,
  labels: readonly string[],
  { label, operator, value }: Matcher,
): string[] {
  if (!labels.includes(label)) return [`${series} has no label ${label}`];
  if (operator !== "=" && operator !== "!=") return [];
  if (label === "job") return value in JOBS ? [] : [`nobody scrapes the job ${value}`];
  const name = SERIES.get(series);
  const metric: Metric | undefined = name === undefined ? undefined : METRICS[name];
  const values = metric?.labels[label];
  if (values === undefined || values === "open" || values.includes(value)) return [];
  return [`${label} of ${series} is never ${value}`];
}

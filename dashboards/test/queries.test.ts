import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { METRIC_NAMES, type MetricName, seriesNamesOf } from "../../monitoring/catalogue/catalogue.ts";
import { selectorsOf } from "../../monitoring/promql/selectors.ts";
import { strangersIn } from "../../monitoring/promql/strangers.ts";
import { allQueries, fillIn, NAMES, type PanelQuery, readDashboard } from "./read-dashboards.ts";

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

const strangers = (expr: string) => strangersIn(fillIn(expr, 20));

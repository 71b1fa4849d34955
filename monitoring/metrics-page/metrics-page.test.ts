import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { METRIC_NAMES, METRICS, type MetricName, seriesNamesOf } from "../catalogue/catalogue.ts";
import type { Metric } from "../catalogue/metric.ts";
import { metricsPage } from "./metrics-page.ts";

const root = join(import.meta.dirname, "../..");
const metricOf = (name: MetricName): Metric => METRICS[name];

it("docs/metrics.md is what the catalogue says (npm run metrics-page)", () => {
  expect(readFileSync(join(root, "docs/metrics.md"), "utf8")).toBe(metricsPage());
});

const SERIES = new Set<string>(METRIC_NAMES.flatMap((name) => [name, ...seriesNamesOf(name)]));
/** As a metric ends; logins and dashboards have the prefix too. */
const METRIC_LIKE = /\bcrowdproof_\w+_(?:total|seconds|bytes|ratio|max|count|sum|bucket)\b/g;

it.each(globSync("{docs/*.md,loadtests/targets/*.yaml}", { cwd: root }))(
  "%s speaks of no metric that there is not",
  (file) => {
    const named = readFileSync(join(root, file), "utf8").match(METRIC_LIKE) ?? [];
    expect(named.filter((name) => !SERIES.has(name))).toEqual([]);
  },
);

describe("every metric of the catalogue", () => {
  it.each(METRIC_NAMES)("%s is called as Prometheus asks for it", (name) => {
    const { type, unit } = metricOf(name);
    expect(name).toMatch(/^crowdproof_[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith("_total")).toBe(type === "counter");
    if (unit === "seconds since 1970") expect(name).toMatch(/_timestamp_seconds$/);
    if (unit === "seconds") expect(name).toMatch(type === "counter" ? /_seconds_total$/ : /_seconds(_max)?$/);
    if (unit === "ratio") expect(name).toMatch(/_ratio$/);
  });

  it.each(METRIC_NAMES)(
    "%s says what it is in a sentence, has rising buckets, and no value twice",
    (name) => {
      const { type, meaning, buckets, labels } = metricOf(name);
      expect(meaning).toMatch(/^[A-Z0-9].*\.$/);
      expect(buckets !== undefined).toBe(type === "histogram");
      expect(buckets).toEqual(
        buckets === undefined ? undefined : [...new Set(buckets)].sort((a, b) => a - b),
      );
      for (const values of Object.values(labels))
        if (values !== "open") expect(new Set(values).size).toBe(values.length);
    },
  );
});

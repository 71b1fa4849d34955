import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { METRIC_NAMES, METRICS, type MetricName, seriesNamesOf } from "../catalogue/catalogue.ts";
import type { Metric } from "../catalogue/metric.ts";
import { production } from "../rules/parameters.ts";
import { rulesFor } from "../rules/rules-for.ts";
import { metricsPage } from "./metrics-page.ts";

const root = join(import.meta.dirname, "../..");
const metricOf = (name: MetricName): Metric => METRICS[name];

it("docs/metrics.md is what the catalogue says (npm run metrics-page)", () => {
  expect(readFileSync(join(root, "docs/metrics.md"), "utf8")).toBe(metricsPage());
});

it("docs/metrics.md tells the bytes that the service's test holds its small page under", () => {
  const test = readFileSync(join(root, "loadtests/test/metrics.test.ts"), "utf8");
  const [, bytesMax = "none"] = /ANOMALIES_BYTES_MAX = ([\d_]+);/.exec(test) ?? [];
  expect(metricsPage()).toContain(`keeps it under ${bytesMax.replaceAll("_", ",")} bytes`);
});

const SERIES = new Set<string>(METRIC_NAMES.flatMap((name) => [name, ...seriesNamesOf(name)]));
/** A whole name; what goes on is a pattern. */
const METRIC_LIKE = /\bcrowdproof_[a-z0-9_]*[a-z0-9](?![\w*])/g;
/** As `grep -E` takes it: `crowdproof_(a|b_(sum|count))`, and what follows it. */
const ALTERNATIVES = /\bcrowdproof_[a-z0-9_]*\((?:[^()\s]|\([^()\s]*\))*\)[a-z0-9_]*/g;
const PREFIX = /\bcrowdproof_[a-z0-9_]+_(?=\*)/g;
/** In the middle of a recording rule's name. */
const RECORDED = new Set(
  rulesFor(production).flatMap(({ recordings }) =>
    recordings.map(({ record }) => record.split(":")[1] ?? ""),
  ),
);

it.each(
  globSync("{README.md,docs/**/*.md,monitoring/runbooks/**/*.md,loadtests/targets/*.yaml}", { cwd: root }),
)("%s speaks of no metric that there is not", (file) => {
  expect(strangersIn(readFileSync(join(root, file), "utf8"))).toEqual([]);
});

it.each([
  { text: "`crowdproof_workers_serving`", strangers: ["crowdproof_workers_serving"] },
  { text: "rate(crowdproof_signup_total[1m])", strangers: ["crowdproof_signup_total"] },
  { text: '`crowdproof_nothing{kind="ghost"}`', strangers: ["crowdproof_nothing"] },
  {
    text: "grep -E '^crowdproof_(workers|told_(error_seconds_sum|nobody)|nothing)'",
    strangers: ["crowdproof_told_nobody", "crowdproof_nothing"],
  },
  { text: "grep -E '^crowdproof_(ledger|other_ledger)_lost'", strangers: ["crowdproof_other_ledger_lost"] },
  { text: "all of `crowdproof_walk_*`, and `crowdproof_run_*`", strangers: ["crowdproof_walk_"] },
])("a name of nothing is seen in $text", ({ text, strangers }) => {
  expect(strangersIn(text)).toEqual(strangers);
});

function strangersIn(text: string): string[] {
  const names = [
    ...(text.match(METRIC_LIKE) ?? []),
    ...(text.match(ALTERNATIVES) ?? []).flatMap(alternativesOf),
  ];
  const prefixes = text.match(PREFIX) ?? [];
  return [
    ...names.filter((name) => !SERIES.has(name) && !RECORDED.has(name)),
    ...prefixes.filter((prefix) => ![...SERIES].some((name) => name.startsWith(prefix))),
  ];
}

/** `a(b|c)d` → abd, acd; the innermost brackets first. */
function alternativesOf(pattern: string): string[] {
  const found = /\(([^()]*)\)/.exec(pattern);
  if (found === null) return pattern.split("|");
  const [whole, inside = ""] = found;
  const before = pattern.slice(0, found.index);
  const after = pattern.slice(found.index + whole.length);
  // Only the alternative that the brackets stand in is repeated.
  const from = Math.max(before.lastIndexOf("|"), before.lastIndexOf("(")) + 1;
  const rest = /[|)]/.exec(after);
  const to = rest === null ? after.length : rest.index;
  const filled = inside.split("|").map((one) => before.slice(from) + one + after.slice(0, to));
  return alternativesOf(before.slice(0, from) + filled.join("|") + after.slice(to));
}

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

import { METRIC_NAMES, METRICS, seriesNamesOf } from "../catalogue/catalogue.ts";
import { JOBS } from "../catalogue/jobs.ts";
import type { Metric } from "../catalogue/metric.ts";
import { groupingLabelsOf, type Matcher, selectorsOf } from "./selectors.ts";

/** Added by Prometheus to whatever it scrapes. */
const SCRAPE_LABELS = ["instance", "job"];
/** Written by Prometheus itself; the other labels of ALERTS are the alerts' own. */
const OWN_SERIES: Readonly<Record<string, readonly string[]>> = {
  up: [],
  ALERTS: ["alertname", "alertstate", "severity", "kind", "lane"],
};
const SERIES = new Map(METRIC_NAMES.flatMap((name) => seriesNamesOf(name).map((series) => [series, name])));

/** What a query asks for and the catalogue does not know. */
export function strangersIn(query: string): string[] {
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

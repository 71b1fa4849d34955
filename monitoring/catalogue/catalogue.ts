import { HARNESS_METRICS } from "./harness-metrics.ts";
import type { Metric } from "./metric.ts";
import { PROBE_METRICS } from "./probe-metrics.ts";
import { RECEIVER_METRICS } from "./receiver-metrics.ts";
import { SERVICE_METRICS } from "./service-metrics.ts";

/** Every metric there is, by name. Pages, rules, dashboards and `docs/metrics.md` are compared with it, both ways. */
export const METRICS = {
  ...SERVICE_METRICS,
  ...HARNESS_METRICS,
  ...PROBE_METRICS,
  ...RECEIVER_METRICS,
} as const;

export type MetricName = keyof typeof METRICS;
export type MetricNameOfType<Type extends Metric["type"]> = {
  [Name in MetricName]: (typeof METRICS)[Name]["type"] extends Type ? Name : never;
}[MetricName];

/** The labels of one metric with the values they take. */
export type LabelsOf<Name extends MetricName> = {
  readonly [Label in keyof (typeof METRICS)[Name]["labels"]]: ValueOf<
    (typeof METRICS)[Name]["labels"][Label]
  >;
};
type ValueOf<Values> = Values extends readonly (infer Value)[] ? Value : string;

export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

/** The names as PromQL knows them: a histogram is three series. */
export function seriesNamesOf(name: MetricName): string[] {
  const isHistogram = METRICS[name].type === "histogram";
  return isHistogram ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

/** Every combination of a metric's closed sets; open labels take what `open` says of them. */
export function labelSetsOf(
  { labels }: Pick<Metric, "labels">,
  open: Readonly<Record<string, string>> = {},
): Record<string, string>[] {
  let sets: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(labels)) {
    const each = values === "open" ? [open[label] ?? ""] : values;
    sets = sets.flatMap((set) => each.map((value) => ({ ...set, [label]: value })));
  }
  return sets;
}

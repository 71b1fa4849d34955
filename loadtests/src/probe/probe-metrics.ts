import { Counter, Gauge, Registry } from "prom-client";
import { labelSetsOf } from "../../../monitoring/catalogue/catalogue.ts";
import { PROBE_METRICS } from "../../../monitoring/catalogue/probe-metrics.ts";
import type { MetricsPage } from "../run-metrics/serve-metrics.ts";

type Name = keyof typeof PROBE_METRICS;
type NameOf<Type extends string> = {
  [Key in Name]: (typeof PROBE_METRICS)[Key]["type"] extends Type ? Key : never;
}[Name];

/** The values of a metric's labels, but for the target, which all of a probe have in common. */
type Labels<Key extends Name> = {
  readonly [Label in Exclude<
    keyof (typeof PROBE_METRICS)[Key]["labels"],
    "target"
  >]: (typeof PROBE_METRICS)[Key]["labels"][Label] extends readonly (infer Value)[] ? Value : string;
};

/** The numbers of a probe, by the names of the catalogue. */
export interface ProbeMetrics extends MetricsPage {
  add<Key extends NameOf<"counter">>(name: Key, labels: Labels<Key>, times?: number): void;
  set<Key extends NameOf<"gauge">>(name: Key, labels: Labels<Key>, value: number): void;
}

/** Every label set is there from the start: what is counted first would else be missed. */
export function createProbeMetrics(target: string): ProbeMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ target });
  const counters = new Map<string, Counter<string>>();
  const gauges = new Map<string, Gauge<string>>();
  for (const [name, metric] of Object.entries(PROBE_METRICS)) {
    const labelNames = Object.keys(metric.labels).filter((label) => label !== "target");
    const options = { name, help: metric.meaning, labelNames, registers: [registry] };
    const sets = labelSetsOf(metric).map(({ target: _common, ...labels }) => labels);
    if (metric.type === "counter") {
      const counter = new Counter(options);
      for (const labels of sets) counter.inc(labels, 0);
      counters.set(name, counter);
    } else {
      const gauge = new Gauge(options);
      for (const labels of sets) gauge.set(labels, 0);
      gauges.set(name, gauge);
    }
  }
  return {
    add: (name, labels, times = 1) => counters.get(name)?.inc(labels as Record<string, string>, times),
    set: (name, labels, value) => gauges.get(name)?.set(labels as Record<string, string>, value),
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}

import { METRICS, type MetricName } from "../../monitoring/catalogue/catalogue.ts";
import type { LabelValues, Metric } from "../../monitoring/catalogue/metric.ts";
import type { Query } from "./panel.ts";

/** One line for each value of a closed label; `name` is a line's name, `{{label}}` stands for the value. */
export function linesOf(metric: MetricName, label: string, name = `{{${label}}}`): Omit<Query, "expr"> {
  const known: Metric = METRICS[metric];
  const values: LabelValues | undefined = known.labels[label];
  if (values === undefined || values === "open")
    throw new Error(`${metric} has no closed set of values for the label ${label}: see monitoring/catalogue`);
  return { legend: name, names: values.map((value) => name.replace(`{{${label}}}`, value)) };
}

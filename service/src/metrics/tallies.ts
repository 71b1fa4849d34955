import {
  type LabelsOf,
  labelSetsOf,
  METRICS,
  type MetricNameOfType,
} from "../../../monitoring/catalogue/catalogue.ts";
import type { Metric } from "../../../monitoring/catalogue/metric.ts";
import { createPlainHistogram, type PlainHistogram } from "./plain-histogram.ts";
import type { MetricsPage, MetricsSnapshot } from "./snapshot.ts";

/**
 * The metrics of one process, by the catalogue: a name or a label that is not in it does not compile, and every label
 * set is there from the start. Counted as plain numbers and told when asked: the client's labelled `observe` takes
 * 0.9 µs where this takes 0.02, and a signup has eight of them.
 */
export interface Tallies {
  /** For a counter with one label: a cell for each of its values. */
  counts<Name extends MetricNameOfType<"counter">>(name: Name): Readonly<Record<OneLabel<Name>, Cell>>;
  /** For a counter without labels. */
  count(name: Unlabelled<"counter">): Cell;
  /** A level, read when somebody asks. */
  level(name: Unlabelled<"gauge">, read: () => number): void;
  levels<Name extends MetricNameOfType<"gauge">>(
    name: Name,
    read: () => Readonly<Record<OneLabel<Name>, number>>,
  ): void;
  spread<Name extends MetricNameOfType<"histogram">>(name: Name, labels: LabelsOf<Name>): PlainHistogram;
  snapshot(page: MetricsPage): MetricsSnapshot;
}

export interface Cell {
  value: number;
}

type OneLabel<Name extends keyof typeof METRICS> = LabelsOf<Name>[keyof LabelsOf<Name>] & string;
type Unlabelled<Type extends Metric["type"]> = {
  [Name in MetricNameOfType<Type>]: keyof LabelsOf<Name> extends never ? Name : never;
}[MetricNameOfType<Type>];

type Values = MetricsSnapshot[number]["values"];

export function createTallies(): Tallies {
  const tellers = new Map<keyof typeof METRICS, () => Values>();

  function tell(name: keyof typeof METRICS, values: () => Values): void {
    if (tellers.has(name)) throw new Error(`${name} is counted in two places of one process`);
    tellers.set(name, values);
  }

  function tellByLabel(name: keyof typeof METRICS, read: (value: string) => number): string[] {
    const [label, another] = Object.keys(METRICS[name].labels);
    if (label === undefined || another !== undefined) throw new Error(`${name} does not have one label`);
    const sets = labelSetsOf(METRICS[name]);
    tell(name, () => sets.map((labels) => ({ labels, value: read(labels[label] ?? "") })));
    return sets.map((labels) => labels[label] ?? "");
  }

  const spreads = new Map<string, PlainHistogram>();
  const spreadKey = (name: string, labels: object) => `${name} ${Object.values(labels).join(" ")}`;

  function tellSpread(name: MetricNameOfType<"histogram">): void {
    const { buckets } = METRICS[name];
    const each = labelSetsOf(METRICS[name]).map((labels) => {
      const histogram = createPlainHistogram(name, buckets, labels);
      spreads.set(spreadKey(name, labels), histogram);
      return histogram;
    });
    tell(name, () => each.flatMap((histogram) => histogram.values()));
  }

  return {
    counts<Name extends MetricNameOfType<"counter">>(name: Name) {
      const cells: Record<string, Cell> = {};
      for (const value of tellByLabel(name, (each) => cells[each]?.value ?? 0)) cells[value] = { value: 0 };
      return cells as Record<OneLabel<Name>, Cell>;
    },
    count(name) {
      const cell = { value: 0 };
      tell(name, () => [{ labels: {}, value: cell.value }]);
      return cell;
    },
    level(name, read) {
      tell(name, () => [{ labels: {}, value: read() }]);
    },
    levels(name, read) {
      tellByLabel(name, (value) => (read() as Readonly<Record<string, number>>)[value] ?? 0);
    },
    spread(name, labels) {
      if (!tellers.has(name)) tellSpread(name);
      const histogram = spreads.get(spreadKey(name, labels));
      if (histogram === undefined) throw new Error(`${name} has no ${JSON.stringify(labels)}`);
      return histogram;
    },
    snapshot(page) {
      const asked = [...tellers].filter(([name]) => page === "all" || METRICS[name].page === page);
      return asked.map(([name, values]) => {
        const { type, meaning } = METRICS[name];
        return { name, help: meaning, type, aggregator: aggregatorOf(METRICS[name]), values: values() };
      });
    },
  };
}

function aggregatorOf({ overWorkers }: Metric): "sum" | "max" {
  return overWorkers === "max" || overWorkers === "max-ever" ? "max" : "sum";
}

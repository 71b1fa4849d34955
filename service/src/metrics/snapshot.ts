import { AggregatorRegistry, type MetricValueWithName } from "prom-client";
import { METRICS } from "../../../monitoring/catalogue/catalogue.ts";
import type { Metric } from "../../../monitoring/catalogue/metric.ts";

/** All metrics, or the few that are worth a scrape each second because a page must follow within two. */
export type MetricsPage = Metric["page"];

/** The metrics of one process at one moment, as plain values that IPC can carry. */
export type MetricsSnapshot = readonly MetricSnapshot[];
export interface MetricSnapshot {
  readonly name: string;
  readonly help: string;
  readonly type: Metric["type"];
  readonly aggregator: "sum" | "max";
  readonly values: readonly MetricValueWithName<string>[];
}

/** What was told now, and what was told before of everything else. */
export function mergeSnapshots(before: MetricsSnapshot, now: MetricsSnapshot): MetricsSnapshot {
  const names = new Set(now.map(({ name }) => name));
  return [...before.filter(({ name }) => !names.has(name)), ...now];
}

/** Several processes as one: each metric by its own aggregator, a sum where it names none. */
export async function addSnapshots(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  return (await aggregate(snapshots).getMetricsAsJSON()) as unknown as MetricsSnapshot;
}

export function renderSnapshots(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  return aggregate(snapshots).metrics();
}

export function anomaliesOf(snapshot: MetricsSnapshot): MetricsSnapshot {
  return snapshot.filter(({ name }) => metricOf(name)?.page === "anomalies");
}

/**
 * What stays true of a process that has ended. Its counts stay in the sum: a sum that fell would be taken for a
 * counter that began anew, and all it holds for an increase. The latest of several times is the latest for ever.
 */
export function lastingOf(snapshot: MetricsSnapshot): MetricsSnapshot {
  return snapshot.filter(({ name, type }) => type !== "gauge" || metricOf(name)?.overWorkers === "max-ever");
}

function metricOf(name: string): Metric | undefined {
  return (METRICS as Readonly<Record<string, Metric>>)[name];
}

function aggregate(snapshots: readonly MetricsSnapshot[]) {
  return AggregatorRegistry.aggregate(
    withUnknownAsKnown(snapshots) as unknown as Parameters<typeof AggregatorRegistry.aggregate>[0],
  );
}

/** A process that does not know its own part yet says 0; to the sum it is like those that do. */
function withUnknownAsKnown(snapshots: readonly MetricsSnapshot[]): readonly MetricsSnapshot[] {
  const known = new Map<string, number[]>();
  for (const { name, values } of snapshots.flat())
    if (metricOf(name)?.overWorkers === "sum-of-known")
      known.set(name, [
        ...(known.get(name) ?? []),
        ...values.map(({ value }) => value).filter((v) => v !== 0),
      ]);
  return snapshots.map((snapshot) =>
    snapshot.map((metric) => withMean(metric, known.get(metric.name) ?? [])),
  );
}

function withMean(metric: MetricSnapshot, known: readonly number[]): MetricSnapshot {
  if (known.length === 0) return metric;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  return { ...metric, values: metric.values.map((one) => ({ ...one, value: one.value || mean })) };
}

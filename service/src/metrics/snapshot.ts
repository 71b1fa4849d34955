import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from "prom-client";

/** The metrics of one process at one moment, as plain values that IPC can carry. */
export type MetricsSnapshot = readonly MetricObjectWithValues<MetricValue<string>>[];

/** What was told now, and what was told before of everything else. */
export function mergeSnapshots(before: MetricsSnapshot, now: MetricsSnapshot): MetricsSnapshot {
  const names = new Set(now.map(({ name }) => name));
  return [...before.filter(({ name }) => !names.has(name)), ...now];
}

/** Several processes as one: each metric by its own aggregator, a sum where it names none. */
export function addSnapshots(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  return aggregate(snapshots).getMetricsAsJSON();
}

export function renderSnapshots(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  return aggregate(snapshots).metrics();
}

/**
 * What stays true of a process that has ended. Its counts stay in the sum: a sum that fell would be taken for a
 * counter that began anew, and all it holds for an increase. The latest of several times is the latest for ever.
 */
export function lastingOf(snapshot: MetricsSnapshot): MetricsSnapshot {
  return snapshot.filter(({ type, aggregator }) => type !== "gauge" || aggregator === "max");
}

function aggregate(snapshots: readonly MetricsSnapshot[]) {
  return AggregatorRegistry.aggregate(snapshots as MetricsSnapshot[]);
}

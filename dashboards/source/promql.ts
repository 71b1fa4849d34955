import type { Query } from "./panel.ts";

/** A metric of the service, of the instances chosen at the dashboard's head. */
export function service(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${['instance=~"$instance"', ...matchers].join(",")}}`;
}

/** Grafana makes the window at least four scrapes wide, so that one late scrape leaves no gap. */
export function perSecond(series: string): string {
  return `rate(${series}[$__rate_interval])`;
}

/** Over an alert's own window, for a panel that shows the alert's limit. */
export function rateOver(series: string, seconds: number): string {
  return `rate(${series}[${seconds}s])`;
}

export function increaseOver(series: string, seconds: number): string {
  return `increase(${series}[${seconds}s])`;
}

/** A quantile of a histogram over all instances, apart by the labels given. */
export function quantile(q: number, buckets: string, ...by: readonly string[]): string {
  return `histogram_quantile(${q}, sum by (${["le", ...by].join(", ")}) (${perSecond(buckets)}))`;
}

/** One line for each percentile of a histogram. */
export function percentiles(buckets: string, ...percents: readonly number[]): Query[] {
  return percents.map((percent) => ({ expr: quantile(percent / 100, buckets), legend: `p${percent}` }));
}

/** A metric of a probe, of the systems chosen. */
export function probe(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${['target=~"$target"', ...matchers].join(",")}}`;
}

/** Seconds since a moment; nothing where it never came. */
export function age(timestamp: string): string {
  return `time() - max(${timestamp} > 0)`;
}

/** The same of the one with this label for whom it is longest ago: who is silent is not hidden by another. */
export function oldestAge(timestamp: string, label: string): string {
  return `time() - min(max by (${label}) (${timestamp} > 0))`;
}

const CAPACITY_OF_EACH = service("crowdproof_capacity_signups_per_second");
/** Signups a second that all instances can do, as in the rules: one that was never full counts as the mean of the others. */
export const capacity = `(count(${CAPACITY_OF_EACH}) * avg(${CAPACITY_OF_EACH} > 0))`;

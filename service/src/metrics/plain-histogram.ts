import type { MetricsSnapshot } from "./snapshot.ts";

/** One label set of a histogram. */
export interface PlainHistogram {
  observe(value: number): void;
  values(): MetricsSnapshot[number]["values"];
}

export function createPlainHistogram(
  name: string,
  bounds: readonly number[],
  labels: Readonly<Record<string, string>>,
): PlainHistogram {
  // The last is for what is above every bound.
  const counts = new Array<number>(bounds.length + 1).fill(0);
  const bucketLabels = [...bounds, "+Inf"].map((le) => ({ le, ...labels }));
  let sum = 0;
  return {
    observe(value) {
      let at = 0;
      while (at < bounds.length && value > (bounds[at] as number)) at += 1;
      counts[at] = (counts[at] as number) + 1;
      sum += value;
    },
    /** Buckets hold what is up to their bound, those before included. */
    values() {
      let total = 0;
      const buckets = bucketLabels.map((each, at) => {
        total += counts[at] as number;
        return { metricName: `${name}_bucket`, labels: each, value: total };
      });
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: total },
      ];
    },
  };
}

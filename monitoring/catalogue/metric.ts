/** One metric: what it is called is its key in the catalogue, what it counts stands here and nowhere else. */
export interface Metric {
  readonly type: "counter" | "gauge" | "histogram";
  /** What one of it is; `flag` is 0 or 1. Prometheus asks for base units, so times are seconds. */
  readonly unit: Unit;
  /** One sentence; the line after # HELP. */
  readonly meaning: string;
  readonly labels: Readonly<Record<string, LabelValues>>;
  /** The process that tells it. */
  readonly servedBy: "service" | "harness" | "probe" | "receiver";
  /** `anomalies`: also on the service's small page, which is scraped each second. All are on the other one. */
  readonly page: "all" | "anomalies";
  /**
   * How the service's worker processes become one number. `max`: of those that live. `max-ever`: also of those that
   * have ended, for what stays true. `sum-of-known`: who says 0 does not know, and counts as the mean of those who do.
   * `parent`: told once, by their parent. Other programs are one process: `one`.
   */
  readonly overWorkers: "sum" | "sum-of-known" | "max" | "max-ever" | "parent" | "one";
  /** Of a histogram. Prometheus 3 writes `le="1"` as `le="1.0"`, 2 does not: a rule asks for a bound with a fraction. */
  readonly buckets?: readonly number[];
}

/** A closed set, each value there from the start with 0, or `open`: one value a process, told by whoever starts it. */
export type LabelValues = readonly string[] | "open";

export type Unit =
  | "accesses"
  | "actions"
  | "anomalies"
  | "answers"
  | "appointments"
  | "appointments/second"
  | "bytes"
  | "connections"
  | "errors"
  | "findings"
  | "flag"
  | "mails"
  | "notifications"
  | "observations"
  | "processes"
  | "pushes"
  | "ratio"
  | "reopenings"
  | "halts"
  | "requests"
  | "rows"
  | "seconds"
  | "seconds since 1970"
  | "signups"
  | "signups/second"
  | "tickets"
  | "visitors"
  | "visitors/second";

import { METRIC_NAMES, METRICS, type MetricName } from "../catalogue/catalogue.ts";
import type { Metric } from "../catalogue/metric.ts";

/** `docs/metrics.md`, whole. */
export function metricsPage(): string {
  const tables = SOURCES.map(({ servedBy, title, where }) => {
    const names = METRIC_NAMES.filter((name) => METRICS[name].servedBy === servedBy);
    return [`## ${title}`, "", where, "", ...HEAD, ...names.map(rowOf)].join("\n");
  });
  return `${INTRODUCTION}\n${tables.join("\n\n")}\n`;
}

const INTRODUCTION = `# Metrics

Made from \`monitoring/catalogue\` by \`npm run metrics-page\`; a test compares the two. Every label set is there from the
start with 0, so that the first event is an increase. A histogram is three series: \`_bucket\`, \`_sum\`, \`_count\`.
The service's workers are told as one: by their sum, by the largest of those that live (*max*), or by the largest that
there ever was (*max, ever*); what an ended worker counted stays in the sum. No metric has an ID, an address or a URL in it.
`;

const SOURCES = [
  {
    servedBy: "service",
    title: "The service",
    where:
      "On the admin server, port 3001: all at `/metrics`; those marked ● also at `/metrics/anomalies`, which is small enough to be scraped each second: a test (`loadtests/test/metrics.test.ts`) keeps it under 8,192 bytes.",
  },
  {
    servedBy: "harness",
    title: "A gate that runs",
    where:
      "With `--metrics-port N`, on that port at `/metrics`; `npm run up` looks at 9097. With `--alerts` alone, on any that is free, for its own Prometheus.",
  },
  { servedBy: "probe", title: "The probe", where: "On port 9096 at `/metrics`." },
  { servedBy: "receiver", title: "The receiver", where: "On port 9095 at `/metrics`." },
] as const satisfies readonly { servedBy: Metric["servedBy"]; title: string; where: string }[];

const HEAD = ["| metric | type | unit | labels | workers | meaning |", "|---|---|---|---|---|---|"];

function rowOf(name: MetricName): string {
  const metric: Metric = METRICS[name];
  const { type, unit, meaning, page, overWorkers, buckets } = metric;
  const labels = Object.entries(metric.labels).map(([label, values]) =>
    values === "open" ? `\`${label}\`` : `\`${label}\`: ${values.join(", ")}`,
  );
  const bounds = buckets === undefined ? "" : ` Buckets: ${buckets.join(", ")}.`;
  const cells = [
    `\`${name}\`${page === "anomalies" ? " ●" : ""}`,
    type,
    unit,
    labels.join("; ") || "–",
    WORKERS[overWorkers],
    `${meaning}${bounds}`,
  ];
  return `| ${cells.join(" | ")} |`;
}

const WORKERS: Readonly<Record<Metric["overWorkers"], string>> = {
  sum: "sum",
  max: "max",
  "sum-of-known": "sum; who says 0 counts as the mean of the others",
  "max-ever": "max, ever",
  parent: "–",
  one: "–",
};

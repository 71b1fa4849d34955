import { execFile } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labelSetsOf } from "../../monitoring/catalogue/catalogue.ts";
import type { Metric } from "../../monitoring/catalogue/metric.ts";
import { SERVICE_METRICS } from "../../monitoring/catalogue/service-metrics.ts";
import { type RunningService, startReferenceService } from "../src/reference/start-service.ts";
import { describeWith } from "./needs.ts";

/** What a page that is read each second may have; it has 4.5 kB. */
const ANOMALIES_BYTES_MAX = 8_192;

let service: RunningService;

beforeAll(async () => {
  service = await startReferenceService({
    ...{ port: 0, fault: undefined, databaseUrl: undefined },
    environment: { WORKERS: "2", PLAN_VISITORS_PER_SECOND: "43.5" },
  });
}, 90_000);

afterAll(() => service.stop(), 30_000);

const readPage = async (path: string) =>
  (await fetch(`${service.environment["CROWDPROOF_ADMIN_URL"]}${path}`)).text();

describe.each([
  { path: "/metrics", isOn: () => true },
  { path: "/metrics/anomalies", isOn: ({ page }: Metric) => page === "anomalies" },
])("$path of a service that has just started, against the catalogue", ({ path, isOn }) => {
  const metrics: [string, Metric][] = Object.entries<Metric>(SERVICE_METRICS).filter(([, metric]) =>
    isOn(metric),
  );

  it("has its metrics and no other, each with its type and its meaning", async () => {
    const told = [...readMetrics(await readPage(path))].map(([name, { type, help }]) => ({
      name,
      type,
      help,
    }));
    const listed = metrics.map(([name, { type, meaning }]) => ({ name, type, help: meaning }));
    expect(inOrder(told)).toEqual(inOrder(listed));
  });

  it("has every label set of theirs and no other", async () => {
    const told = [...readMetrics(await readPage(path)).values()].flatMap(({ samples }) => samples);
    expect(told.map(({ series }) => series).sort()).toEqual(metrics.flatMap(seriesOf).sort());
  });

  it("counts from 0: nobody has come, and two workers are one service", async () => {
    const told = [...readMetrics(await readPage(path))].filter(([, { type }]) => type !== "gauge");
    const counted = told.flatMap(([, { samples }]) => samples).filter(({ value }) => value !== 0);
    // The auditor has looked.
    expect(counted.filter(({ series }) => !series.startsWith("crowdproof_auditor_look_seconds"))).toEqual([]);
  });
});

it("tells what it was told: its workers, its plan, its pools", async () => {
  const page = await readPage("/metrics");
  expect(page).toContain('\ncrowdproof_workers{state="serving"} 2\n');
  expect(page).toContain("\ncrowdproof_workers_wanted 2\n");
  expect(page).toContain("\ncrowdproof_plan_visitors_per_second 43.5\n");
  expect(page).toContain("\ncrowdproof_pool_connections_limit 20\n");
  expect(page).toContain("\ncrowdproof_deploying 0\n");
});

it("keeps the page that is read each second small", async () => {
  expect((await readPage("/metrics/anomalies")).length).toBeLessThan(ANOMALIES_BYTES_MAX);
});

describeWith("promtool", "the service's metrics, by promtool", (promtool) => {
  it("have names and types that nothing is to be said against", async () => {
    for (const path of ["/metrics", "/metrics/anomalies"])
      expect(await lint(promtool, await readPage(path))).toEqual({ exitCode: 0, words: "" });
  });

  it("go red on a counter without _total", async () => {
    const { exitCode, words } = await lint(
      promtool,
      "# HELP visits How often.\n# TYPE visits counter\nvisits 1\n",
    );
    expect(exitCode).not.toBe(0);
    expect(words).toContain("_total");
  });
});

/** The series of one metric as a page writes them, with labels in order. */
function seriesOf([name, metric]: [string, Metric]): string[] {
  const sets = labelSetsOf(metric);
  if (metric.type !== "histogram") return sets.map((labels) => seriesText(name, labels));
  const bounds = [...(metric.buckets ?? []).map(String), "+Inf"];
  return sets.flatMap((labels) => [
    ...bounds.map((le) => seriesText(`${name}_bucket`, { ...labels, le })),
    seriesText(`${name}_sum`, labels),
    seriesText(`${name}_count`, labels),
  ]);
}

function seriesText(name: string, labels: Readonly<Record<string, string>>): string {
  const inside = Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .sort();
  return inside.length === 0 ? name : `${name}{${inside.join(",")}}`;
}

interface ToldMetric {
  readonly help: string;
  readonly type: string;
  readonly samples: { readonly series: string; readonly value: number }[];
}

function readMetrics(page: string): Map<string, ToldMetric> {
  const metrics = new Map<string, ToldMetric>();
  for (const block of page.trim().split("\n\n")) {
    const [help = "", type = "", ...lines] = block.split("\n");
    const [, name = "", words = ""] = /^# HELP (\S+) (.*)$/.exec(help) ?? [];
    if (metrics.has(name)) throw new Error(`${name} is on the page twice`);
    const samples = lines.map((line) => {
      const [, series = "", labels = "", value = ""] = /^([^{ ]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label, text]);
      return { series: seriesText(series, Object.fromEntries(pairs)), value: Number(value) };
    });
    metrics.set(name, { help: words, type: type.split(" ").at(-1) ?? "", samples });
  }
  return metrics;
}

function inOrder<Named extends { readonly name: string }>(metrics: readonly Named[]): Named[] {
  return [...metrics].sort((one, other) => one.name.localeCompare(other.name));
}

/** Lint findings of promtool on a page of metrics; it speaks on standard error. */
function lint(promtool: string, page: string): Promise<{ exitCode: number; words: string }> {
  return new Promise((resolve) => {
    const child = execFile(promtool, ["check", "metrics"], (error, stdout, stderr) => {
      resolve({
        exitCode: typeof error?.code === "number" ? error.code : 0,
        words: `${stdout}${stderr}`.trim(),
      });
    });
    child.stdin?.end(page);
  });
}

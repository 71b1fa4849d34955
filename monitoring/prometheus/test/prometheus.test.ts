import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { describeWith } from "../../../loadtests/test/needs.ts";
import { JOBS } from "../../catalogue/jobs.ts";
import { PORTS } from "../../catalogue/ports.ts";
import { SERVICE_METRICS } from "../../catalogue/service-metrics.ts";
import { PROMETHEUS_FILE, prometheusYaml, RULES_FILE } from "../../stack/configuration.ts";

const HERE = join(import.meta.dirname, "..");
const BUILD = join(HERE, "..", "..", ".build");

interface Job {
  job_name: string;
  metrics_path?: string;
  scrape_interval?: string;
  file_sd_configs: { files: string[] }[];
  metric_relabel_configs?: { regex: string; action: string }[];
}
const config = parse(readFileSync(PROMETHEUS_FILE, "utf8")) as {
  global: { scrape_interval: string };
  scrape_configs: Job[];
};

it("has the catalogue's jobs, each with its page and how often it is read", () => {
  const jobs = config.scrape_configs.map((job) => [
    job.job_name,
    {
      path: job.metrics_path ?? "/metrics",
      everySeconds: Number.parseInt(job.scrape_interval ?? config.global.scrape_interval, 10),
    },
  ]);
  expect(Object.fromEntries(jobs)).toEqual(JOBS);
});

it("drops from the whole page what the page of anomalies has, and nothing else", () => {
  const { regex = "" } =
    config.scrape_configs.find(({ job_name }) => job_name === "service")?.metric_relabel_configs?.[0] ?? {};
  const dropped = Object.keys(SERVICE_METRICS).filter((name) => new RegExp(`^(?:${regex})$`).test(name));
  const onBothPages = Object.entries(SERVICE_METRICS)
    .filter(([, { page }]) => page === "anomalies")
    .map(([name]) => name);
  expect(dropped.sort()).toEqual(onBothPages.sort());
});

it("looks in Docker where the catalogue has the ports", () => {
  const files = new Set(
    config.scrape_configs.flatMap((job) => job.file_sd_configs.flatMap(({ files }) => files)),
  );
  const targets = [...files].map(
    (file) => parse(readFileSync(join(HERE, file), "utf8")) as { targets: string[] }[],
  );
  expect(
    targets
      .flat()
      .flatMap((group) => group.targets)
      .sort(),
  ).toEqual([
    `alertmanager:${PORTS.alertmanager}`,
    `prometheus:${PORTS.prometheus}`,
    `receiver:${PORTS.receiver}`,
    `service:${PORTS.admin}`,
  ]);
});

it("names the run in every alert where there is one", () => {
  expect(parse(prometheusYaml("production", 'a "b"'))).toMatchObject({
    global: { external_labels: { run: 'a "b"' } },
  });
  expect(parse(prometheusYaml("production", undefined))).toMatchObject({ global: { external_labels: {} } });
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "crowdproof-prometheus-test-"));
  await mkdir(join(folder, "rules"));
  await cp(RULES_FILE, join(folder, "rules", "crowdproof.yml"));
  await cp(join(HERE, "targets"), join(folder, "etc", "targets"), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

describeWith("promtool", "Prometheus' configuration", (installed) => {
  const promtools = [installed, ...globSync(join(BUILD, "promtool"))];
  describe.each(promtools)("by %s", (promtool) => {
    it.each(["production", "quick"] as const)(
      "is accepted with the waits of %s, rules included",
      async (parameters) => {
        const file = join(folder, "etc", "prometheus.yml");
        await writeFile(file, prometheusYaml(parameters, "run-7"));
        const { stdout } = await promisify(execFile)(promtool, ["check", "config", file]);
        expect(stdout).toMatch(/is valid prometheus config file syntax/);
        expect(stdout).toMatch(/SUCCESS: [1-9]\d* rules found/);
      },
    );
  });
});

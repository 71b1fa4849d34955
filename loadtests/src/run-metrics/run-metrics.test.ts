import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, expect, it } from "vitest";
import { labelSetsOf } from "../../../monitoring/catalogue/catalogue.ts";
import { HARNESS_METRICS } from "../../../monitoring/catalogue/harness-metrics.ts";
import { healthyHistory } from "../../test/history-builder.ts";
import { describeWith } from "../../test/needs.ts";
import { createRunCounts } from "./run-counts.ts";
import { createRunMetrics } from "./run-metrics.ts";
import { type ServedMetrics, serveMetrics } from "./serve-metrics.ts";

const { plan, events } = healthyHistory();
const AT = { flag: "--metrics-port", owner: "run" } as const;
let nowMs = 0;
let counts: ReturnType<typeof createRunCounts>;
let served: ServedMetrics;

beforeEach(async () => {
  nowMs = 0;
  counts = createRunCounts(plan, () => nowMs);
  served = await serveMetrics(createRunMetrics(plan, counts), { ...AT, port: 0 });
});
afterEach(() => served.close());

async function page(): Promise<string> {
  return await (await fetch(served.url)).text();
}

async function value(series: string): Promise<number> {
  const text = await page();
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  if (line === undefined) throw new Error(`no ${series} in ${text}`);
  return Number(line.slice(series.length + 1));
}

it("has every label set of the catalogue from the start, and no other metric", async () => {
  const text = await page();
  for (const [name, metric] of Object.entries(HARNESS_METRICS)) {
    expect(text).toContain(`# HELP ${name} ${metric.meaning}\n# TYPE ${name} ${metric.type}\n`);
    if (metric.type === "histogram") continue;
    for (const { run, class: of } of labelSetsOf(metric, { run: plan.runId })) {
      const labels = of === undefined ? `run="${run}"` : `class="${of}",run="${run}"`;
      expect(text).toContain(`\n${name}{${labels}} 0\n`);
    }
  }
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(names.sort()).toEqual(Object.keys(HARNESS_METRICS).sort());
});

describeWith("promtool", "a gate's page", (promtool) => {
  it("has names and types that nothing is to be said against", async () => {
    const input = await page();
    const { status, stdout, stderr } = spawnSync(promtool, ["check", "metrics"], { input, encoding: "utf8" });
    expect({ status, words: stdout + stderr }).toEqual({ status: 0, words: "" });
  });
});

it("counts what the history says, however often it is asked", async () => {
  for (const event of events) counts.add(event);
  await page();
  const of = (type: string) => events.filter((event) => event.type === type && event.control === null).length;
  const run = `run="${plan.runId}"`;
  expect(await value(`crowdproof_run_started_visitors_total{${run}}`)).toBe(of("arrival"));
  expect(await value(`crowdproof_run_start_error_seconds_count{${run}}`)).toBe(of("arrival"));
  expect(await value(`crowdproof_run_in_flight{${run}}`)).toBe(of("arrival") - of("done"));
  expect(await value(`crowdproof_run_exposures_total{${run}}`)).toBe(0);
  const members = events.filter((event) => event.type === "done" && event.ending === "member").length;
  expect(await value(`crowdproof_run_finished_visitors_total{class="acknowledged",${run}}`)).toBe(members);
});

it("goes on with what is due between two events, and has nothing due before the first", async () => {
  const planned = `crowdproof_run_planned_visitors{run="${plan.runId}"}`;
  nowMs = 5_000;
  expect(await value(planned)).toBe(0);
  const first = events.find((event) => event.type === "arrival");
  if (first) counts.add(first);
  expect(await value(planned)).toBe(1);
  nowMs += 500;
  expect(await value(planned)).toBe(51);
  nowMs += 60_000;
  expect(await value(planned)).toBe(plan.arrivals.dueMicroseconds.length);
});

it("counts an answer with somebody else's data, and not the control's", async () => {
  const answer = events.find((event) => event.type === "request" && event.control === null);
  if (answer?.type !== "request") throw new Error("no answer");
  const foreign = [{ runTag: 1, visitor: 2, field: "email" as const, place: "body" }];
  counts.add({ ...answer, foreign });
  counts.add({ ...answer, foreign, control: "swapped-answer" });
  expect(await value(`crowdproof_run_exposures_total{run="${plan.runId}"}`)).toBe(1);
});

it("says what else there is, and nothing of a port that is taken but its number", async () => {
  expect((await fetch(served.url.replace("/metrics", "/other"))).status).toBe(404);
  const port = Number(new URL(served.url).port);
  await expect(serveMetrics(createRunMetrics(plan, counts), { ...AT, port })).rejects.toThrow(
    `Port ${port} is in use, perhaps by another run. Name another, or take any that is free: --metrics-port 0`,
  );
});

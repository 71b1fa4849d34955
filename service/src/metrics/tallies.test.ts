import fc from "fast-check";
import { Histogram, Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { METRICS } from "../../../monitoring/catalogue/catalogue.ts";
import { createPlainHistogram } from "./plain-histogram.ts";
import { createTallies, type Tallies } from "./tallies.ts";

describe("metrics by the catalogue", () => {
  it("are there with every label set before anything was counted", () => {
    const tallies = createTallies();
    tallies.counts("crowdproof_pushes_total");
    expect(tallies.snapshot("all")).toEqual([
      {
        name: "crowdproof_pushes_total",
        help: METRICS.crowdproof_pushes_total.meaning,
        type: "counter",
        aggregator: "sum",
        values: [
          { labels: { outcome: "delivered" }, value: 0 },
          { labels: { outcome: "failed" }, value: 0 },
        ],
      },
    ]);
  });

  it("tell what was counted, and what a level is at that moment", () => {
    const tallies = createTallies();
    const pushes = tallies.counts("crowdproof_pushes_total");
    let queued = 1;
    tallies.level("crowdproof_signups_queued", () => queued);
    pushes.failed.value += 2;
    queued = 7;
    expect(tallies.snapshot("all").map(({ values }) => values.map(({ value }) => value))).toEqual([
      [0, 2],
      [7],
    ]);
  });

  it("are on the small page where the catalogue says so", () => {
    const tallies = createTallies();
    tallies.count("crowdproof_guard_checked_total");
    tallies.level("crowdproof_ledger_lost", () => 0);
    const namesOn = (page: "all" | "anomalies") => tallies.snapshot(page).map(({ name }) => name);
    expect(namesOn("all")).toEqual(["crowdproof_guard_checked_total", "crowdproof_ledger_lost"]);
    expect(namesOn("anomalies")).toEqual(["crowdproof_ledger_lost"]);
  });

  it("are not counted in two places of one process: one of them would be lost", () => {
    const tallies = createTallies();
    tallies.counts("crowdproof_pushes_total");
    expect(() => tallies.counts("crowdproof_pushes_total")).toThrow(/two places/);
  });

  it("do not compile with a name, a label or a value that is not in the catalogue", () => {
    // Compiled and not run: the type checker is the judge, and an error that is missing is one.
    const misspelt = (tallies: Tallies) => {
      // @ts-expect-error a name
      tallies.count("crowdproof_guard_check_total");
      // @ts-expect-error a value
      tallies.counts("crowdproof_pushes_total").lost.value += 1;
      // @ts-expect-error a label
      tallies.spread("crowdproof_admission_wait_seconds", { who: "newcomer" });
      // @ts-expect-error a label is missing
      tallies.spread("crowdproof_request_seconds", { route: "/me" });
      // @ts-expect-error a gauge is no counter
      tallies.count("crowdproof_ledger_lost");
      // @ts-expect-error one of the states is missing
      tallies.levels("crowdproof_pool_connections", () => ({ busy: 1, idle: 0 }));
    };
    expect(misspelt).toBeTypeOf("function");
  });
});

describe("a plain histogram", () => {
  const BOUNDS = [0.25, 0.5, 1];
  const anyValue = fc.oneof(fc.constantFrom(0, ...BOUNDS), fc.double({ min: 0, max: 3, noNaN: true }));

  it("tells what the client's own would", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyValue), async (values) => {
        const plain = createPlainHistogram("x", BOUNDS, {});
        const registry = new Registry();
        const theirs = new Histogram({ name: "x", help: "x", buckets: BOUNDS, registers: [registry] });
        for (const value of values) {
          plain.observe(value);
          theirs.observe(value);
        }
        const [told] = await registry.getMetricsAsJSON();
        const flat = (sample: object) => ({ ...sample, sharedLabels: undefined, exemplar: undefined });
        expect(plain.values().map(flat)).toEqual(told?.values.map(flat));
      }),
    );
  });
});

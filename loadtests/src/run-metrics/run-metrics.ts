import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { HARNESS_METRICS } from "../../../monitoring/catalogue/harness-metrics.ts";
import type { Plan } from "../plan/plan.ts";
import type { Finished, RunCounts } from "./run-counts.ts";
import type { MetricsPage } from "./serve-metrics.ts";

type Name = keyof typeof HARNESS_METRICS;

/**
 * A load test's own numbers, on the time axis of those of the system it is sent to. Each carries the run. Measured on the
 * process that follows the history, not on the one that sends: 0.2 µs an event, 0.14 ms a scrape. Between two scrapes
 * nothing is done but counting.
 */
export function createRunMetrics({ runId }: Pick<Plan, "runId">, counts: RunCounts): MetricsPage {
  const registry = new Registry();
  registry.setDefaultLabels({ run: runId });
  tellGauge(registry, "crowdproof_run_planned_visitors", counts.planned);
  tellGauge(registry, "crowdproof_run_in_flight", counts.inFlight);
  tellCounter(registry, "crowdproof_run_started_visitors_total", counts.started);
  tellCounter(registry, "crowdproof_run_exposures_total", counts.exposures);
  tellFinished(registry, counts);
  tellStartErrors(registry, counts);
  return { contentType: registry.contentType, render: () => registry.metrics() };
}

const namedAs = (registry: Registry, name: Name) => ({
  name,
  help: HARNESS_METRICS[name].meaning,
  registers: [registry],
});

function tellGauge(registry: Registry, name: Name, read: () => number): void {
  new Gauge({
    ...namedAs(registry, name),
    collect() {
      this.set(read());
    },
  });
}

function tellCounter(registry: Registry, name: Name, read: () => number): void {
  new Counter({
    ...namedAs(registry, name),
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

function tellFinished(registry: Registry, counts: RunCounts): void {
  const { labels } = HARNESS_METRICS.crowdproof_run_finished_visitors_total;
  const classes: readonly Finished[] = labels.class;
  new Counter({
    ...namedAs(registry, "crowdproof_run_finished_visitors_total"),
    labelNames: ["class"],
    collect() {
      this.reset();
      for (const name of classes) this.inc({ class: name }, counts.finished().get(name) ?? 0);
    },
  });
}

function tellStartErrors(registry: Registry, counts: RunCounts): void {
  const { buckets } = HARNESS_METRICS.crowdproof_run_start_error_seconds;
  new Histogram({
    ...namedAs(registry, "crowdproof_run_start_error_seconds"),
    buckets: [...buckets],
    collect() {
      for (const seconds of counts.takeStartErrors()) this.observe(seconds);
    },
  });
}

import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { ANOMALY_KINDS } from "../guard/judge.ts";
import { type ErrorCode, STATUS_OF_CODE } from "../service-error.ts";
import { anomaliesOf, type MetricsPage } from "./anomalies-page.ts";
import { createGuardMetrics, type GuardMetrics } from "./guard-metrics.ts";
import type { MetricsSnapshot } from "./snapshot.ts";

/** How a signup ended; they add up to all signups answered. */
const SIGNUP_OUTCOMES = ["acknowledged", "refused", "halted", "rejected", "indeterminate", "failed"] as const;
export type SignupOutcome = (typeof SIGNUP_OUTCOMES)[number];

/** The service's numbers. The only module that knows the metrics client. */
export interface Metrics extends GuardMetrics {
  countSignup(outcome: SignupOutcome): void;
  countError(code: ErrorCode): void;
  /** `route` is the template, never a path somebody sent; no `status` where they hung up before an answer began. */
  observeRequest(route: string, status: number | undefined, seconds: number): void;
  observeBatch(rows: number): void;
  observeQueueWait(seconds: number): void;
  snapshot(page: MetricsPage): Promise<MetricsSnapshot>;
}

export interface MetricsSources {
  working(): number;
  queued(): number;
}

/** From less than a batch takes to the end of a person's patience. */
const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const STATUS_CLASSES = ["2xx", "4xx", "5xx", "none"];
const ROUTES = [
  "/signups",
  "/me",
  "/members/:number/card",
  "/sign-in-codes",
  "/sessions",
  "/healthz",
  "/readyz",
  "none",
];

export function createMetrics(sources: MetricsSources): Metrics {
  // A registry of its own: two services in one process must not add up.
  const registry = new Registry();
  const registers = [registry];
  const signups = new Counter({
    name: "crowdproof_signups_total",
    help: "Signups answered, by outcome.",
    labelNames: ["outcome"],
    registers,
  });
  for (const outcome of SIGNUP_OUTCOMES) signups.inc({ outcome }, 0);
  const errors = new Counter({
    name: "crowdproof_errors_total",
    help: "Error answers by code of the error catalogue.",
    labelNames: ["code"],
    registers,
  });
  for (const code of Object.keys(STATUS_OF_CODE)) errors.inc({ code }, 0);
  const requests = new Histogram({
    name: "crowdproof_request_seconds",
    help: "Time from the request's head to the end of its answer or the hang-up, by route template and status class.",
    labelNames: ["route", "status"],
    buckets: SECONDS_BUCKETS,
    registers,
  });
  for (const route of ROUTES) for (const status of STATUS_CLASSES) requests.zero({ route, status });
  const batchRows = new Histogram({
    name: "crowdproof_batch_rows",
    help: "Registrations sent to share one commit.",
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers,
  });
  const queueWait = new Histogram({
    name: "crowdproof_admission_wait_seconds",
    help: "Time an admitted signup was queued for its turn.",
    buckets: SECONDS_BUCKETS,
    registers,
  });
  createGauge(registers, "crowdproof_signups_working", "Signups being worked on.", sources.working);
  createGauge(registers, "crowdproof_signups_queued", "Signups queued for their turn.", sources.queued);

  return {
    ...createGuardMetrics(registers, ANOMALY_KINDS),
    countSignup: (outcome) => signups.inc({ outcome }),
    countError: (code) => errors.inc({ code }),
    observeRequest: (route, status, seconds) => requests.observe({ route, status: classOf(status) }, seconds),
    observeBatch: (rows) => batchRows.observe(rows),
    observeQueueWait: (seconds) => queueWait.observe(seconds),
    async snapshot(page) {
      const all = await registry.getMetricsAsJSON();
      return page === "all" ? all : anomaliesOf(all);
    },
  };
}

function classOf(status: number | undefined): string {
  return status === undefined ? "none" : `${Math.floor(status / 100)}xx`;
}

function createGauge(registers: Registry[], name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(read());
    },
  });
}

import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { type ErrorCode, STATUS_OF_CODE } from "../response/service-error.ts";

/** How a signup ended; they add up to all signups answered. */
const SIGNUP_OUTCOMES = ["acknowledged", "refused", "rejected", "failed"] as const;
type SignupOutcome = (typeof SIGNUP_OUTCOMES)[number];

/** The service's numbers. The only module that knows the metrics client. */
export interface Metrics {
  countSignup(outcome: SignupOutcome): void;
  countError(code: ErrorCode): void;
  /** `route` is the template, never a path somebody sent. */
  observeRequest(route: string, status: number, seconds: number): void;
  observeBatch(rows: number): void;
  observeQueueWait(seconds: number): void;
  readonly contentType: string;
  render(): Promise<string>;
}

export interface MetricsSources {
  working(): number;
  waiting(): number;
}

/** Under a batch's time to a whole client patience; beyond 10 s nobody waits. */
const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ROUTES = ["/signups", "/me", "/members/:number/card", "/healthz", "/readyz", "/metrics", "none"];

export function createMetrics(sources: MetricsSources): Metrics {
  // A registry of its own: two services in one process must not add up.
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
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
    help: "Time from the request's head to the end of its answer, by route template and status class.",
    labelNames: ["route", "status"],
    buckets: SECONDS_BUCKETS,
    registers,
  });
  for (const route of ROUTES) for (const status of ["2xx", "4xx", "5xx"]) requests.zero({ route, status });
  const batchRows = new Histogram({
    name: "crowdproof_batch_rows",
    help: "Registrations that shared one commit.",
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers,
  });
  const queueWait = new Histogram({
    name: "crowdproof_admission_wait_seconds",
    help: "Time an admitted signup waited for its turn.",
    buckets: SECONDS_BUCKETS,
    registers,
  });
  createGauge(registers, "crowdproof_signups_working", "Signups being worked on.", sources.working);
  createGauge(registers, "crowdproof_signups_waiting", "Signups waiting for their turn.", sources.waiting);

  return {
    countSignup: (outcome) => signups.inc({ outcome }),
    countError: (code) => errors.inc({ code }),
    observeRequest: (route, status, seconds) =>
      requests.observe({ route, status: `${Math.floor(status / 100)}xx` }, seconds),
    observeBatch: (rows) => batchRows.observe(rows),
    observeQueueWait: (seconds) => queueWait.observe(seconds),
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
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

import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { REFUSALS, type Refusal } from "../edge/refusals.ts";
import { ANOMALY_KINDS } from "../guard/judge.ts";
import { type ErrorCode, STATUS_OF_CODE } from "../service-error.ts";
import { TICKET_EVENTS, type TicketEvent } from "../waiting-room/ticket-event.ts";
import { anomaliesOf, type MetricsPage } from "./anomalies-page.ts";
import { createGuardMetrics, type GuardMetrics } from "./guard-metrics.ts";
import type { MetricsSnapshot } from "./snapshot.ts";

/** How a signup ended; they add up to all signups answered. */
const SIGNUP_OUTCOMES = [
  "acknowledged",
  "waiting",
  "refused",
  "halted",
  "rejected",
  "indeterminate",
  "failed",
] as const;
export type SignupOutcome = (typeof SIGNUP_OUTCOMES)[number];

/** The service's numbers. The only module that knows the metrics client. */
export interface Metrics extends GuardMetrics {
  countSignup(outcome: SignupOutcome): void;
  countError(code: ErrorCode): void;
  countEdgeRefusal(refusal: Refusal): void;
  /** `route` is the template, never a path somebody sent; no `status` where they hung up before an answer began. */
  observeRequest(route: string, status: number | undefined, seconds: number): void;
  observeBatch(rows: number): void;
  observeQueueWait(visitor: VisitorClass, seconds: number): void;
  countTicket(event: TicketEvent): void;
  observeTicketDelay(seconds: number): void;
  snapshot(page: MetricsPage): Promise<MetricsSnapshot>;
}

/** Who has turns of their own at the door. */
const VISITOR_CLASSES = ["newcomer", "holder", "member"] as const;
export type VisitorClass = (typeof VISITOR_CLASSES)[number];

export interface MetricsSources {
  working(): number;
  queued(): number;
  limit(): number;
  /** Where the line of the waiting room stands. */
  line(): { readonly waitSeconds: number; readonly perSecond: number };
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
  const edgeRefusals = new Counter({
    name: "crowdproof_edge_refusals_total",
    help: "Requests turned away at the edge for their form, by reason.",
    labelNames: ["reason"],
    registers,
  });
  for (const reason of Object.keys(REFUSALS)) edgeRefusals.inc({ reason }, 0);
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
    help: "Time queued for a turn at the door, by who has turns of their own.",
    labelNames: ["visitor"],
    buckets: SECONDS_BUCKETS,
    registers,
  });
  for (const visitor of VISITOR_CLASSES) queueWait.zero({ visitor });
  const tickets = new Counter({
    name: "crowdproof_tickets_total",
    help: "Tickets of the waiting room, by what became of them.",
    labelNames: ["event"],
    registers,
  });
  for (const event of TICKET_EVENTS) tickets.inc({ event }, 0);
  const ticketDelay = new Histogram({
    name: "crowdproof_ticket_delay_seconds",
    help: "How much later than first told a ticket holder was let in; their own lateness not counted.",
    buckets: SECONDS_BUCKETS,
    registers,
  });
  const isOneLine = "max";
  createGauge(
    registers,
    "crowdproof_signups_limit",
    "Signups worked on at once, at most, as it adapts.",
    sources.limit,
  );
  createGauge(
    registers,
    "crowdproof_line_wait_seconds",
    "What would be told at this moment to somebody who has to wait.",
    () => sources.line().waitSeconds,
    isOneLine,
  );
  createGauge(
    registers,
    "crowdproof_line_promised_per_second",
    "Appointments given out for each second of the waiting room's line.",
    () => sources.line().perSecond,
    isOneLine,
  );
  let newcomerQueueSecondsMax = 0;
  createGauge(
    registers,
    "crowdproof_newcomer_queue_seconds_max",
    "Longest that a newcomer has queued for a turn, since the start: a queue that is bounded keeps this low.",
    () => newcomerQueueSecondsMax,
    "max",
  );
  createGauge(
    registers,
    "crowdproof_memory_bytes_max",
    "Most memory that a worker process has had resident, since its start.",
    () => process.resourceUsage().maxRSS * 1_024,
    "max",
  );
  createGauge(registers, "crowdproof_signups_working", "Signups being worked on.", sources.working);
  createGauge(registers, "crowdproof_signups_queued", "Signups queued for their turn.", sources.queued);

  return {
    ...createGuardMetrics(registers, ANOMALY_KINDS),
    countSignup: (outcome) => signups.inc({ outcome }),
    countError: (code) => errors.inc({ code }),
    countEdgeRefusal: (reason) => edgeRefusals.inc({ reason }),
    observeRequest: (route, status, seconds) => requests.observe({ route, status: classOf(status) }, seconds),
    observeBatch: (rows) => batchRows.observe(rows),
    observeQueueWait(visitor, seconds) {
      queueWait.observe({ visitor }, seconds);
      if (visitor === "newcomer") newcomerQueueSecondsMax = Math.max(newcomerQueueSecondsMax, seconds);
    },
    countTicket: (event) => tickets.inc({ event }),
    observeTicketDelay: (seconds) => ticketDelay.observe(seconds),
    async snapshot(page) {
      const all = await registry.getMetricsAsJSON();
      return page === "all" ? all : anomaliesOf(all);
    },
  };
}

function classOf(status: number | undefined): string {
  return status === undefined ? "none" : `${Math.floor(status / 100)}xx`;
}

function createGauge(
  registers: Registry[],
  name: string,
  help: string,
  read: () => number,
  aggregator: "sum" | "max" = "sum",
): void {
  new Gauge({
    name,
    help,
    aggregator,
    registers,
    collect() {
      this.set(read());
    },
  });
}

import { type LabelsOf, METRICS } from "../../../monitoring/catalogue/catalogue.ts";
import type { Refusal } from "../edge/refusals.ts";
import type { ErrorCode } from "../service-error.ts";
import type { TicketEvent } from "../waiting-room/ticket-event.ts";
import { createGuardMetrics, type GuardMetrics } from "./guard-metrics.ts";
import type { PlainHistogram } from "./plain-histogram.ts";
import type { MetricsPage, MetricsSnapshot } from "./snapshot.ts";
import { createTallies, type Tallies } from "./tallies.ts";

/** How a signup ended; they add up to all signups answered. */
export type SignupOutcome = LabelsOf<"crowdproof_signups_total">["outcome"];
/** Who has turns of their own at the door. */
export type VisitorClass = LabelsOf<"crowdproof_admission_wait_seconds">["visitor"];
/** What became of an appointment whose holder came when it was due. */
export type Kept = LabelsOf<"crowdproof_appointments_total">["kept"];

/** The numbers of one worker. */
export interface Metrics extends GuardMetrics, SignupMetrics, WaitingRoomMetrics {
  countError(code: ErrorCode): void;
  countEdgeRefusal(refusal: Refusal): void;
  /** `route` is the template, never a path somebody sent; no `status` where they hung up before an answer began. */
  observeRequest(route: string, status: number | undefined, seconds: number): void;
  snapshot(page: MetricsPage): MetricsSnapshot;
}

export interface SignupMetrics {
  /** Somebody new asks; nothing is decided yet. */
  countOffered(): void;
  countSignup(outcome: SignupOutcome): void;
  /** Of one who was told that they are a member. */
  observeSignupLatency(seconds: number): void;
  observeBatch(rows: number): void;
  observeCommit(seconds: number): void;
}

export interface WaitingRoomMetrics {
  observeQueueWait(visitor: VisitorClass, seconds: number): void;
  countTicket(event: TicketEvent): void;
  observeTicketDelay(seconds: number): void;
  countAppointment(kept: Kept): void;
  /** Of one who was let in: the wait they were told first, and how far off it was. */
  observeTold(told: { readonly waitSeconds: number; readonly errorSeconds: number }): void;
}

export interface MetricsSources {
  working(): number;
  queued(): number;
  limit(): number;
  /** Signups a second that this process can do; 0 as long as it was never full. */
  capacityPerSecond(): number;
  /** Where the line of the waiting room stands. */
  line(): { readonly waitSeconds: number; readonly perSecond: number };
  connections(): Readonly<Record<"busy" | "idle" | "waiting", number>>;
  connectionsMax(): number;
  eventLoopLagSeconds(): number;
}

export function createMetrics(sources: MetricsSources): Metrics {
  const tallies = createTallies();
  const errors = tallies.counts("crowdproof_errors_total");
  const edgeRefusals = tallies.counts("crowdproof_edge_refusals_total");
  const requests = createRequestSpreads(tallies);
  const counted = {
    ...createGuardMetrics(tallies),
    ...createSignupMetrics(tallies),
    ...createWaitingRoomMetrics(tallies),
  };
  tellLevels(tallies, sources);
  return {
    ...counted,
    countError(code) {
      errors[code].value += 1;
    },
    countEdgeRefusal(reason) {
      edgeRefusals[reason].value += 1;
    },
    observeRequest(route, status, seconds) {
      const ofRoute = requests[route] ?? requests["none"];
      ofRoute?.[classOf(status)]?.observe(seconds);
    },
    snapshot: (page) => tallies.snapshot(page),
  };
}

function createSignupMetrics(tallies: Tallies): SignupMetrics {
  const offered = tallies.count("crowdproof_offered_signups_total");
  const signups = tallies.counts("crowdproof_signups_total");
  const latency = tallies.spread("crowdproof_signup_latency_seconds", {});
  const batchRows = tallies.spread("crowdproof_batch_rows", {});
  const commits = tallies.spread("crowdproof_commit_seconds", {});
  return {
    countOffered() {
      offered.value += 1;
    },
    countSignup(outcome) {
      signups[outcome].value += 1;
    },
    observeSignupLatency: latency.observe,
    observeBatch: batchRows.observe,
    observeCommit: commits.observe,
  };
}

function createWaitingRoomMetrics(tallies: Tallies): WaitingRoomMetrics {
  const waits: Readonly<Record<VisitorClass, PlainHistogram>> = {
    newcomer: tallies.spread("crowdproof_admission_wait_seconds", { visitor: "newcomer" }),
    holder: tallies.spread("crowdproof_admission_wait_seconds", { visitor: "holder" }),
    member: tallies.spread("crowdproof_admission_wait_seconds", { visitor: "member" }),
  };
  const tickets = tallies.counts("crowdproof_tickets_total");
  const delays = tallies.spread("crowdproof_ticket_delay_seconds", {});
  const appointments = tallies.counts("crowdproof_appointments_total");
  const toldWaits = tallies.count("crowdproof_told_wait_seconds_total");
  const toldErrors = tallies.spread("crowdproof_told_error_seconds", {});
  let newcomerQueueSecondsMax = 0;
  tallies.level("crowdproof_newcomer_queue_seconds_max", () => newcomerQueueSecondsMax);
  return {
    observeQueueWait(visitor, seconds) {
      waits[visitor].observe(seconds);
      if (visitor === "newcomer") newcomerQueueSecondsMax = Math.max(newcomerQueueSecondsMax, seconds);
    },
    countTicket(event) {
      tickets[event].value += 1;
    },
    observeTicketDelay: delays.observe,
    countAppointment(kept) {
      appointments[kept].value += 1;
    },
    observeTold({ waitSeconds, errorSeconds }) {
      toldWaits.value += waitSeconds;
      toldErrors.observe(errorSeconds);
    },
  };
}

function tellLevels(tallies: Tallies, sources: MetricsSources): void {
  tallies.level("crowdproof_signups_limit", sources.limit);
  tallies.level("crowdproof_signups_working", sources.working);
  tallies.level("crowdproof_signups_queued", sources.queued);
  tallies.level("crowdproof_capacity_signups_per_second", sources.capacityPerSecond);
  tallies.level("crowdproof_line_wait_seconds", () => sources.line().waitSeconds);
  tallies.level("crowdproof_line_promised_per_second", () => sources.line().perSecond);
  tallies.levels("crowdproof_pool_connections", sources.connections);
  tallies.level("crowdproof_pool_connections_limit", sources.connectionsMax);
  tallies.level("crowdproof_event_loop_lag_seconds", sources.eventLoopLagSeconds);
  tallies.level("crowdproof_memory_bytes_max", () => process.resourceUsage().maxRSS * 1_024);
}

type Spreads<Key extends string> = Readonly<Record<Key, PlainHistogram>>;
type RequestLabels = LabelsOf<"crowdproof_request_seconds">;

/** Looked up by two properties: labels put together for each answer would cost more than the counting. */
function createRequestSpreads(tallies: Tallies): Readonly<Record<string, Spreads<RequestLabels["status"]>>> {
  const { route: routes, status: statuses } = METRICS.crowdproof_request_seconds.labels;
  const ofRoute = (route: RequestLabels["route"]) =>
    Object.fromEntries(
      statuses.map((status) => [status, tallies.spread("crowdproof_request_seconds", { route, status })]),
    ) as Spreads<RequestLabels["status"]>;
  return Object.fromEntries(routes.map((route) => [route, ofRoute(route)]));
}

function classOf(status: number | undefined): RequestLabels["status"] {
  if (status === undefined || status < 200) return "none";
  if (status < 300) return "2xx";
  if (status < 400) return "3xx";
  return status < 500 ? "4xx" : "5xx";
}

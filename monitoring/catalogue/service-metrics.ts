import {
  LOOK_SECONDS_BUCKETS,
  ROWS_BUCKETS,
  SECONDS_BUCKETS,
  SIGNUP_SECONDS_BUCKETS,
  TOLD_SECONDS_BUCKETS,
} from "./buckets.ts";
import {
  ANOMALY_KINDS,
  CAMPAIGN_PHASES,
  CONNECTION_STATES,
  EDGE_REFUSALS,
  ERROR_CODES,
  EXIT_REASONS,
  FINDING_KINDS,
  HALTERS,
  KEPT,
  MAIL_OUTCOMES,
  PUSH_OUTCOMES,
  ROUTES,
  SIGNUP_OUTCOMES,
  STATUS_CLASSES,
  TICKET_EVENTS,
  VISITOR_CLASSES,
  WORKER_STATES,
} from "./closed-sets.ts";
import type { Metric } from "./metric.ts";

const counted = {
  type: "counter",
  servedBy: "service",
  page: "all",
  overWorkers: "sum",
  labels: {},
} as const;
const level = { type: "gauge", servedBy: "service", page: "all", overWorkers: "sum", labels: {} } as const;
const spread = {
  type: "histogram",
  unit: "seconds",
  servedBy: "service",
  page: "all",
  overWorkers: "sum",
  labels: {},
  buckets: SECONDS_BUCKETS,
} as const;
/** A page must follow within two seconds. */
const paged = { page: "anomalies" } as const;
const once = { overWorkers: "parent" } as const;

export const SERVICE_METRICS = {
  crowdproof_signups_total: {
    ...counted,
    unit: "signups",
    meaning: "Signups answered, by outcome.",
    labels: { outcome: SIGNUP_OUTCOMES },
  },
  crowdproof_offered_signups_total: {
    ...counted,
    unit: "signups",
    meaning:
      "Newcomers that asked to sign up, before anything was decided; who comes back with a ticket has asked before.",
  },
  crowdproof_signup_latency_seconds: {
    ...spread,
    meaning:
      "Acknowledged signups, from the request's head to the end of the answer or the hanging up; of who had hung up before, until they were a member.",
    buckets: SIGNUP_SECONDS_BUCKETS,
  },
  crowdproof_errors_total: {
    ...counted,
    unit: "errors",
    meaning: "Error answers by code of the error catalogue.",
    labels: { code: ERROR_CODES },
  },
  crowdproof_edge_refusals_total: {
    ...counted,
    unit: "requests",
    meaning: "Requests turned away at the edge for their form, by reason.",
    labels: { reason: EDGE_REFUSALS },
  },
  crowdproof_request_seconds: {
    ...spread,
    meaning:
      "Time from the request's head to the end of its answer or the hang-up, by route template and status class.",
    labels: { route: ROUTES, status: STATUS_CLASSES },
  },
  crowdproof_batch_rows: {
    ...spread,
    unit: "rows",
    meaning: "Registrations sent to share one commit.",
    buckets: ROWS_BUCKETS,
  },
  crowdproof_commit_seconds: {
    ...spread,
    meaning: "One batch's commit, from its statement given to the pool to its answer or its failure.",
  },
  crowdproof_admission_wait_seconds: {
    ...spread,
    meaning: "Time queued for a turn at the door, by who has turns of their own.",
    labels: { visitor: VISITOR_CLASSES },
  },
  crowdproof_newcomer_queue_seconds_max: {
    ...level,
    unit: "seconds",
    meaning:
      "Longest that a newcomer has queued for a turn, since the start: a queue that is bounded keeps this low.",
    overWorkers: "max-ever",
  },
  crowdproof_signups_limit: {
    ...level,
    unit: "signups",
    meaning: "Signups worked on at once, at most, as it adapts.",
  },
  crowdproof_signups_working: { ...level, unit: "signups", meaning: "Signups being worked on." },
  crowdproof_signups_queued: { ...level, unit: "signups", meaning: "Signups queued for their turn." },
  crowdproof_capacity_signups_per_second: {
    ...level,
    unit: "signups/second",
    meaning:
      "What the workers can do together, as admission measured it in those that have been full; 0: none has been.",
    overWorkers: "sum-of-known",
  },
  crowdproof_plan_visitors_per_second: {
    ...level,
    ...once,
    unit: "visitors/second",
    meaning: "Visitors a second at the plan's peak, as PLAN_VISITORS_PER_SECOND says; 0: not said.",
  },
  crowdproof_tickets_total: {
    ...counted,
    unit: "tickets",
    meaning: "Tickets of the waiting room, by what became of them.",
    labels: { event: TICKET_EVENTS },
  },
  crowdproof_ticket_delay_seconds: {
    ...spread,
    meaning: "How much later than first told a ticket holder was let in; their own lateness not counted.",
  },
  crowdproof_appointments_total: {
    ...counted,
    unit: "appointments",
    meaning:
      "Ticket holders who came when due: let in within the promise (2 s or a fifth of the wait), later, or told another time.",
    labels: { kept: KEPT },
  },
  crowdproof_told_wait_seconds_total: {
    ...counted,
    unit: "seconds",
    meaning: "The waits that were first told to the holders whose error is in crowdproof_told_error_seconds.",
  },
  crowdproof_told_error_seconds: {
    ...spread,
    meaning:
      "How far the time first told was off the time a holder was let in; their own lateness not counted.",
    buckets: TOLD_SECONDS_BUCKETS,
  },
  crowdproof_line_wait_seconds: {
    ...level,
    unit: "seconds",
    meaning: "What would be told at this moment to somebody who has to wait.",
    overWorkers: "max",
  },
  crowdproof_line_promised_per_second: {
    ...level,
    unit: "appointments/second",
    meaning: "Appointments given out for each second of the waiting room's line.",
    overWorkers: "max",
  },
  crowdproof_pool_connections: {
    ...level,
    unit: "connections",
    meaning: "Database connections of the workers' pools, busy and idle, and those who wait for one.",
    labels: { state: CONNECTION_STATES },
  },
  crowdproof_pool_connections_limit: {
    ...level,
    unit: "connections",
    meaning: "Database connections that the workers' pools may have, all together.",
  },
  crowdproof_event_loop_lag_seconds: {
    ...level,
    unit: "seconds",
    meaning:
      "How late the event loop comes to anything: 99th percentile over the last 5 to 10 s, of the worker that lags most; of one that does not answer, how long it has not.",
    overWorkers: "max",
  },
  crowdproof_memory_bytes_max: {
    ...level,
    unit: "bytes",
    meaning: "Most memory that a worker process has had resident, since its start.",
    overWorkers: "max-ever",
  },
  crowdproof_workers: {
    ...level,
    ...once,
    ...paged,
    unit: "processes",
    meaning: "Worker processes, by state; silent: it serves, and has not answered its parent for 5 s.",
    labels: { state: WORKER_STATES },
  },
  crowdproof_workers_wanted: {
    ...level,
    ...once,
    ...paged,
    unit: "processes",
    meaning: "Worker processes that should be serving.",
  },
  crowdproof_worker_exits_total: {
    ...counted,
    ...once,
    ...paged,
    unit: "processes",
    meaning: "Worker processes that ended, by reason; asked is a stop or a rolling restart.",
    labels: { reason: EXIT_REASONS },
  },
  crowdproof_deploying: {
    ...level,
    ...once,
    ...paged,
    unit: "flag",
    meaning: "1 while a rolling restart is under way.",
  },
  crowdproof_mails_total: {
    ...counted,
    ...once,
    unit: "mails",
    meaning:
      "Mails taken from the outbox, by what became of them; one withheld was an anomaly, not of the service's own form, or for an address that no mail may go to.",
    labels: { outcome: MAIL_OUTCOMES },
  },

  crowdproof_guard_checked_total: {
    ...counted,
    unit: "answers",
    meaning: "Answers that the guard judged.",
  },
  crowdproof_guard_unrecognised_total: {
    ...counted,
    unit: "answers",
    meaning: "Answers withheld because they are not in the guard's table, or because the guard failed.",
  },
  crowdproof_anomalies_total: {
    ...counted,
    ...paged,
    unit: "anomalies",
    meaning: "Answers and mails withheld because they carried an anomaly, by kind.",
    labels: { kind: ANOMALY_KINDS },
  },
  crowdproof_last_anomaly_timestamp_seconds: {
    ...level,
    ...paged,
    unit: "seconds since 1970",
    meaning: "When the last anomaly was found, by kind; 0: never.",
    labels: { kind: ANOMALY_KINDS },
    overWorkers: "max-ever",
  },
  crowdproof_pushes_total: {
    ...counted,
    ...paged,
    unit: "pushes",
    meaning: "Alerts that the service posted to Alertmanager itself, by whether it took them.",
    labels: { outcome: PUSH_OUTCOMES },
  },
  crowdproof_access_ledger_pending: {
    ...level,
    unit: "accesses",
    meaning: "Accesses not yet written to the access ledger.",
  },
  crowdproof_access_ledger_lost: {
    ...level,
    unit: "accesses",
    meaning: "Accesses that the access ledger states as a gap.",
  },
  crowdproof_ledger_spooled: {
    ...level,
    ...paged,
    unit: "anomalies",
    meaning: "Anomalies in the local file, not yet in the database.",
  },
  crowdproof_ledger_lost: {
    ...level,
    ...paged,
    unit: "anomalies",
    meaning: "Anomalies that could be written nowhere.",
  },

  crowdproof_campaign_state: {
    ...level,
    ...once,
    ...paged,
    unit: "flag",
    meaning: "1 for the phase the campaign is in, as the parent process knows it.",
    labels: { phase: CAMPAIGN_PHASES },
  },
  crowdproof_campaign_share_ratio: {
    ...level,
    ...once,
    ...paged,
    unit: "ratio",
    meaning: "Share of newcomers let in; 0 while the campaign is closed.",
  },
  crowdproof_halts_total: {
    ...counted,
    ...once,
    ...paged,
    unit: "halts",
    meaning: "Halts in the audit trail, by who halted.",
    labels: { by: HALTERS },
  },
  crowdproof_break_glass_total: {
    ...counted,
    ...once,
    ...paged,
    unit: "reopenings",
    meaning: "Reopenings by one person alone, in the audit trail.",
  },
  crowdproof_break_glass_timestamp_seconds: {
    ...level,
    ...once,
    ...paged,
    unit: "seconds since 1970",
    meaning: "When one person alone reopened the campaign last; 0: never.",
  },
  crowdproof_reopened_timestamp_seconds: {
    ...level,
    ...once,
    ...paged,
    unit: "seconds since 1970",
    meaning: "When the campaign was reopened last; 0: never.",
  },
  crowdproof_auditor_findings: {
    ...level,
    ...once,
    ...paged,
    unit: "findings",
    meaning: "Impossible states in the database at the auditor's last look, by kind.",
    labels: { kind: FINDING_KINDS },
  },
  crowdproof_last_finding_timestamp_seconds: {
    ...level,
    ...once,
    ...paged,
    unit: "seconds since 1970",
    meaning:
      "When the newest of the auditor's findings that nobody has handled was first seen, by kind and the database's clock; 0: none.",
    labels: { kind: FINDING_KINDS },
  },
  crowdproof_auditor_last_look_timestamp_seconds: {
    ...level,
    ...once,
    ...paged,
    unit: "seconds since 1970",
    meaning: "When the auditor's last look that ended well ended; 0: none yet.",
  },
  crowdproof_auditor_look_seconds: {
    ...spread,
    ...once,
    meaning: "How long a look of the auditor took.",
    buckets: LOOK_SECONDS_BUCKETS,
  },
  crowdproof_auditor_behind: {
    ...level,
    ...once,
    ...paged,
    unit: "flag",
    meaning: "1 where the last look left new rows for the next one because a look has a limit.",
  },
} as const satisfies Readonly<Record<string, Metric>>;

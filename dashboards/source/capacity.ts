import { DASHBOARD_UIDS } from "../../monitoring/catalogue/dashboard-uids.ts";
import { production as alertAt } from "../../monitoring/rules/parameters.ts";
import { linesOf } from "./label-values.ts";
import {
  atLeast,
  type DashboardSpec,
  NO_LIMIT,
  NO_SERVICE,
  type PanelSpec,
  upTo,
  ZERO_ONLY,
} from "./panel.ts";
import { capacity, increaseOver, percentiles, perSecond, quantile, rateOver, service } from "./promql.ts";
import { INSTANCE } from "./variables.ts";

const NEVER_FULL = "never full yet";

const busy = `sum(${service("crowdproof_pool_connections", 'state="busy"')})`;
const connectionsMax = `sum(${service("crowdproof_pool_connections_limit")})`;
const { rateSeconds, waitingSeconds } = alertAt.processing;
const { diedSeconds } = alertAt.capacity;
const plan = `(max(${service("crowdproof_plan_visitors_per_second")}) > 0)`;
const due = service("crowdproof_appointments_total");
const exits = service("crowdproof_worker_exits_total");
const endedUnasked = service("crowdproof_worker_exits_total", 'reason=~"ended|failed|killed"');
/** As WorkerMissing counts them: what one instance has too many does not make up for what another lacks. */
const missing = `max(max by (instance) (${service("crowdproof_workers_wanted")}) - max by (instance) (${service("crowdproof_workers", 'state="serving"')}) unless max by (instance) (${service("crowdproof_deploying")}) == 1)`;

const working = `sum(${service("crowdproof_signups_working")})`;
const limit = `sum(${service("crowdproof_signups_limit")})`;
const offered = `sum(${perSecond(service("crowdproof_offered_signups_total"))})`;
const offeredInAlert = `sum(${rateOver(service("crowdproof_offered_signups_total"), rateSeconds)})`;
const serving = `sum(${service("crowdproof_workers", 'state="serving"')})`;

/** How full each thing is that can be full: the highest is what will break first. */
const AT_A_GLANCE: readonly PanelSpec[] = [
  {
    kind: "stat",
    title: "Offered of capacity",
    description:
      "Newcomers each second, of what admission measured that the service can do. Above 100 % people wait, as they should.",
    unit: "percentunit",
    decimals: 0,
    thresholds: upTo(alertAt.capacity.nearShare, 1),
    noValue: NEVER_FULL,
    width: 6,
    isLarge: true,
    runbooks: ["CapacityNear"],
    queries: [{ expr: `${offered} / ${capacity}`, legend: "of capacity" }],
  },
  {
    kind: "stat",
    title: "Signups at work, of the limit",
    description: "At 100 % newcomers queue; the limit adapts to what the database bears.",
    unit: "percentunit",
    decimals: 0,
    thresholds: upTo(0.8, 1),
    noValue: NO_SERVICE,
    width: 6,
    isLarge: true,
    queries: [{ expr: `${working} / ${limit}`, legend: "of the limit" }],
  },
  {
    kind: "stat",
    title: "Connections busy",
    description:
      "Of the database connections that the workers may have. Orange for long (PoolExhausted): reads are at their limit, and signups come on top.",
    unit: "percentunit",
    decimals: 0,
    thresholds: upTo(alertAt.capacity.busyConnectionsShare, 1),
    noValue: NO_SERVICE,
    width: 6,
    isLarge: true,
    runbooks: ["PoolExhausted"],
    queries: [{ expr: `${busy} / ${connectionsMax}`, legend: "busy" }],
  },
  {
    kind: "stat",
    title: "Workers serving",
    description: "Of those that should be. Fewer during a rolling restart is as it should be.",
    unit: "percentunit",
    decimals: 0,
    thresholds: atLeast(0.5, 1),
    noValue: NO_SERVICE,
    width: 6,
    isLarge: true,
    runbooks: ["WorkerMissing"],
    queries: [{ expr: `${serving} / sum(${service("crowdproof_workers_wanted")})`, legend: "serving" }],
  },
];

const THE_DOOR: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Wait at the door",
    description:
      "Time queued for a turn, by who has turns of their own: 95 % waited less. The queue is bounded: it cannot grow with the crowd.",
    unit: "s",
    thresholds: upTo(alertAt.processing.queueSeconds / 2, alertAt.processing.queueSeconds),
    noValue: "nobody came",
    width: 6,
    runbooks: ["NewcomersQueueTooLong"],
    queries: [
      {
        expr: quantile(0.95, service("crowdproof_admission_wait_seconds_bucket"), "visitor"),
        ...linesOf("crowdproof_admission_wait_seconds", "visitor", "{{visitor}} p95"),
      },
      {
        expr: `max(${service("crowdproof_newcomer_queue_seconds_max")})`,
        legend: "longest newcomer since the start",
      },
    ],
  },
  {
    kind: "graph",
    title: "Signups at the door",
    description: "Being worked on, queued, and the limit as it adapts.",
    unit: "short",
    decimals: 0,
    thresholds: NO_LIMIT,
    noValue: NO_SERVICE,
    width: 6,
    queries: [
      { expr: working, legend: "working" },
      { expr: `sum(${service("crowdproof_signups_queued")})`, legend: "queued" },
      { expr: limit, legend: "limit" },
    ],
  },
  {
    kind: "graph",
    title: "Offered and planned, of capacity",
    description:
      "Newcomers in the last minute, and the plan's peak, of what admission measured that the service can do. From the first line on CapacityNear: at once by the plan, and by where offered will be in ten minutes. No plan: PLAN_VISITORS_PER_SECOND is not set.",
    unit: "percentunit",
    thresholds: upTo(alertAt.capacity.nearShare, 1),
    noValue: NEVER_FULL,
    width: 6,
    runbooks: ["CapacityNear"],
    queries: [
      { expr: `${offeredInAlert} / ${capacity}`, legend: "offered" },
      { expr: `${plan} / ${capacity}`, legend: "plan" },
    ],
  },
  {
    kind: "graph",
    title: "Offered, of the plan",
    description:
      "Newcomers in the last minute, of the plan's peak. Above the second line more come than were planned for: CampaignOverPlan.",
    unit: "percentunit",
    thresholds: upTo(1, alertAt.capacity.overPlanShare),
    noValue: "no plan: PLAN_VISITORS_PER_SECOND is not set",
    width: 6,
    runbooks: ["CampaignOverPlan"],
    queries: [{ expr: `${offeredInAlert} / ${plan}`, legend: "of the plan" }],
  },
];

const THE_LINE: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Tickets",
    description:
      "Tickets of the waiting room each second, by what became of them. The line at 0 is for full: the line is longer than anybody is told, and people go without a ticket.",
    unit: "reqps",
    thresholds: NO_LIMIT,
    limitOf: { lines: ["full"], thresholds: ZERO_ONLY },
    noValue: NO_SERVICE,
    width: 8,
    queries: [
      {
        expr: `sum by (event) (${perSecond(service("crowdproof_tickets_total"))})`,
        ...linesOf("crowdproof_tickets_total", "event"),
      },
    ],
  },
  {
    kind: "graph",
    title: "Let in later than told",
    description:
      "How much later than first told ticket holders were let in; their own lateness is not counted.",
    unit: "s",
    thresholds: upTo(2, alertAt.processing.toldErrorSeconds),
    noValue: "no ticket was used",
    width: 8,
    runbooks: ["WaitToldWrong"],
    queries: percentiles(service("crowdproof_ticket_delay_seconds_bucket"), 50, 95),
  },
  {
    kind: "graph",
    title: "Appointments",
    description:
      "Of the ticket holders who came when due in the last five minutes: let in within the promise, later, or told again. The limits are of those within; below the lower one, of twenty or more who were due: PromisesBroken.",
    unit: "percentunit",
    thresholds: NO_LIMIT,
    limitOf: { lines: ["within"], thresholds: atLeast(alertAt.processing.keptShareMin, 0.99) },
    noValue: "nobody was due",
    width: 8,
    runbooks: ["PromisesBroken"],
    queries: [
      {
        expr: `sum by (kept) (${increaseOver(due, waitingSeconds)}) / on () group_left () (sum(${increaseOver(due, waitingSeconds)}) > 0)`,
        ...linesOf("crowdproof_appointments_total", "kept"),
      },
    ],
  },
];

const THE_DATABASE: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Commits",
    description: "One batch's commit, from its statement given to the pool to its answer or its failure.",
    unit: "s",
    thresholds: upTo(0.1, alertAt.capacity.commitSeconds),
    noValue: "nothing was committed",
    width: 8,
    runbooks: ["CommitsSlow"],
    queries: percentiles(service("crowdproof_commit_seconds_bucket"), 50, 95, 99),
  },
  {
    kind: "graph",
    title: "Connections",
    description:
      "Database connections busy and idle, and who waits for one, on the average of a minute, of those that there may be. The limits are of the busy ones: above the lower one for long, PoolExhausted.",
    unit: "percentunit",
    decimals: 0,
    thresholds: NO_LIMIT,
    limitOf: { lines: ["busy"], thresholds: upTo(alertAt.capacity.busyConnectionsShare, 1) },
    noValue: NO_SERVICE,
    width: 8,
    runbooks: ["PoolExhausted"],
    queries: [
      {
        expr: `sum by (state) (avg_over_time(${service("crowdproof_pool_connections")}[${rateSeconds}s])) / on () group_left () ${connectionsMax}`,
        ...linesOf("crowdproof_pool_connections", "state"),
      },
    ],
  },
  {
    kind: "graph",
    title: "Registrations that share a commit",
    description:
      "Mean and 95th percentile of a batch. Larger batches are how a crowd is served by one database.",
    unit: "short",
    decimals: 1,
    thresholds: NO_LIMIT,
    noValue: "nothing was committed",
    width: 8,
    queries: [
      {
        expr: `sum(${perSecond(service("crowdproof_batch_rows_sum"))}) / (sum(${perSecond(service("crowdproof_batch_rows_count"))}) > 0)`,
        legend: "mean",
      },
      { expr: quantile(0.95, service("crowdproof_batch_rows_bucket")), legend: "p95" },
    ],
  },
];

const THE_PROCESSES: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Workers",
    description:
      "Worker processes by state, how many should serve, how many one instance lacks, and 1 while a rolling restart is under way. The line at 0 is for missing: above it for longer than a worker takes to be replaced, WorkerMissing.",
    unit: "short",
    decimals: 0,
    thresholds: NO_LIMIT,
    limitOf: { lines: ["missing"], thresholds: ZERO_ONLY },
    noValue: NO_SERVICE,
    width: 8,
    runbooks: ["WorkerMissing"],
    queries: [
      {
        expr: `sum by (state) (${service("crowdproof_workers")})`,
        ...linesOf("crowdproof_workers", "state"),
      },
      { expr: `sum(${service("crowdproof_workers_wanted")})`, legend: "wanted" },
      { expr: missing, legend: "missing" },
      { expr: `max(${service("crowdproof_deploying")})`, legend: "rolling restart" },
    ],
  },
  {
    kind: "graph",
    title: "Workers that ended",
    description:
      "In the last five minutes, by reason; asked is a stop or a rolling restart. The limits are of those that ended unasked at the instance where that were most: WorkersDying from the upper one on.",
    unit: "short",
    decimals: 1,
    thresholds: NO_LIMIT,
    limitOf: { lines: ["unasked, at one instance"], thresholds: upTo(1, alertAt.capacity.diedMin) },
    noValue: NO_SERVICE,
    width: 5,
    runbooks: ["WorkersDying", "WorkerMissing"],
    queries: [
      {
        expr: `sum by (reason) (${increaseOver(exits, diedSeconds)})`,
        ...linesOf("crowdproof_worker_exits_total", "reason"),
      },
      {
        expr: `max(sum by (instance) (${increaseOver(endedUnasked, diedSeconds)}))`,
        legend: "unasked, at one instance",
      },
    ],
  },
  {
    kind: "graph",
    title: "Event loop lag",
    description: "How late the event loop comes to anything, of the worker that lags most.",
    unit: "s",
    thresholds: upTo(0.05, alertAt.capacity.eventLoopSeconds),
    noValue: NO_SERVICE,
    width: 6,
    runbooks: ["EventLoopLags"],
    queries: [{ expr: `max(${service("crowdproof_event_loop_lag_seconds")})`, legend: "p99" }],
  },
  {
    kind: "graph",
    title: "Memory",
    description: "Most that a worker has had resident since its start.",
    unit: "bytes",
    thresholds: NO_LIMIT,
    noValue: NO_SERVICE,
    width: 5,
    queries: [{ expr: `max(${service("crowdproof_memory_bytes_max")})`, legend: "largest worker" }],
  },
];

const THE_REQUESTS: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Requests by route",
    description: "Requests each second, by the template of their route.",
    unit: "reqps",
    thresholds: NO_LIMIT,
    noValue: NO_SERVICE,
    width: 8,
    queries: [
      {
        expr: `sum by (route) (${perSecond(service("crowdproof_request_seconds_count"))})`,
        ...linesOf("crowdproof_request_seconds", "route"),
      },
    ],
  },
  {
    kind: "graph",
    title: "Requests by status",
    description: "Requests each second, by class of status; none: they hung up before an answer began.",
    unit: "reqps",
    thresholds: NO_LIMIT,
    noValue: NO_SERVICE,
    width: 5,
    queries: [
      {
        expr: `sum by (status) (${perSecond(service("crowdproof_request_seconds_count"))})`,
        ...linesOf("crowdproof_request_seconds", "status"),
      },
    ],
  },
  {
    kind: "graph",
    title: "Time of an answer",
    description: "95 % were answered faster, by route. Refusals count too: they are fast.",
    unit: "s",
    thresholds: upTo(0.5, alertAt.budget.slowSeconds),
    noValue: "nobody came",
    width: 6,
    queries: [
      {
        expr: quantile(0.95, service("crowdproof_request_seconds_bucket"), "route"),
        ...linesOf("crowdproof_request_seconds", "route"),
      },
    ],
  },
  {
    kind: "graph",
    title: "Turned away at the edge",
    description: "Requests each second that were refused for their form, by reason.",
    unit: "reqps",
    thresholds: NO_LIMIT,
    noValue: NO_SERVICE,
    width: 5,
    queries: [
      {
        expr: `sum by (reason) (${perSecond(service("crowdproof_edge_refusals_total"))})`,
        ...linesOf("crowdproof_edge_refusals_total", "reason"),
      },
    ],
  },
];

/** What is full, and what will be full first? */
export const CAPACITY: DashboardSpec = {
  uid: DASHBOARD_UIDS.capacity,
  title: "Capacity",
  description: "What is full, and what will be full first? From the door to the database.",
  fromSeconds: 1_800,
  variables: [INSTANCE],
  rows: [
    { title: null, height: 6, panels: AT_A_GLANCE },
    { title: "The door", height: 8, panels: THE_DOOR },
    { title: "The line", height: 8, panels: THE_LINE },
    { title: "The database", height: 8, panels: THE_DATABASE },
    { title: "The processes", height: 8, panels: THE_PROCESSES },
    { title: "The requests", height: 8, panels: THE_REQUESTS },
  ],
};

import { DASHBOARD_UIDS } from "../../monitoring/catalogue/dashboard-uids.ts";
import { production as alertAt } from "../../monitoring/rules/parameters.ts";
import { linesOf } from "./label-values.ts";
import { BAD, GOOD, LOOK } from "./palette.ts";
import {
  atLeast,
  type DashboardSpec,
  NO_LIMIT,
  NO_SERVICE,
  NO_SIGNUP_FAILS,
  type PanelSpec,
  upTo,
  type Word,
  ZERO_ONLY,
} from "./panel.ts";
import { capacity, increaseOver, percentiles, perSecond, quantile, rateOver, service } from "./promql.ts";
import { INSTANCE } from "./variables.ts";
import { AUDITOR_BLIND, found, withheld } from "./wrong-identities.ts";

const acknowledged = service("crowdproof_signups_total", 'outcome="acknowledged"');
const membersPerSecond = `sum(${perSecond(acknowledged)})`;
const toldSeconds = `max(${service("crowdproof_line_wait_seconds")})`;

/** Ten minutes is what people bear with a time in hand; an hour is the longest that is told. */
const TOLD_STEPS = upTo(600, 3_000);

/** As SignupsBelowOffered has them, over its window: what asks and is nobody's own mistake, as far as it can be done. */
const { rateSeconds, waitingSeconds } = alertAt.processing;
const askedWell = `(sum(${rateOver(service("crowdproof_offered_signups_total"), rateSeconds)}) - sum(${rateOver(service("crowdproof_signups_total", 'outcome="rejected"'), rateSeconds)}))`;
const servable = `((${capacity} < ${askedWell}) or ${askedWell})`;
/** Newcomers are held back: closed, or coming back in steps. A share of 0 that is no halt is nobody's intention. */
const heldBack = `(max(max_over_time(${service("crowdproof_campaign_state", 'phase="halted"')}[${rateSeconds}s])) > 0 or min(min_over_time(${service("crowdproof_campaign_share_ratio")}[${rateSeconds}s])) < 1 > 0)`;

const STATES: readonly Word[] = [
  { value: 1, text: "OPEN", colour: GOOD },
  { value: 2, text: "HALTED", colour: BAD },
  { value: 3, text: "UNKNOWN", colour: LOOK },
];

/** What anybody in the room may ask, in one row: is it open, who came in, who waits, is anybody shown somebody else. */
const AT_A_GLANCE: readonly PanelSpec[] = [
  {
    kind: "stat",
    title: "Campaign",
    description:
      "Whether newcomers are let in, by the worst of the instances. Unknown: the service cannot read its state and is closed. Halted: read the runbook.",
    unit: "none",
    thresholds: STATES.map(({ value, colour }) => ({ from: value === 1 ? null : value, colour })),
    words: STATES,
    noValue: NO_SERVICE,
    width: 4,
    isLarge: true,
    runbooks: ["CampaignHalted"],
    queries: [
      {
        expr: `max(${service("crowdproof_campaign_state", 'phase="open"')} or ${service("crowdproof_campaign_state", 'phase="halted"')} * 2 or ${service("crowdproof_campaign_state", 'phase="unreadable"')} * 3)`,
        legend: "campaign",
      },
    ],
  },
  {
    kind: "stat",
    title: "Members",
    description: "Signups acknowledged since the service started.",
    unit: "short",
    thresholds: NO_LIMIT,
    noValue: NO_SERVICE,
    width: 4,
    isLarge: true,
    queries: [{ expr: `sum(${acknowledged})`, legend: "members" }],
  },
  {
    kind: "stat",
    title: "Members per second",
    description:
      "Signups acknowledged each second. 0 in a campaign that is open: look at the waiting and at Capacity.",
    unit: "short",
    decimals: 1,
    thresholds: NO_LIMIT,
    noValue: NO_SERVICE,
    width: 4,
    isLarge: true,
    runbooks: ["SignupsBelowOffered"],
    queries: [{ expr: membersPerSecond, legend: "members/s" }],
  },
  {
    kind: "stat",
    title: "People waiting",
    description:
      "About how many appointments lie ahead in the waiting room: the seconds told now times the appointments given for each second.",
    unit: "short",
    decimals: 0,
    thresholds: NO_LIMIT,
    noValue: NO_SERVICE,
    width: 4,
    isLarge: true,
    queries: [
      {
        expr: `${toldSeconds} * max(${service("crowdproof_line_promised_per_second")})`,
        legend: "waiting",
      },
    ],
  },
  {
    kind: "stat",
    title: "Told to wait",
    description: "What somebody who must wait is told at this moment.",
    unit: "s",
    decimals: 0,
    thresholds: TOLD_STEPS,
    noValue: NO_SERVICE,
    width: 4,
    isLarge: true,
    runbooks: ["WaitToldWrong"],
    queries: [{ expr: toldSeconds, legend: "wait" }],
  },
  {
    kind: "stat",
    title: "Wrong identities",
    description:
      "Answers withheld because they carried somebody else's identity or a wrong ID, and impossible states found in the database. Anything but 0: go to Identity, follow the runbook. Orange: the auditor found none, and does not look.",
    unit: "none",
    decimals: 0,
    thresholds: ZERO_ONLY,
    words: [AUDITOR_BLIND],
    noValue: NO_SERVICE,
    width: 4,
    isLarge: true,
    runbooks: ["IdAnomaly", "IdAnomalyInDatabase"],
    queries: [
      { expr: withheld, legend: "withheld" },
      { expr: found, legend: "in the database" },
    ],
  },
];

const THE_CROWD: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Offered and let in",
    description:
      "People who asked for the first time, people who became members, the plan and what admission measured it can do. Offered above capacity: the difference waits. Members below offered and below capacity: something is wrong.",
    unit: "reqps",
    thresholds: NO_LIMIT,
    noValue: NO_SERVICE,
    width: 10,
    runbooks: ["SignupsBelowOffered", "CampaignOverPlan", "CapacityNear"],
    queries: [
      { expr: `sum(${perSecond(service("crowdproof_offered_signups_total"))})`, legend: "offered" },
      { expr: membersPerSecond, legend: "members" },
      { expr: `max(${service("crowdproof_plan_visitors_per_second")}) > 0`, legend: "plan" },
      { expr: capacity, legend: "capacity" },
    ],
  },
  {
    kind: "graph",
    title: "Let in, of what could be",
    description:
      "Signups acknowledged in the last minute, of those that were offered, well formed and within the capacity. The line is SignupsBelowOffered's: below it people ask, the service could, and they do not become members.",
    unit: "percentunit",
    thresholds: atLeast(alertAt.processing.goodputShareMin, 0.9),
    noValue: "fewer than one signup a second, or newcomers are held back",
    width: 6,
    runbooks: ["SignupsBelowOffered"],
    queries: [
      {
        expr: `sum(${rateOver(acknowledged, rateSeconds)}) / (${servable} > ${alertAt.processing.signupsPerSecondMin}) unless ${heldBack}`,
        legend: "let in",
      },
    ],
  },
  {
    kind: "graph",
    title: "Signups by outcome",
    description:
      "How signups ended, each second. The line at 0 is for failed and indeterminate, which should stay there.",
    unit: "reqps",
    thresholds: NO_LIMIT,
    limitOf: NO_SIGNUP_FAILS,
    noValue: NO_SERVICE,
    width: 8,
    queries: [
      {
        expr: `sum by (outcome) (${perSecond(service("crowdproof_signups_total"))})`,
        ...linesOf("crowdproof_signups_total", "outcome"),
      },
    ],
  },
];

const THE_WAIT: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Appointments kept",
    description:
      "Of those who came back when they were due in the last five minutes, the share let in within the promise (told ± 2 s or 20 %). The rest were late or told again.",
    unit: "percentunit",
    thresholds: atLeast(alertAt.processing.keptShareMin, 0.99),
    noValue: "nobody was due",
    width: 8,
    runbooks: ["PromisesBroken"],
    queries: [
      {
        expr: `sum(${increaseOver(service("crowdproof_appointments_total", 'kept="within"'), waitingSeconds)}) / (sum(${increaseOver(service("crowdproof_appointments_total"), waitingSeconds)}) > 0)`,
        legend: "within the promise",
      },
    ],
  },
  {
    kind: "graph",
    title: "Error of the time told",
    description: "How far what people were told lay from how long they waited.",
    unit: "s",
    // Two seconds are within the promise, however short the wait.
    thresholds: upTo(2, alertAt.processing.toldErrorSeconds),
    noValue: "nobody was due",
    width: 8,
    runbooks: ["WaitToldWrong"],
    queries: [
      { expr: quantile(0.5, service("crowdproof_told_error_seconds_bucket")), legend: "half below" },
      { expr: quantile(0.95, service("crowdproof_told_error_seconds_bucket")), legend: "95 % below" },
    ],
  },
  {
    kind: "graph",
    title: "Waiting room",
    description:
      "What is told to somebody who must wait (s), and appointments given out for each second of the line. The limits are of the time told.",
    unit: "short",
    thresholds: NO_LIMIT,
    limitOf: { lines: ["told (s)"], thresholds: TOLD_STEPS },
    noValue: NO_SERVICE,
    width: 8,
    queries: [
      { expr: toldSeconds, legend: "told (s)" },
      {
        expr: `max(${service("crowdproof_line_promised_per_second")})`,
        legend: "appointments per second",
      },
    ],
  },
];

const THE_ANSWERS: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Time to become a member",
    description:
      "From the request's head to the end of the answer, acknowledged signups only. The line is half a second, after which people press again.",
    unit: "s",
    thresholds: upTo(0.5, alertAt.budget.slowSeconds),
    noValue: "no signup was acknowledged",
    width: 8,
    runbooks: ["SignupsSlowInCampaign", "SignupsSlowThisMonth"],
    queries: percentiles(service("crowdproof_signup_latency_seconds_bucket"), 50, 95, 99),
  },
  {
    kind: "graph",
    title: "Error answers by code",
    description:
      "Answers that said no, by code of the error catalogue. Only codes that were given in the time shown. The line at 0 is for unavailable, indeterminate and bug: the others are the visitor's doing, or our choice.",
    unit: "reqps",
    thresholds: NO_LIMIT,
    limitOf: { lines: ["unavailable", "indeterminate", "bug"], thresholds: ZERO_ONLY },
    noValue: "no error answer",
    width: 8,
    queries: [
      {
        expr: `sum by (code) (${perSecond(service("crowdproof_errors_total"))}) > 0`,
        ...linesOf("crowdproof_errors_total", "code"),
      },
    ],
  },
  {
    kind: "graph",
    title: "Mails",
    description:
      "Mails taken from the outbox each second, by what became of them. The line at 0 is for failed, which is tried again, and for withheld: such a mail should not have been written.",
    unit: "reqps",
    thresholds: NO_LIMIT,
    limitOf: { lines: ["failed", "withheld"], thresholds: ZERO_ONLY },
    noValue: NO_SERVICE,
    width: 8,
    queries: [
      {
        expr: `sum by (outcome) (${perSecond(service("crowdproof_mails_total"))})`,
        ...linesOf("crowdproof_mails_total", "outcome"),
      },
    ],
  },
];

const THE_STATE: readonly PanelSpec[] = [
  {
    kind: "table",
    title: "Firing alerts",
    description:
      "What fires at this moment; the name leads to its runbook. The watchdog always fires and is left out.",
    unit: "none",
    thresholds: NO_LIMIT,
    noValue: "none known to fire",
    width: 12,
    queries: [{ expr: 'ALERTS{alertstate="firing",alertname!="Watchdog"}', legend: "{{alertname}}" }],
  },
  {
    kind: "graph",
    title: "Share of newcomers let in",
    description: "After a reopening newcomers come back in steps of 1 %, 10 %, all; 0 while closed.",
    unit: "percentunit",
    // The first step of a reopening, and all.
    thresholds: atLeast(0.01, 1),
    noValue: NO_SERVICE,
    width: 6,
    runbooks: ["CampaignHalted"],
    queries: [{ expr: `min(${service("crowdproof_campaign_share_ratio")})`, legend: "share" }],
  },
  {
    kind: "timeline",
    title: "State over time",
    description: "Open, halted, or unknown: the service could not read its state.",
    unit: "none",
    thresholds: STATES.map(({ value, colour }) => ({ from: value === 1 ? null : value, colour })),
    words: STATES,
    noValue: NO_SERVICE,
    width: 6,
    runbooks: ["CampaignHalted"],
    queries: AT_A_GLANCE[0]?.queries ?? [],
  },
];

/** Is it going well? */
export const CAMPAIGN: DashboardSpec = {
  uid: DASHBOARD_UIDS.campaign,
  title: "Campaign",
  description: "Is it going well? The first row can be read from across a room.",
  fromSeconds: 900,
  variables: [INSTANCE],
  rows: [
    { title: null, height: 7, panels: AT_A_GLANCE },
    { title: "The crowd", height: 9, panels: THE_CROWD },
    { title: "The wait", height: 8, panels: THE_WAIT },
    { title: "The answers", height: 8, panels: THE_ANSWERS },
    { title: "The state", height: 7, panels: THE_STATE },
  ],
};

import { DASHBOARD_UIDS } from "../../monitoring/catalogue/dashboard-uids.ts";
import { production as alertAt } from "../../monitoring/rules/parameters.ts";
import { linesOf } from "./label-values.ts";
import { BAD, LOOK } from "./palette.ts";
import { type DashboardSpec, NO_LIMIT, NO_SERVICE, type PanelSpec, upTo, ZERO_ONLY } from "./panel.ts";
import { BY_CHECK, NO_PROBE, THE_PROBE } from "./probe-panels.ts";
import { age, increaseOver, percentiles, perSecond, service } from "./promql.ts";
import { INSTANCE, TARGET } from "./variables.ts";
import { AUDITOR_BLIND, found, PROBE_BLIND, seen, withheld } from "./wrong-identities.ts";

const NO_RECEIVER = "no receiver";

const AT_A_GLANCE: readonly PanelSpec[] = [
  {
    kind: "stat",
    title: "Withheld by the guard",
    description:
      "Answers that carried a wrong identity and did not leave. Anything but 0: follow the runbook.",
    unit: "none",
    decimals: 0,
    thresholds: ZERO_ONLY,
    noValue: NO_SERVICE,
    width: 5,
    isLarge: true,
    runbooks: ["IdAnomaly"],
    queries: [{ expr: withheld, legend: "withheld" }],
  },
  {
    kind: "stat",
    title: "Found in the database",
    description:
      "Impossible states at the auditor's last look, and anomalies that nobody has handled. Orange: it found none, and has not looked for longer than its alert allows.",
    unit: "none",
    decimals: 0,
    thresholds: ZERO_ONLY,
    words: [AUDITOR_BLIND],
    noValue: NO_SERVICE,
    width: 5,
    isLarge: true,
    runbooks: ["IdAnomalyInDatabase", "AuditorStale"],
    queries: [{ expr: found, legend: "findings" }],
  },
  {
    kind: "stat",
    title: "Seen by the probe",
    description:
      "Observations from outside in which a check failed. Orange: none, and no visitor has seen their own data for longer than its alert allows.",
    unit: "none",
    decimals: 0,
    thresholds: ZERO_ONLY,
    words: [PROBE_BLIND],
    noValue: NO_PROBE,
    width: 5,
    isLarge: true,
    runbooks: ["ProbeSawForeignData", "ProbeSilent"],
    queries: [{ expr: seen, legend: "violations" }],
  },
  {
    kind: "stat",
    title: "Last anomaly",
    description:
      "How long ago the guard withheld an answer last. Red while it is news to IdAnomaly, orange ever after.",
    unit: "s",
    decimals: 0,
    thresholds: [
      { from: null, colour: BAD },
      { from: alertAt.identity.windowSeconds, colour: LOOK },
    ],
    noValue: "none known",
    width: 5,
    isLarge: true,
    runbooks: ["IdAnomaly"],
    queries: [{ expr: age(service("crowdproof_last_anomaly_timestamp_seconds")), legend: "ago" }],
  },
  {
    kind: "stat",
    title: "Lost",
    description: "Anomalies and accesses that could be written nowhere. After a leak nobody can count these.",
    unit: "none",
    decimals: 0,
    thresholds: ZERO_ONLY,
    noValue: NO_SERVICE,
    width: 4,
    isLarge: true,
    runbooks: ["LedgerLosing"],
    queries: [
      {
        expr: `sum(${service("crowdproof_ledger_lost")}) + sum(${service("crowdproof_access_ledger_lost")})`,
        legend: "lost",
      },
    ],
  },
];

const ANOMALIES: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Anomalies by kind",
    description: "Answers withheld since the service started, by what was wrong with them.",
    unit: "short",
    decimals: 0,
    thresholds: ZERO_ONLY,
    noValue: NO_SERVICE,
    width: 12,
    runbooks: ["IdAnomaly"],
    queries: [
      {
        expr: `sum by (kind) (${service("crowdproof_anomalies_total")})`,
        ...linesOf("crowdproof_anomalies_total", "kind"),
      },
    ],
  },
  {
    kind: "graph",
    title: "Findings in the database by kind",
    description:
      "Impossible states at the auditor's last look. They are a level, not a count: it falls when somebody has handled them.",
    unit: "short",
    decimals: 0,
    thresholds: ZERO_ONLY,
    noValue: NO_SERVICE,
    width: 12,
    runbooks: ["IdAnomalyInDatabase"],
    queries: [
      {
        expr: `max by (kind) (${service("crowdproof_auditor_findings")})`,
        ...linesOf("crowdproof_auditor_findings", "kind"),
      },
    ],
  },
];

const GUARD_AND_LEDGERS: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Guard",
    description:
      "Answers judged each second, and those withheld because the guard does not know them or failed itself. Judged at 0 while people come: nobody watches. The line at 0 is for the withheld.",
    unit: "reqps",
    thresholds: NO_LIMIT,
    limitOf: { lines: ["withheld unrecognised"], thresholds: ZERO_ONLY },
    noValue: NO_SERVICE,
    width: 6,
    queries: [
      { expr: `sum(${perSecond(service("crowdproof_guard_checked_total"))})`, legend: "judged" },
      {
        expr: `sum(${perSecond(service("crowdproof_guard_unrecognised_total"))})`,
        legend: "withheld unrecognised",
      },
    ],
  },
  {
    kind: "graph",
    title: "Ledgers: anomalies not yet written",
    description:
      "Anomalies in the local file that the database has not taken yet. Above 0 for longer than a moment: LedgerBehind.",
    unit: "short",
    decimals: 0,
    thresholds: ZERO_ONLY,
    noValue: NO_SERVICE,
    width: 6,
    runbooks: ["LedgerBehind"],
    queries: [{ expr: `sum(${service("crowdproof_ledger_spooled")})`, legend: "anomalies in the file" }],
  },
  {
    kind: "graph",
    title: "Ledgers: accesses not yet written",
    description: "Accesses in memory that the database has not taken yet. The upper line is LedgerBehind's.",
    unit: "short",
    decimals: 0,
    thresholds: upTo(alertAt.processing.ledgerPendingMax / 5, alertAt.processing.ledgerPendingMax),
    noValue: NO_SERVICE,
    width: 6,
    runbooks: ["LedgerBehind"],
    queries: [{ expr: `sum(${service("crowdproof_access_ledger_pending")})`, legend: "accesses pending" }],
  },
  {
    kind: "graph",
    title: "Ledgers: lost",
    description: "What could be written nowhere, since the service started.",
    unit: "short",
    decimals: 0,
    thresholds: ZERO_ONLY,
    noValue: NO_SERVICE,
    width: 6,
    runbooks: ["LedgerLosing"],
    queries: [
      { expr: `sum(${service("crowdproof_ledger_lost")})`, legend: "anomalies" },
      { expr: `sum(${service("crowdproof_access_ledger_lost")})`, legend: "accesses" },
    ],
  },
];

const AUDITOR_AND_HALT: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Auditor: age of its last look",
    description: "It looks each second. An old look sees nothing: the alert is AuditorStale.",
    unit: "s",
    // A new finding pages within four seconds.
    thresholds: upTo(4, alertAt.watching.auditorStaleSeconds),
    noValue: "no look yet",
    width: 8,
    runbooks: ["AuditorStale"],
    queries: [
      { expr: age(service("crowdproof_auditor_last_look_timestamp_seconds")), legend: "age" },
      { expr: `max(${service("crowdproof_auditor_behind")})`, legend: "left rows for the next (0 or 1)" },
    ],
  },
  {
    kind: "graph",
    title: "Auditor: how long a look takes",
    description: "A look that takes longer than its second comes late.",
    unit: "s",
    thresholds: upTo(1, 3),
    noValue: "no look yet",
    width: 8,
    runbooks: ["AuditorStale"],
    queries: percentiles(service("crowdproof_auditor_look_seconds_bucket"), 50, 99),
  },
  {
    kind: "stat",
    title: "Halts by who halted",
    description: "All in the audit trail, and reopenings by one person alone.",
    unit: "none",
    decimals: 0,
    thresholds: ZERO_ONLY,
    noValue: NO_SERVICE,
    width: 8,
    runbooks: ["CampaignHalted", "BreakGlassUsed"],
    queries: [
      // Each instance reads the same trail.
      {
        expr: `max by (by) (${service("crowdproof_halts_total")})`,
        ...linesOf("crowdproof_halts_total", "by"),
      },
      { expr: `max(${service("crowdproof_break_glass_total")})`, legend: "glass broken" },
    ],
  },
];

const PUSHED: readonly PanelSpec[] = [
  {
    kind: "graph",
    title: "Direct pushes",
    description:
      "Alerts that the service posted to Alertmanager itself, in the last five minutes. The line at 0 is for failed: PushFailing.",
    unit: "short",
    decimals: 1,
    thresholds: NO_LIMIT,
    limitOf: { lines: ["failed"], thresholds: ZERO_ONLY },
    noValue: NO_SERVICE,
    width: 8,
    runbooks: ["PushFailing"],
    queries: [
      {
        expr: `sum by (outcome) (${increaseOver(service("crowdproof_pushes_total"), alertAt.watching.failureSeconds)})`,
        ...linesOf("crowdproof_pushes_total", "outcome"),
      },
    ],
  },
  {
    kind: "graph",
    title: "Notifications received",
    description: "What arrived at the end of the line, by Alertmanager's route.",
    unit: "short",
    decimals: 0,
    thresholds: NO_LIMIT,
    noValue: NO_RECEIVER,
    width: 8,
    runbooks: ["AlertmanagerUnreachable"],
    queries: [
      {
        expr: "sum by (route) (crowdproof_receiver_notifications_total)",
        ...linesOf("crowdproof_receiver_notifications_total", "route"),
      },
    ],
  },
  {
    kind: "graph",
    title: "Watchdog heard",
    description:
      "How long ago the alert that always fires arrived at the receiver. Longer than 15 s: nobody would be told of anything.",
    unit: "s",
    thresholds: upTo(10, 15),
    noValue: "not heard yet",
    width: 8,
    runbooks: ["Watchdog"],
    queries: [{ expr: age("crowdproof_receiver_watchdog_last_timestamp_seconds"), legend: "ago" }],
  },
];

/** Was anybody shown somebody else, and would we know? */
export const IDENTITY: DashboardSpec = {
  uid: DASHBOARD_UIDS.identity,
  title: "Identity",
  description:
    "Was anybody shown somebody else's data, and would we know? Each layer that watches, and the halt.",
  fromSeconds: 3_600,
  variables: [INSTANCE, TARGET],
  rows: [
    { title: null, height: 6, panels: AT_A_GLANCE },
    { title: "Anomalies", height: 9, panels: ANOMALIES },
    { title: "Guard and ledgers", height: 8, panels: GUARD_AND_LEDGERS },
    { title: "Auditor and halt", height: 8, panels: AUDITOR_AND_HALT },
    { title: "Who is told", height: 8, panels: PUSHED },
    { title: "The probe, from outside", height: 8, panels: BY_CHECK },
    { title: "The probe itself", height: 8, panels: THE_PROBE },
  ],
};

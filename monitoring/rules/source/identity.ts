import { PROBE_CHECK_FAILED, STOPPING_CHECKS } from "../../catalogue/closed-sets.ts";
import { duration } from "../duration.ts";
import type { Parameters } from "../parameters.ts";
import type { Alert, Recording, RuleGroup } from "../rule.ts";
import { firstEventRules, REOPENED } from "./first-event.ts";

const ANOMALY = {
  level: "kind",
  by: ["kind"],
  counter: "crowdproof_anomalies_total",
  timestamp: "crowdproof_last_anomaly_timestamp_seconds",
} as const;
const VIOLATION = {
  level: "check",
  by: ["check", "target"],
  counter: "crowdproof_probe_violations_total",
  timestamp: "crowdproof_probe_last_violation_timestamp_seconds",
  // The service takes an alert that began before a reopening for an old one, and no guard halts for what only a probe sees.
  keepFiringSeconds: 0,
} as const;

/** Somebody was nearly, or really, shown somebody else's data: no threshold, no waiting. */
export function identityRules(parameters: Parameters): RuleGroup {
  const window = duration(parameters.identity.windowSeconds);
  const reopened: Recording = {
    record: REOPENED,
    expr: `max by (run) (max_over_time(crowdproof_reopened_timestamp_seconds[${window}]))`,
  };
  const anomalies = firstEventRules(
    { ...ANOMALY, keepFiringSeconds: parameters.identity.keepFiringSeconds },
    parameters,
  );
  const violations = firstEventRules(VIOLATION, parameters);
  return {
    name: "identity",
    everySeconds: parameters.everySeconds.identity,
    recordings: [reopened, ...anomalies.recordings, ...violations.recordings],
    alerts: [
      idAnomaly(anomalies.expr, parameters),
      idAnomalyInDatabase(parameters),
      probeSawForeignData(violations.expr, parameters),
      breakGlassUsed(parameters),
      campaignHalted(),
    ],
  };
}

function idAnomaly(expr: string, { identity }: Parameters): Alert {
  return {
    alert: "IdAnomaly",
    severity: "page",
    isHalting: true,
    expr,
    forSeconds: 0,
    keepFiringSeconds: identity.keepFiringSeconds,
    summary:
      "Somebody was about to get somebody else's ID or data ({{ $labels.kind }}). The answer was withheld.",
    description:
      "Answers of kind {{ $labels.kind }} withheld since the service started: {{ $value | humanize }}. The campaign should be closed by now: make sure, then find out who was shown what.",
    dashboard: "identity",
    threshold: `the first one, at most ${duration(identity.windowSeconds)} ago and after the last reopening`,
  };
}

const PROBE_SENTENCES = Object.fromEntries(
  Object.entries(PROBE_CHECK_FAILED).map(([check, words]) => [check, `{{ $labels.target }} ${words}.`]),
);

function probeSawForeignData(expr: string, { identity }: Parameters): Alert {
  return {
    alert: "ProbeSawForeignData",
    severity: "page",
    isHalting: true,
    haltsFor: { label: "check", values: STOPPING_CHECKS },
    expr,
    forSeconds: 0,
    summary: "{{ $labels.target }} broke a promise that the probe looks after: {{ $labels.check }}.",
    summariesFor: { label: "check", sentences: PROBE_SENTENCES },
    description:
      "Observations that failed the check {{ $labels.check }} since the probe started: {{ $value | humanize }}. They are of answers that left: real visitors may get the same.",
    dashboard: "identity",
    threshold: `the first one, at most ${duration(identity.windowSeconds)} ago and after the last reopening`,
  };
}

/**
 * Findings are a state and stay until somebody has handled them, also after two people have reopened with them in it:
 * from then on only what was first seen later is news. Both moments are the database's, and outlive service and
 * Prometheus. Where either is not told, it is news.
 */
function idAnomalyInDatabase({ identity }: Parameters): Alert {
  return {
    alert: "IdAnomalyInDatabase",
    severity: "page",
    isHalting: true,
    expr: `
max by (kind, run) (crowdproof_auditor_findings) > 0
unless max by (kind, run) (crowdproof_last_finding_timestamp_seconds) <= on (run) group_left () ${REOPENED}`,
    forSeconds: 0,
    keepFiringSeconds: identity.keepFiringSeconds,
    summary: "The database holds what must not be there: {{ $labels.kind }}.",
    description:
      "Findings of kind {{ $labels.kind }} that nobody has handled: {{ $value | humanize }}. They stay until somebody has.",
    dashboard: "identity",
    threshold: "one finding that was not there when the campaign was last reopened, until it is handled",
  };
}

function breakGlassUsed({ identity }: Parameters): Alert {
  return {
    alert: "BreakGlassUsed",
    severity: "page",
    expr: `time() - max by (run) (crowdproof_break_glass_timestamp_seconds) < ${identity.breakGlassSeconds}`,
    summary: "One person alone has reopened the campaign with the sealed token.",
    description:
      "It was used {{ $value | humanizeDuration }} ago. Ask who it was and why; seal a new token when it is settled.",
    dashboard: "identity",
    threshold: `for ${duration(identity.breakGlassSeconds)} after it`,
  };
}

function campaignHalted(): Alert {
  return {
    alert: "CampaignHalted",
    severity: "campaign",
    expr: `
max by (run) (sum without (by) (crowdproof_halts_total))
and on (run) max by (run) (crowdproof_campaign_state{phase="halted"}) == 1`,
    summary: "The campaign is closed: newcomers are told so, members are served as ever.",
    description:
      "It is halt number {{ $value }} of the audit trail. The campaign stays closed until two people reopen it.",
    dashboard: "campaign",
    threshold: "at once, until it is reopened",
  };
}

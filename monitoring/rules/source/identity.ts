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
} as const;

/** Somebody was nearly, or really, shown somebody else's data: no threshold, no waiting. */
export function identityRules(parameters: Parameters): RuleGroup {
  const window = duration(parameters.identity.windowSeconds);
  const reopened: Recording = {
    record: REOPENED,
    expr: `max by (run) (max_over_time(crowdproof_reopened_timestamp_seconds[${window}]))`,
  };
  const anomalies = firstEventRules(ANOMALY, parameters);
  const violations = firstEventRules(VIOLATION, parameters);
  return {
    name: "identity",
    everySeconds: parameters.everySeconds.identity,
    recordings: [reopened, ...anomalies.recordings, ...violations.recordings, ...FINDING_RECORDINGS],
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
    keepFiringSeconds: identity.keepFiringSeconds,
    summary: "{{ $labels.target }} broke a promise that the probe looks after: {{ $labels.check }}.",
    summariesFor: { label: "check", sentences: PROBE_SENTENCES },
    description:
      "Observations that failed the check {{ $labels.check }} since the probe started: {{ $value | humanize }}. They are of answers that left: real visitors may get the same.",
    dashboard: "identity",
    threshold: `the first one, at most ${duration(identity.windowSeconds)} ago and after the last reopening`,
  };
}

const FINDINGS = "kind:crowdproof_auditor_findings:max";
const ACCEPTED = "kind:crowdproof_auditor_findings:accepted";

/**
 * Findings are a state and stay until somebody has handled them, also after two people have reopened with them in it.
 * What is there while the campaign is open after a reopening is remembered as accepted, less what is handled later: the
 * auditor closes the campaign within the look in which it finds something new, so that is never remembered.
 */
const FINDING_RECORDINGS: readonly Recording[] = [
  { record: FINDINGS, expr: "max by (kind, run) (crowdproof_auditor_findings)" },
  {
    record: ACCEPTED,
    expr: `
(
  ${FINDINGS}
  and on (run) min by (run) (crowdproof_campaign_state{phase="open"}) == 1
  and on (run) ${REOPENED} > 0
)
or ${FINDINGS} < ${ACCEPTED}
or ${ACCEPTED}`,
  },
];

function idAnomalyInDatabase({ identity }: Parameters): Alert {
  // Over a window: a service that restarts has seen nothing yet, and then finds the old ones again.
  // Offset: where the halt itself does not work, a new finding is remembered at once, and must page before.
  const accepted = `max_over_time(${ACCEPTED}[${duration(identity.windowSeconds)}] offset ${duration(identity.acceptedSeconds)})`;
  return {
    alert: "IdAnomalyInDatabase",
    severity: "page",
    isHalting: true,
    expr: `${FINDINGS} > 0 unless ${FINDINGS} <= ${accepted}`,
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

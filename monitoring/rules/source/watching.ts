import { duration } from "../duration.ts";
import type { Parameters } from "../parameters.ts";
import type { Alert, RuleGroup } from "../rule.ts";

/** Who watches the watchers: silence of any of them is an alarm too. */
export function watchingRules(parameters: Parameters): RuleGroup {
  return {
    name: "watching",
    everySeconds: parameters.everySeconds.watching,
    recordings: [],
    alerts: [
      targetDown(parameters),
      probeSilent(parameters),
      auditorStale(parameters),
      ruleFailing(parameters),
      alertmanagerUnreachable(parameters),
      notificationsFailing(parameters),
      pushFailing(parameters),
      watchdog(),
    ],
  };
}

/** Also where nothing is scraped at all that people use: then there is no `up` that could be 0. */
function targetDown({ watching: at }: Parameters): Alert {
  return {
    alert: "TargetDown",
    severity: "page",
    expr: `
up == 0
or label_replace(absent(up{job=~"service|probe"}) - 1, "job", "service or probe", "", "")`,
    forSeconds: at.targetDownSeconds,
    summary: "Nobody can see how {{ $labels.job }} is: it does not answer.",
    description:
      "up is {{ $value }} for {{ $labels.job }} {{ $labels.instance }}. What it may be doing goes unseen.",
    dashboard: "campaign",
    threshold: `for ${duration(at.targetDownSeconds)}`,
  };
}

function probeSilent({ watching: at }: Parameters): Alert {
  return {
    alert: "ProbeSilent",
    severity: "page",
    expr: `time() - max by (target, run) (crowdproof_probe_last_positive_timestamp_seconds) > ${at.probeSilentSeconds}`,
    forSeconds: at.probeStartSeconds,
    summary:
      "The probe no longer sees its own visitors' data at {{ $labels.target }}: it would not see anybody else's.",
    description: "The last visitor who saw their own data did {{ $value | humanizeDuration }} ago.",
    dashboard: "identity",
    threshold: `older than ${duration(at.probeSilentSeconds)} for ${duration(at.probeStartSeconds)}`,
  };
}

function auditorStale({ watching: at }: Parameters): Alert {
  return {
    alert: "AuditorStale",
    severity: "page",
    expr: `time() - max by (run) (crowdproof_auditor_last_look_timestamp_seconds) > ${at.auditorStaleSeconds}`,
    forSeconds: at.auditorStartSeconds,
    summary: "The auditor does not look at the database any more.",
    description: "Its last look that ended well ended {{ $value | humanizeDuration }} ago.",
    dashboard: "identity",
    threshold: `older than ${duration(at.auditorStaleSeconds)} for ${duration(at.auditorStartSeconds)}`,
  };
}

function ruleFailing({ watching: at }: Parameters): Alert {
  const window = duration(at.failureSeconds);
  return {
    alert: "RuleFailing",
    severity: "page",
    expr: `sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total[${window}])) > 0`,
    summary: "Prometheus cannot evaluate alert rules: what they watch is not watched.",
    description: "Evaluations that failed in {{ $labels.rule_group }}: {{ $value | humanize }}.",
    dashboard: "campaign",
    threshold: `one failure, for ${window}`,
  };
}

/** Its page may still arrive: by the other Alertmanagers, or when this one is back. The watchdog tells it anyway. */
function alertmanagerUnreachable({ watching: at }: Parameters): Alert {
  const window = duration(4 * at.alertmanagerSeconds);
  return {
    alert: "AlertmanagerUnreachable",
    severity: "page",
    expr: `
prometheus_notifications_alertmanagers_discovered == 0
or sum without (alertmanager) (increase(prometheus_notifications_errors_total[${window}])) > 0`,
    forSeconds: at.alertmanagerSeconds,
    summary: "Prometheus cannot hand its alerts to Alertmanager: pages do not go out.",
    description:
      "{{ $value | humanize }}: how many Alertmanagers there are (0), or how many deliveries failed.",
    dashboard: "campaign",
    threshold: `none known, or a delivery that failed within ${window}, for ${duration(at.alertmanagerSeconds)}`,
  };
}

/** Its page goes out by whatever way is left; where none is, only the watchdog's silence tells. */
function notificationsFailing({ watching: at }: Parameters): Alert {
  const window = duration(at.failureSeconds);
  return {
    alert: "NotificationsFailing",
    severity: "page",
    expr: `sum by (instance, integration) (increase(alertmanager_notifications_failed_total[${window}])) > 0`,
    summary:
      "Alertmanager cannot deliver by {{ $labels.integration }}: somebody is not told, or the kill switch does not work.",
    description: "Notifications that were given up: {{ $value | humanize }}.",
    dashboard: "campaign",
    threshold: `one failure, for ${window}`,
  };
}

function pushFailing({ watching: at }: Parameters): Alert {
  const window = duration(at.failureSeconds);
  return {
    alert: "PushFailing",
    severity: "ticket",
    expr: `sum by (run) (increase(crowdproof_pushes_total{outcome="failed"}[${window}])) > 0`,
    summary: "The service cannot post its alerts to Alertmanager itself; only the slower way is left.",
    description: "Pushes that failed: {{ $value | humanize }}.",
    dashboard: "identity",
    threshold: `one failure, for ${window}`,
  };
}

function watchdog(): Alert {
  return {
    alert: "Watchdog",
    severity: "none",
    // The time goes with it: Alertmanager repeats what a Prometheus said last, and the receiver must tell an echo from a word.
    expr: "vector(time())",
    summary: "All is well: this alert always fires, and its silence is the alarm.",
    description:
      "Evaluated at {{ $value }}. Whoever receives it shouts when it stays away, or no longer moves on.",
    dashboard: "campaign",
    threshold: "always",
  };
}

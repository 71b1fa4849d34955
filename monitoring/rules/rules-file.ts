import { DASHBOARD_UIDS } from "../catalogue/dashboard-uids.ts";
import { duration } from "./duration.ts";
import type { Parameters } from "./parameters.ts";
import type { Alert, RuleGroup } from "./rule.ts";
import { toYaml } from "./yaml.ts";

type Bases = Pick<Parameters, "runbookBase" | "dashboardBase">;

/** The groups as the file that Prometheus reads. */
export function rulesFile(groups: readonly RuleGroup[], bases: Bases): string {
  const file = {
    groups: groups.map(({ name, everySeconds, recordings, alerts }) => ({
      name,
      interval: duration(everySeconds),
      rules: [
        ...recordings.map(({ record, expr }) => ({ record, expr: expr.trim() })),
        ...alerts.map((alert) => alertRule(alert, bases)),
      ],
    })),
  };
  return toYaml(file);
}

function alertRule(alert: Alert, bases: Bases) {
  return {
    alert: alert.alert,
    expr: alert.expr.trim(),
    ...(alert.forSeconds === undefined ? {} : { for: duration(alert.forSeconds) }),
    ...(alert.keepFiringSeconds === undefined ? {} : { keep_firing_for: duration(alert.keepFiringSeconds) }),
    labels: labelsOf(alert),
    annotations: annotationsOf(alert, bases),
  };
}

/** What the direct push says as well, but for the lane: Alertmanager sees one alert in two lanes. */
export function labelsOf({
  severity,
  isHalting,
  haltsFor,
}: Pick<Alert, "severity" | "isHalting" | "haltsFor">): Record<string, string> {
  const halt =
    haltsFor === undefined
      ? "true"
      : `{{ if match "^(${haltsFor.values.join("|")})$" $labels.${haltsFor.label} }}true{{ else }}false{{ end }}`;
  return { severity, ...(isHalting ? { halt } : {}), lane: "rule" };
}

export function annotationsOf(alert: Alert, { runbookBase, dashboardBase }: Bases): Record<string, string> {
  return {
    summary: summaryOf(alert),
    description: alert.description,
    runbook_url: `${runbookBase}/${alert.alert}`,
    dashboard_url: `${dashboardBase}/d/${DASHBOARD_UIDS[alert.dashboard]}`,
  };
}

function summaryOf({ summary, summariesFor }: Alert): string {
  if (summariesFor === undefined) return summary;
  const { label, sentences } = summariesFor;
  const cases = Object.entries(sentences).map(
    ([value, sentence]) => `if eq $labels.${label} "${value}" }}${sentence}{{ else `,
  );
  return `{{ ${cases.join("")}}}${summary}{{ end }}`;
}

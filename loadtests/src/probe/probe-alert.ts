import { PROBE_CHECK_FAILED } from "../../../monitoring/catalogue/closed-sets.ts";
import { isStopping, type Seen } from "./alarm.ts";
import { CLOCKS_APART_SECONDS_MAX, EPISODE_SECONDS } from "./limits.ts";

const NAME = "ProbeSawForeignData";

export interface AlertPlaces {
  target: string;
  /** The alert's name is put behind it. */
  runbookBaseUrl: string;
  dashboardBaseUrl: string;
  metricsUrl: string;
}

export interface ProbeAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  endsAt: string;
  generatorURL: string;
}

/** The alert of the rules, but for its lane: closed words, times and counts, nothing of anybody. */
export function probeAlert(seen: Seen, places: AlertPlaces): ProbeAlert {
  const { check, firstAtMs, lastAtMs, times } = seen;
  const { target, runbookBaseUrl, dashboardBaseUrl, metricsUrl } = places;
  const since = new Date(firstAtMs).toISOString();
  const last = new Date(lastAtMs).toISOString();
  return {
    labels: {
      alertname: NAME,
      severity: "page",
      halt: String(isStopping(check)),
      check,
      target,
      lane: "push",
    },
    annotations: {
      summary: `${target} ${PROBE_CHECK_FAILED[check]}.`,
      description: `${check} failed ${times === 1 ? "once" : `${times} times`} since ${since}, the last at ${last}, seen by the probe's own visitors.`,
      runbook_url: `${withoutSlash(runbookBaseUrl)}/${NAME}`,
      dashboard_url: `${withoutSlash(dashboardBaseUrl)}/d/crowdproof-identity`,
    },
    // An alert that began before a reopening would not halt again for what came after it.
    startsAt: last,
    endsAt: new Date(lastAtMs + EPISODE_SECONDS * 1e3).toISOString(),
    generatorURL: metricsUrl,
  };
}

/**
 * Told before an alert that begins anew: Alertmanager makes one of two that overlap, and keeps the earlier beginning. It
 * ends in the past of any clock, or it would not end what is held.
 */
export function endedBefore(alert: ProbeAlert): ProbeAlert {
  const past = new Date(Date.parse(alert.startsAt) - CLOCKS_APART_SECONDS_MAX * 1e3).toISOString();
  return { ...alert, startsAt: past, endsAt: past };
}

/** As Alertmanager's own webhook, version 4: whoever takes its alerts takes this. */
export function webhookBody(alert: ProbeAlert): string {
  const { labels, annotations } = alert;
  return JSON.stringify({
    version: "4",
    groupKey: `{}:{alertname="${NAME}"}`,
    truncatedAlerts: 0,
    status: "firing",
    receiver: "crowdproof-probe",
    groupLabels: { alertname: NAME },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: alert.generatorURL,
    alerts: [{ status: "firing", fingerprint: "", ...alert }],
  });
}

const withoutSlash = (url: string) => url.replace(/\/+$/, "");

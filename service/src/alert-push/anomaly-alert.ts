import { ANOMALY_KINDS, type AnomalyKind } from "../guard/judge.ts";
import type { FindingKind } from "../metrics/campaign-metrics.ts";

/** What the guard finds in answers and mails, and what the auditor finds in the database. */
export type AlarmKind = AnomalyKind | FindingKind;

/** What a page is made of: words of closed sets, times and counts. Nothing of anybody. */
export interface Seen {
  readonly kind: AlarmKind;
  readonly by: "guard" | "auditor";
  /** Of those that this process saw without a pause that would have let the page end. */
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly times: number;
}

export interface AlertPlaces {
  /** The alert's name is put behind it. */
  readonly runbookBaseUrl: string;
  readonly dashboardBaseUrl: string;
}

/**
 * How long a page that nobody ends goes on after its last post, and how long one that nobody has taken is posted again:
 * as long as the rules' own look back. Not from the anomaly itself: one that is found an hour late would be over before
 * it is told.
 */
export const FIRING_MS = 300_000;

/**
 * The body of `POST /api/v2/alerts`; it fires for as long as is said, and with 0 it is over. The labels are those of the
 * rule, but for the lane, so that both page as one group.
 */
export function anomalyAlert(
  seen: Seen,
  nowMs: number,
  { runbookBaseUrl, dashboardBaseUrl }: AlertPlaces,
  firingMs = FIRING_MS,
): string {
  const { kind, by, firstAtMs, lastAtMs, times } = seen;
  const { alertname, summary } = rulesWordsFor(kind);
  return JSON.stringify([
    {
      labels: { alertname, severity: "page", halt: "true", kind, lane: "push" },
      annotations: {
        summary,
        description: `${times} of kind ${kind} seen by the ${by} of one process since ${iso(firstAtMs)}, the last at ${iso(lastAtMs)}. The campaign is halted; only two people reopen it.`,
        runbook_url: `${withoutSlash(runbookBaseUrl)}/${alertname}`,
        dashboard_url: `${withoutSlash(dashboardBaseUrl)}/d/crowdproof-identity`,
      },
      // Not in the future, where another machine's clock is ahead: what ends before it starts is refused.
      startsAt: iso(Math.min(lastAtMs, nowMs)),
      endsAt: iso(nowMs + firingMs),
    },
  ]);
}

/** By what was found and not by who tells it: what the guard withheld the auditor tells again until somebody has handled it. */
function rulesWordsFor(kind: AlarmKind) {
  return isOfGuard(kind)
    ? {
        alertname: "IdAnomaly",
        summary: `Somebody was about to be given a wrong identity (${kind}); it was withheld`,
      }
    : { alertname: "IdAnomalyInDatabase", summary: `The database holds what must not be there (${kind})` };
}

const isOfGuard = (kind: AlarmKind): boolean => (ANOMALY_KINDS as readonly string[]).includes(kind);

const iso = (ms: number) => new Date(ms).toISOString();
const withoutSlash = (url: string) => url.replace(/\/+$/, "");

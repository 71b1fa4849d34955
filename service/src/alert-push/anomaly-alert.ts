import type { AnomalyKind } from "../guard/judge.ts";
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
 * How long a page goes on after the last anomaly: as long as the rules' own look back, so that both lanes resolve
 * together; each further anomaly makes it longer.
 */
export const FIRING_MS = 300_000;

/** The body of `POST /api/v2/alerts`. The labels are those of the rule, but for the lane, so that both page as one group. */
export function anomalyAlert(seen: Seen, { runbookBaseUrl, dashboardBaseUrl }: AlertPlaces): string {
  const { kind, by, firstAtMs, lastAtMs, times } = seen;
  return JSON.stringify([
    {
      labels: { alertname: NAME, severity: "page", halt: "true", kind, lane: "push" },
      annotations: {
        summary: SUMMARIES[by](kind),
        description: `${times} of kind ${kind} seen by the ${by} of one process since ${iso(firstAtMs)}, the last at ${iso(lastAtMs)}. The campaign is halted; only two people reopen it.`,
        runbook_url: `${withoutSlash(runbookBaseUrl)}/${NAME}`,
        dashboard_url: `${withoutSlash(dashboardBaseUrl)}/d/crowdproof-identity`,
      },
      startsAt: iso(lastAtMs),
      endsAt: iso(lastAtMs + FIRING_MS),
    },
  ]);
}

const NAME = "IdAnomaly";
const SUMMARIES = {
  guard: (kind: string) => `Somebody was about to be given a wrong identity (${kind}); it was withheld`,
  auditor: (kind: string) => `The database holds an identity that must not be there (${kind})`,
} as const;

const iso = (ms: number) => new Date(ms).toISOString();
const withoutSlash = (url: string) => url.replace(/\/+$/, "");

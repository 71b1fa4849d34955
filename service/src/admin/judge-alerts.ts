import { z } from "zod";

/** What a webhook of Alertmanager asks for. It can ask for one thing. */
export interface AlertsVerdict {
  /** When the youngest alert that halts began, and its name; absent: nothing halts. */
  readonly halting?: { readonly atMs: number; readonly alertname: string };
  /** Alerts by what became of them; they add up. */
  readonly counts: Readonly<Record<AlertFate, number>>;
}
export type AlertFate = "halting" | "resolved" | "unlabelled" | "future" | "malformed";

/** Alertmanager's webhook, version 4; what else is in it is not looked at. */
export const WEBHOOK = z.object({ version: z.literal("4"), alerts: z.array(z.unknown()) });

/** Prometheus' clock may be ahead of ours by this much. A time beyond it would be younger than every reopening to come. */
const SKEW_MS_MAX = 60_000;
/** Go's zero time and its like are no times. */
const YEAR_2000_MS = Date.UTC(2000, 0, 1);
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const ALERTNAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/**
 * Each alert for itself: one that is broken does not disarm the next. `resolved` and everything unknown asks for nothing,
 * so nothing that is sent here can reopen. Whether it is older than the reopening is for the halt to say.
 */
export function judgeAlerts(webhook: z.infer<typeof WEBHOOK>, nowMs: number): AlertsVerdict {
  const counts = { halting: 0, resolved: 0, unlabelled: 0, future: 0, malformed: 0 };
  let halting: AlertsVerdict["halting"];
  for (const alert of webhook.alerts) {
    const { fate, atMs, alertname } = judgeAlert(alert, nowMs);
    counts[fate] += 1;
    if (fate === "halting" && (halting === undefined || atMs > halting.atMs)) halting = { atMs, alertname };
  }
  return halting === undefined ? { counts } : { counts, halting };
}

function judgeAlert(alert: unknown, nowMs: number): { fate: AlertFate; atMs: number; alertname: string } {
  const labels = ownOf(alert, "labels");
  const name = ownOf(labels, "alertname");
  const alertname = typeof name === "string" && ALERTNAME.test(name) ? name : "unnamed";
  const atMs = timeOf(ownOf(alert, "startsAt"));
  return { fate: fateOf(ownOf(alert, "status"), ownOf(labels, "halt"), atMs, nowMs), atMs, alertname };
}

function fateOf(status: unknown, halt: unknown, atMs: number, nowMs: number): AlertFate {
  if (status === "resolved") return "resolved";
  if (status !== "firing" || Number.isNaN(atMs)) return "malformed";
  if (halt !== "true") return "unlabelled";
  return atMs > nowMs + SKEW_MS_MAX ? "future" : "halting";
}

/** A property of the value itself: what hangs on a prototype was not sent. */
function ownOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function timeOf(text: unknown): number {
  if (typeof text !== "string" || !RFC_3339.test(text)) return Number.NaN;
  const ms = Date.parse(text);
  return ms >= YEAR_2000_MS ? ms : Number.NaN;
}

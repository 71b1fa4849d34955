import { RECEIVER_ROUTES } from "../catalogue/closed-sets.ts";
import { RECEIVER_METRICS } from "../catalogue/receiver-metrics.ts";
import type { Route } from "./notification.ts";

export interface ReceiverNumbers {
  readonly notifications: Readonly<Record<Route, number>>;
  /** 0: never heard. */
  readonly watchdogLastMs: number;
}

export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Two metrics do not ask for a library: the receiver runs anywhere, from its own folder and the catalogue. */
export function renderMetrics({ notifications, watchdogLastMs }: ReceiverNumbers): string {
  const samples: Record<keyof typeof RECEIVER_METRICS, string[]> = {
    crowdproof_receiver_notifications_total: RECEIVER_ROUTES.map(
      (route) => `{route="${route}"} ${notifications[route]}`,
    ),
    crowdproof_receiver_watchdog_last_timestamp_seconds: [` ${watchdogLastMs / 1_000}`],
  };
  return Object.entries(RECEIVER_METRICS)
    .flatMap(([name, { type, meaning }]) => [
      `# HELP ${name} ${meaning}`,
      `# TYPE ${name} ${type}`,
      ...samples[name as keyof typeof RECEIVER_METRICS].map((sample) => `${name}${sample}`),
    ])
    .join("\n")
    .concat("\n");
}

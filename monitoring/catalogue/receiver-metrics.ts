import { RECEIVER_ROUTES } from "./closed-sets.ts";
import type { Metric } from "./metric.ts";

const ofReceiver = { servedBy: "receiver", page: "all", overWorkers: "one" } as const;

/** Of the receiver, at the end of the line. */
export const RECEIVER_METRICS = {
  crowdproof_receiver_notifications_total: {
    ...ofReceiver,
    type: "counter",
    unit: "notifications",
    meaning: "Notifications that Alertmanager delivered, by route.",
    labels: { route: RECEIVER_ROUTES },
  },
  crowdproof_receiver_watchdog_last_timestamp_seconds: {
    ...ofReceiver,
    type: "gauge",
    unit: "seconds since 1970",
    meaning: "When the watchdog was heard last; 0: never.",
    labels: {},
  },
} as const satisfies Readonly<Record<string, Metric>>;

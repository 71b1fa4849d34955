import type { MetricsSnapshot } from "./snapshot.ts";

/** All metrics, or the few that are worth a scrape each second because a page must follow within two. */
export type MetricsPage = "all" | "anomalies";

const ANOMALIES_PAGE =
  /^crowdproof_(anomal|last_anomaly|halt|break_glass|reopened|campaign|auditor|ledger|workers$|worker_exits)/;

export function anomaliesOf(snapshot: MetricsSnapshot): MetricsSnapshot {
  return snapshot.filter(({ name }) => ANOMALIES_PAGE.test(name));
}

/**
 * What Prometheus scrapes: the label `job`, the page, how often. The service's metrics whose page is `anomalies` are on
 * both its pages; the job `service` drops them (`metric_relabel_configs`), so that each series is there once and fresh.
 */
export const JOBS = {
  anomalies: { path: "/metrics/anomalies", everySeconds: 1 },
  service: { path: "/metrics", everySeconds: 5 },
  probe: { path: "/metrics", everySeconds: 1 },
  gate: { path: "/metrics", everySeconds: 1 },
  receiver: { path: "/metrics", everySeconds: 5 },
  alertmanager: { path: "/metrics", everySeconds: 5 },
  prometheus: { path: "/metrics", everySeconds: 5 },
} as const;

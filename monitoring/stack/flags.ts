/** What both `npm run up` and Docker give Prometheus and Alertmanager; a test compares docker-compose.yml with these. */
export const PROMETHEUS_FLAGS = [
  // An alert is sent again each other second (default: each minute). What Prometheus last said is valid for four times that, or
  // four times its group's interval where that is longer (the Watchdog's: 5 s), so a Prometheus that is gone is noticed in
  // seconds. Else Alertmanager repeats its Watchdog for four minutes.
  "--rules.alert.resend-delay=2s",
  // A restart must not begin the watching anew for alerts that were about to fire.
  "--rules.alert.for-grace-period=10s",
  "--storage.tsdb.retention.time=15d",
] as const;

export const ALERTMANAGER_FLAGS = [
  // One instance: no gossip, and no port for it.
  "--cluster.listen-address=",
  // Over the 24 h after which a ticket is told again.
  "--data.retention=120h",
] as const;

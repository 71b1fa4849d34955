/** The dashboards' addresses: `/d/UID` at Grafana. */
export const DASHBOARD_UIDS = {
  campaign: "crowdproof-campaign",
  identity: "crowdproof-identity",
  capacity: "crowdproof-capacity",
  loadTest: "crowdproof-load-test",
} as const;

/** Name → severity of what fires at Prometheus at this moment; the dead-man's switch too. */
export async function firingAlerts(prometheusUrl: string): Promise<Map<string, string>> {
  const answer = await fetch(`${prometheusUrl}/api/v1/alerts`);
  const { data } = (await answer.json()) as {
    data: { alerts: { state: string; labels: Record<string, string> }[] };
  };
  const firing = data.alerts.filter(({ state }) => state === "firing");
  return new Map(firing.map(({ labels }) => [labels["alertname"] ?? "", labels["severity"] ?? ""]));
}

/** Always fires where the rules are evaluated. */
export const DEAD_MANS_SWITCH = "Watchdog";

/** The same, the dead-man's switch left out. */
export async function troubles(prometheusUrl: string): Promise<Map<string, string>> {
  const firing = await firingAlerts(prometheusUrl);
  firing.delete(DEAD_MANS_SWITCH);
  return firing;
}

/** One time that an alert fired, with its labels; milliseconds since 1970, by the clock of who evaluates the rules. */
export interface Firing {
  alert: string;
  severity: string;
  /** All but the alert's name, for comparison with what somebody else says of it. */
  labels: Record<string, string>;
  pendingMs: number | null;
  firedMs: number;
  /** Null: it still fires. */
  resolvedMs: number | null;
}

/** A series with its samples as they were written: one at each evaluation, and none after it was over. */
export interface Samples {
  metric: Record<string, string>;
  /** Seconds since 1970, and the value. */
  values: [number, string][];
}

export interface Alerts {
  /** Of `ALERTS`. */
  states: Samples[];
  /** Of `ALERTS_FOR_STATE`, whose value is when the condition began to hold. */
  since: Samples[];
  /** Between two evaluations of an alert's rule, in milliseconds. */
  intervalMs(alert: string): number;
  /** The rules were last evaluated: what has no sample since then is over. */
  nowMs: number;
}

/** A loaded machine may leave some evaluations out; after more it is another firing. */
const INTERVALS_WITHOUT_SAMPLE_MAX = 4;

/** Every firing in what Prometheus kept of its alerts, in the order in which they fired. */
export function firingsIn(alerts: Alerts): Firing[] {
  return alerts.states
    .filter(({ metric }) => metric["alertstate"] === "firing")
    .flatMap((series) => firingsOf(series, alerts))
    .sort((one, other) => one.firedMs - other.firedMs || (one.alert < other.alert ? -1 : 1));
}

function firingsOf({ metric, values }: Samples, { since, intervalMs, nowMs }: Alerts): Firing[] {
  const { __name__: _, alertstate: __, alertname: alert = "", ...labels } = metric;
  const severity = labels["severity"] ?? "none";
  const gapMs = intervalMs(alert) * INTERVALS_WITHOUT_SAMPLE_MAX;
  const began = since.find((one) => isSame(one.metric, { alertname: alert, ...labels }));
  return stretchesOf(
    values.map(([seconds]) => seconds * 1_000),
    gapMs,
  ).map(([firedMs, lastMs]) => ({
    alert,
    severity,
    labels,
    pendingMs: began === undefined ? null : pendingAt(began, firedMs),
    firedMs,
    resolvedMs: lastMs + gapMs < nowMs ? lastMs + intervalMs(alert) : null,
  }));
}

/** Times in ascending order, cut where they are further apart than `gapMs`: first and last of each stretch. */
function stretchesOf(timesMs: number[], gapMs: number): [number, number][] {
  const stretches: [number, number][] = [];
  for (const timeMs of timesMs) {
    const last = stretches.at(-1);
    if (last !== undefined && timeMs - last[1] <= gapMs) last[1] = timeMs;
    else stretches.push([timeMs, timeMs]);
  }
  return stretches;
}

/** What the series said when the alert fired; it is written before the alert is pending for long enough. */
function pendingAt({ values }: Samples, firedMs: number): number | null {
  const said = values.findLast(([seconds]) => seconds * 1_000 <= firedMs);
  const pendingMs = said === undefined ? Number.NaN : Number(said[1]) * 1_000;
  return Number.isFinite(pendingMs) ? pendingMs : null;
}

function isSame(metric: Record<string, string>, labels: Record<string, string>): boolean {
  const { __name__: _, alertstate: __, ...rest } = metric;
  return Object.keys(rest).length === Object.keys(labels).length && isWithin(labels, rest);
}

/** Every label of `labels` is in `wider` too: Alertmanager's alerts have Prometheus's external labels in addition. */
export function isWithin(labels: Record<string, string>, wider: Record<string, string>): boolean {
  return Object.entries(labels).every(([name, value]) => wider[name] === value);
}

/** For a person: what tells it from its like. Its severity, its halt, its lane and the run are said elsewhere or the same for all. */
export function labelsText(labels: Record<string, string>, leftOut: readonly string[] = []): string {
  return Object.entries(labels)
    .filter(([name]) => !["severity", "halt", "alertname", "run", ...leftOut].includes(name))
    .filter(([name, value]) => !(name === "lane" && value === "rule"))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}="${value}"`)
    .join(" ");
}

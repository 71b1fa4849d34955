import { setTimeout as sleep } from "node:timers/promises";
import { blankObservation } from "../events/blank-observation.ts";
import type { AlertEvent, ObservationEvent } from "../events/event.ts";
import type { Plan } from "../plan/plan.ts";
import { type Firing, firingsIn, labelsText } from "./firings.ts";
import { type Prometheus, type Rule, whyNoAnswer } from "./prometheus-api.ts";
import { type Delivered, isToldBy, type ToldAlerts } from "./told-alerts.ts";

/** Watches a run by the rules of a Prometheus, and says afterwards what fired. */
export interface AlertWatch {
  /**
   * Waits until the alerts have settled, then gives each that fired since the run began, and what shows that somebody looked.
   * `startedAt` is the run's start, `atMicroseconds` when its last answer came. Where the alerts cannot be known it says why
   * and claims nothing.
   */
  observe(run: { startedAt: string; atMicroseconds: number }): AsyncGenerator<AlertEvent | ObservationEvent>;
  close(): Promise<void>;
}

export interface Watched {
  plan: Pick<Plan, "runId" | "alerts">;
  prometheus: Prometheus;
  told: ToldAlerts;
  /** Which of the alerts and scrape targets are this run's: `run="cp-…"`; empty where all are. */
  selector: string;
  /** The label of the selector, which says nothing about one alert rather than another. */
  selectedLabels: readonly string[];
  /** Whoever leaves waits for nothing more. */
  signal: AbortSignal;
  close(): Promise<void>;
}

/** A watch that cannot be: it says why. */
export function createNoWatch({ runId }: Pick<Plan, "runId">, why: string): AlertWatch {
  return {
    async *observe({ atMicroseconds }) {
      yield { ...blankObservation(runId, atMicroseconds), kind: "alerts-end", name: why };
    },
    close: async () => {},
  };
}

export function createAlertWatch(watched: Watched): AlertWatch {
  const { plan } = watched;
  return {
    async *observe({ startedAt, atMicroseconds }) {
      const blank = blankObservation(plan.runId, atMicroseconds);
      const startMs = Date.parse(startedAt);
      const endMs = startMs + atMicroseconds / 1_000;
      try {
        await settle(watched, { startMs, endMs });
        const events = await alertEvents(watched, startMs);
        yield* events;
        yield* await watchEvents(watched, { startMs, endMs }, blank);
        // A page may still have been on its way.
        yield watched.signal.aborted
          ? { ...blank, kind: "alerts-end", name: "the run was stopped before the alerts had settled" }
          : { ...blank, kind: "alerts-end", value: events.length };
      } catch (error) {
        yield { ...blank, kind: "alerts-end", name: `Prometheus gave no answer: ${whyNoAnswer(error)}` };
      }
    },
    close: watched.close,
  };
}

interface Span {
  startMs: number;
  endMs: number;
}

const SETTLE_SECONDS_MAX = 30;
const LOOK_MS = 250;
/** The longest scrape interval of ours, 5 s, need not be waited for: what pages is scraped each second. */
const AFTER_END_MS = 2_500;

/**
 * Until the rules have seen the end of the run, nothing is about to fire, each page has arrived somewhere, and what is demanded
 * has fired; or until the time is up, for a rule may wait for longer than anybody at a gate.
 */
async function settle(watched: Watched, span: Span): Promise<void> {
  const deadlineMs = Date.now() + SETTLE_SECONDS_MAX * 1_000;
  while (Date.now() < deadlineMs && !watched.signal.aborted && !(await isSettled(watched, span)))
    await sleep(LOOK_MS);
}

async function isSettled(watched: Watched, { startMs, endMs }: Span): Promise<boolean> {
  const { prometheus, told, plan } = watched;
  const rules = await prometheus.rules();
  if (rules.some(({ state, evaluatedMs }) => state === "pending" || evaluatedMs < endMs + AFTER_END_MS))
    return false;
  await told.deliveries();
  const firings = await readFirings(watched, rules, startMs);
  const fired = new Set(firings.map(({ alert }) => alert));
  const isDemandMet = (plan.alerts?.expected ?? []).every((name) => fired.has(name));
  return isDemandMet && firings.every((firing) => isTold(firing, told));
}

function isTold(firing: Firing, told: ToldAlerts): boolean {
  if (firing.severity !== "page" || firing.resolvedMs !== null) return true;
  const labels = { alertname: firing.alert, ...firing.labels };
  return !told.isAsked || told.deliveredMs(labels, firing.firedMs) !== null || told.isInhibited(labels);
}

/** Alerts that began before the run are looked back for as far as this. */
const BEFORE_START_SECONDS = 60;

async function readFirings(
  { prometheus, selector }: Watched,
  rules: Rule[],
  startMs: number,
): Promise<Firing[]> {
  const nowMs = Date.now();
  const range = rangeFrom(startMs - BEFORE_START_SECONDS * 1_000, nowMs);
  const intervals = new Map(rules.map(({ name, intervalMs }) => [name, intervalMs]));
  return firingsIn({
    states: await prometheus.samples(`ALERTS{${selector}}[${range}]`),
    since: await prometheus.samples(`ALERTS_FOR_STATE{${selector}}[${range}]`),
    intervalMs: (alert) => intervals.get(alert) ?? 60_000,
    nowMs,
  });
}

const rangeFrom = (fromMs: number, untilMs: number) => `${Math.max(1, Math.ceil(untilMs - fromMs))}ms`;

/** The rules fire it always: its samples are the times somebody looked. */
const WATCHDOG = "Watchdog";

async function alertEvents(watched: Watched, startMs: number): Promise<AlertEvent[]> {
  const { prometheus, told, plan, selectedLabels } = watched;
  const firings = await readFirings(watched, await prometheus.rules(), startMs);
  const pushed = pushedOnly(await told.deliveries(), firings);
  const micro = (ms: number) => Math.round((ms - startMs) * 1_000);
  return [...firings, ...pushed]
    .filter(({ alert, resolvedMs }) => alert !== WATCHDOG && (resolvedMs ?? startMs) >= startMs)
    .map((firing) => {
      const { alert, severity, labels, pendingMs, firedMs, resolvedMs } = firing;
      const notifiedMs = told.deliveredMs({ alertname: alert, ...labels }, firedMs);
      return {
        type: "alert",
        run: plan.runId,
        control: null,
        alert,
        severity,
        labels: labelsText(labels, selectedLabels),
        isInhibited: notifiedMs === null && told.isInhibited({ alertname: alert, ...labels }),
        pendingMicroseconds: pendingMs === null ? null : micro(pendingMs),
        firedMicroseconds: micro(firedMs),
        resolvedMicroseconds: resolvedMs === null ? null : micro(resolvedMs),
        notifiedMicroseconds: notifiedMs === null ? null : micro(notifiedMs),
      };
    });
}

/** What a service pushed to Alertmanager itself, and no rule has seen: its process died before anybody scraped it. */
function pushedOnly(deliveries: Delivered[], firings: Firing[]): Firing[] {
  const pushed: Firing[] = [];
  for (const { labels, startsMs, route } of deliveries) {
    const isSame = ({ alert, labels: of }: Firing) => isToldBy({ alertname: alert, ...of }, labels);
    if (firings.some(isSame) || pushed.some(isSame)) continue;
    const { alertname: alert = "an alert without a name", ...rest } = labels;
    const severity = rest["severity"] ?? route;
    pushed.push({ alert, severity, labels: rest, pendingMs: null, firedMs: startsMs, resolvedMs: null });
  }
  return pushed;
}

/** How often somebody looked, the longest time in which nobody did, and how often whom they look at could be scraped. */
async function watchEvents(
  { prometheus, selector }: Watched,
  { startMs, endMs }: Span,
  blank: Omit<ObservationEvent, "kind">,
): Promise<ObservationEvent[]> {
  const range = rangeFrom(startMs, Date.now());
  const [looks] = await prometheus.samples(`ALERTS{alertname="${WATCHDOG}",alertstate="firing"}[${range}]`);
  const timesMs = (looks?.values ?? []).map(([seconds]) => seconds * 1_000).filter((ms) => ms <= endMs);
  const edges = [startMs, ...timesMs, endMs];
  const gapMs = Math.max(...edges.slice(1).map((ms, index) => ms - (edges[index] ?? ms)));
  const up = await prometheus.samples(`up{${selector}}[${range}]`);
  const scrapes = up.map(({ values }) => values.filter(([, value]) => value === "1").length);
  return [
    { ...blank, kind: "watch", name: "evaluations", value: timesMs.length },
    { ...blank, kind: "watch", name: "gap", value: gapMs / 1_000 },
    { ...blank, kind: "watch", name: "scrapes", value: scrapes.length === 0 ? 0 : Math.min(...scrapes) },
  ];
}

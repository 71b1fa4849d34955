import type { AlertSeen, Verdict } from "../verdict/verdict.ts";
import { alertRows, drawAlertChart, severityColor } from "./alert-chart.ts";
import { CHART_SIZES, type ChartSize } from "./charts.ts";
import { html, type Markup } from "./markup.ts";
import { sinceStart, table } from "./parts.ts";
import type { Series } from "./series.ts";
import type { Words } from "./texts.ts";

/** Rows of a picture that can still be read; the table has all. */
const ROWS_MAX = 12;
const TITLES = ["alertName", "severity", "alertFired", "alertOver", "alertTold", "alertExpected"] as const;
const TIMES: readonly (typeof TITLES)[number][] = ["alertFired", "alertOver"];

/** What fired, as bands on the time axis and as a table; nothing where alerts were not demanded. */
export function alertsFigure(verdict: Verdict, series: Series, words: Words): Markup | null {
  if (verdict.run.expectedAlerts === null) return null;
  const { alerts } = verdict;
  const title = words.say("alerts");
  const says = alertsSentence(verdict, words);
  const caption = html`<figcaption><h3>${title}</h3><p class="quiet">${says}</p></figcaption>`;
  if (alerts.length === 0) return html`<figure>${caption}</figure>`;
  const endSeconds = (series.fromSeconds.at(-1) ?? 0) + series.bucketSeconds;
  const rows = alertRows(alerts, endSeconds).slice(0, ROWS_MAX);
  const chart = { id: `${words.language}-alerts`, title, description: says, endSeconds, rows };
  const severities = [...new Set(alerts.map(({ severity }) => severity))];
  return html`<figure>${caption}
<ul class="legend">${severities.map((severity) => html`<li><span class="swatch area" style="--swatch: ${severityColor(severity)}"></span>${words.name("severity", severity)}</li>`)}</ul>
${(Object.keys(CHART_SIZES) as ChartSize[]).map((size) => drawAlertChart(chart, size))}
${alertTable(alerts, words)}</figure>`;
}

/** One sentence; also for the markdown report. */
export function alertsSentence(verdict: Verdict, words: Words): string {
  const { alerts, checks } = verdict;
  const watching = checks.find(({ name }) => name === "watching");
  const isWatched = watching?.judged === true && watching.outcome === "pass";
  if (alerts.length === 0 && !isWatched) return words.say("alertsNotWatched");
  if (alerts.length === 0) return words.say("alertsNone", { evaluations: watching?.observed ?? 0 });
  const pages = alerts.filter(({ severity, isInhibited }) => severity === "page" && !isInhibited).length;
  const said = words.say("alertsSay", { count: alerts.length, pages });
  return isWatched ? said : `${said} ${words.say("alertsPartly")}`;
}

function alertTable(alerts: AlertSeen[], words: Words): Markup {
  return table({
    label: words.say("alerts"),
    isStacked: true,
    columns: TITLES.map((title) => ({ title: words.say(title), isShort: TIMES.includes(title) })),
    rows: alerts.map((alert) => alertCells(alert, words)),
  });
}

/** As the table has them, in the order of its columns. */
export function alertCells(seen: AlertSeen, words: Words): string[] {
  const { alert, labels, severity, firedMicroseconds, resolvedMicroseconds, notifiedMicroseconds } = seen;
  const notTold = words.say(seen.isInhibited ? "alertKeptBack" : "alertNotTold");
  return [
    labels === "" ? alert : `${alert} ${labels}`,
    words.name("severity", severity),
    sinceStart(firedMicroseconds),
    resolvedMicroseconds === null ? words.say("alertStillFires") : sinceStart(resolvedMicroseconds),
    notifiedMicroseconds === null ? notTold : sinceStart(notifiedMicroseconds),
    words.say(seen.isExpected ? "yes" : "no"),
  ];
}

import * as echarts from "echarts/core";
import type { AlertSeen } from "../verdict/verdict.ts";
import { CHART_SIZES, type ChartSize, clock, dressed } from "./charts.ts";
import { type Markup, trusted } from "./markup.ts";

/** What fired when, a row for each alert with its labels, on the time axis of the other charts. */
export interface AlertChart {
  id: string;
  title: string;
  description: string;
  endSeconds: number;
  rows: AlertRow[];
}

export interface AlertRow {
  label: string;
  color: string;
  /** From fired to resolved; what still fires ends with the axis. */
  bands: { fromSeconds: number; untilSeconds: number }[];
}

/** A line of text, a band below it. */
const ROW_PIXELS = 34;
const EDGE_PIXELS = { top: 6, bottom: 26 } as const;
const SIDE_PIXELS = { left: 48, right: 14 } as const;
const BAND_PIXELS = 9;
/** Of a wide font at 12 px. */
const CHARACTER_PIXELS = 7;
/** What fires for a moment must still be seen. */
const BAND_SHARE_MIN = 0.006;

const COLORS: Readonly<Record<string, string>> = {
  page: "var(--fail)",
  critical: "var(--fail)",
  ticket: "var(--p99)",
  campaign: "var(--sent)",
};
export const severityColor = (severity: string) => COLORS[severity] ?? "var(--axis)";

/** In the order in which each fired first. */
export function alertRows(alerts: AlertSeen[], endSeconds: number): AlertRow[] {
  const rows = new Map<string, AlertRow>();
  for (const { alert, labels, severity, firedMicroseconds, resolvedMicroseconds } of alerts) {
    const label = labels === "" ? alert : `${alert} ${labels}`;
    const row = rows.get(label) ?? { label, color: severityColor(severity), bands: [] };
    rows.set(label, row);
    row.bands.push({
      fromSeconds: Math.max(0, firedMicroseconds / 1e6),
      untilSeconds: resolvedMicroseconds === null ? endSeconds : resolvedMicroseconds / 1e6,
    });
  }
  return [...rows.values()];
}

export function drawAlertChart(chart: AlertChart, size: ChartSize): Markup {
  const { width } = CHART_SIZES[size];
  const height = EDGE_PIXELS.top + EDGE_PIXELS.bottom + ROW_PIXELS * chart.rows.length;
  const canvas = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    canvas.setOption(optionOf(chart, size));
    return trusted(dressed(canvas.renderToSVGString(), chart, size, { width, height }));
  } finally {
    canvas.dispose();
  }
}

function optionOf(chart: AlertChart, size: ChartSize): echarts.EChartsCoreOption {
  const { rows, endSeconds } = chart;
  const label = { color: "var(--muted)", fontSize: 12, fontFamily: "inherit" };
  return {
    animation: false,
    grid: { ...SIDE_PIXELS, ...EDGE_PIXELS },
    xAxis: {
      type: "value",
      min: 0,
      max: endSeconds,
      splitNumber: size === "wide" ? 8 : 4,
      splitLine: { show: false },
      axisLine: { onZero: false, lineStyle: { color: "var(--axis)" } },
      axisTick: { lineStyle: { color: "var(--axis)" } },
      axisLabel: { ...label, formatter: clock, hideOverlap: true, showMaxLabel: false },
    },
    // Rows from above: the first to fire is the first to be read.
    yAxis: { type: "value", min: 0, max: rows.length, inverse: true, show: false },
    series: rows.flatMap((row, index) =>
      row.bands.map((band, nth) => bandOf(row, band, { index, nth, endSeconds, size })),
    ),
  };
}

interface Place {
  index: number;
  nth: number;
  endSeconds: number;
  size: ChartSize;
}

function bandOf(
  row: AlertRow,
  { fromSeconds, untilSeconds }: AlertRow["bands"][number],
  { index, nth, endSeconds, size }: Place,
): object {
  const leastSeconds = BAND_SHARE_MIN * endSeconds;
  const until = Math.min(endSeconds, Math.max(untilSeconds, fromSeconds + leastSeconds));
  const from = Math.min(fromSeconds, until - leastSeconds);
  const height = index + 0.75;
  const label = {
    show: nth === 0,
    formatter: row.label,
    position: [nameShift(row.label, from / endSeconds, size), -21],
    align: "left",
    color: "var(--ink)",
    fontSize: 12,
    fontFamily: "inherit",
  };
  return {
    type: "line",
    silent: true,
    showSymbol: true,
    symbol: "circle",
    symbolSize: 0,
    itemStyle: { color: row.color },
    lineStyle: { color: row.color, width: BAND_PIXELS, cap: "butt" },
    data: [{ value: [from, height], symbolSize: 1, label }, [until, height]],
  };
}

/** A name begins where its band does; further left where it would not fit. */
function nameShift(name: string, share: number, size: ChartSize): number {
  const { width } = CHART_SIZES[size];
  const at = SIDE_PIXELS.left + share * (width - SIDE_PIXELS.left - SIDE_PIXELS.right);
  const over = at + name.length * CHARACTER_PIXELS - width;
  return -Math.max(0, Math.min(at, over));
}

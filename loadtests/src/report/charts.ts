import { LineChart } from "echarts/charts";
import { GridComponent, MarkAreaComponent, MarkLineComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { escapeMarkup, type Markup, trusted } from "./markup.ts";

echarts.use([LineChart, GridComponent, MarkAreaComponent, MarkLineComponent, SVGRenderer]);

/** One chart over the run's seconds. Colours are CSS custom properties, so that one drawing serves both themes. */
export interface Chart {
  /** Unique on the page; a part of every id inside. */
  id: string;
  title: string;
  description: string;
  fromSeconds: number[];
  bucketSeconds: number;
  lines: ChartLine[];
  scale: "linear" | "seconds-log" | "ratio";
  /** Horizontal: an objective, a target. */
  levels: { value: number; color: string }[];
  /** Vertical: moments, in seconds. */
  moments: { seconds: number[]; color: string };
  /** Left out of the objectives: shaded. */
  warmUpSeconds: number;
}

export interface ChartLine {
  color: string;
  /** Filled down to the axis, or stacked upon the lines before it. */
  fill: "none" | "area" | "stack";
  isDashed: boolean;
  values: (number | null)[];
}

/** Two drawings of each chart: text in a scaled SVG would be unreadable on a phone. */
export const CHART_SIZES = {
  wide: { width: 820, height: 250 },
  narrow: { width: 380, height: 220 },
} as const;
export type ChartSize = keyof typeof CHART_SIZES;

export function drawChart(chart: Chart, size: ChartSize): Markup {
  const canvas = echarts.init(null, null, { renderer: "svg", ssr: true, ...CHART_SIZES[size] });
  try {
    canvas.setOption(chartOption(chart, size));
    return trusted(dressed(canvas.renderToSVGString(), chart, size, CHART_SIZES[size]));
  } finally {
    canvas.dispose();
  }
}

function chartOption(chart: Chart, size: ChartSize): echarts.EChartsCoreOption {
  const endSeconds = (chart.fromSeconds.at(-1) ?? 0) + chart.bucketSeconds;
  const label = { color: "var(--muted)", fontSize: 12, fontFamily: "inherit" };
  const hair = { lineStyle: { color: "var(--hairline)" } };
  return {
    animation: false,
    grid: { left: 48, right: 14, top: 12, bottom: 26 },
    xAxis: {
      type: "value",
      min: 0,
      max: endSeconds,
      splitNumber: size === "wide" ? 8 : 4,
      splitLine: { show: false },
      axisLine: { lineStyle: { color: "var(--axis)" } },
      axisTick: { lineStyle: { color: "var(--axis)" } },
      axisLabel: { ...label, formatter: clock, hideOverlap: true, showMaxLabel: false },
    },
    yAxis: {
      ...yScale(chart),
      splitNumber: 4,
      splitLine: hair,
      axisLine: { show: false },
      axisTick: { show: false },
      minorTick: { show: false },
      axisLabel: { ...label, formatter: yLabel(chart.scale) },
    },
    series: chart.lines.map((line, index) => ({
      type: "line",
      // The rate of a bucket holds from its beginning to its end.
      step: chart.scale === "linear" ? "end" : false,
      data: points(chart, line),
      showSymbol: false,
      silent: true,
      emphasis: { disabled: true },
      connectNulls: false,
      ...(line.fill === "stack" ? { stack: "all" } : {}),
      lineStyle: {
        color: line.color,
        width: line.fill === "stack" ? 0 : 2,
        ...(line.isDashed ? { type: [5, 4] } : {}),
      },
      ...(line.fill === "none"
        ? {}
        : { areaStyle: { color: line.color, opacity: line.fill === "stack" ? 0.92 : 0.18 } }),
      ...(index === 0 ? marks(chart) : {}),
    })),
  };
}

/** Rates are drawn as steps that end with their last bucket; measured values stand in the middle of theirs. */
function points(chart: Chart, line: ChartLine): [number, number | null][] {
  if (chart.scale !== "linear") {
    return line.values.map((value, index) => [
      (chart.fromSeconds[index] ?? 0) + chart.bucketSeconds / 2,
      value === null || (chart.scale === "seconds-log" && value <= 0) ? null : value,
    ]);
  }
  const steps = line.values.map((value, index): [number, number | null] => [
    chart.fromSeconds[index] ?? 0,
    value,
  ]);
  const last = steps.at(-1);
  return last === undefined ? [] : [...steps, [last[0] + chart.bucketSeconds, last[1]]];
}

function marks(chart: Chart) {
  const moments = chart.moments.seconds.map((seconds) => ({
    xAxis: seconds,
    lineStyle: { color: chart.moments.color, type: "solid", width: 1.5 },
  }));
  const levels = chart.levels.map((level) => ({
    yAxis: level.value,
    lineStyle: { color: level.color, type: [2, 3], width: 1.5 },
  }));
  return {
    markLine: { silent: true, symbol: "none", label: { show: false }, data: [...moments, ...levels] },
    ...(chart.warmUpSeconds > 0
      ? {
          markArea: {
            silent: true,
            itemStyle: { color: "var(--axis)", opacity: 0.12 },
            data: [[{ xAxis: 0 }, { xAxis: chart.warmUpSeconds }]],
          },
        }
      : {}),
  };
}

function yScale(chart: Chart): object {
  if (chart.scale === "ratio") return { type: "value", min: 0, max: 1, interval: 0.25 };
  if (chart.scale === "linear") return { type: "value", min: 0 };
  const values = [...chart.lines.flatMap((line) => line.values), ...chart.levels.map((level) => level.value)];
  const positive = values.filter((value) => value !== null && value > 0) as number[];
  const powerOfTen = (value: number, round: (power: number) => number) => 10 ** round(Math.log10(value));
  const low = positive.reduce((least, value) => Math.min(least, value), Infinity);
  const high = positive.reduce((most, value) => Math.max(most, value), 0);
  if (high === 0) return { type: "log", min: 0.001, max: 1 };
  const min = powerOfTen(low, Math.floor);
  return { type: "log", min, max: Math.max(powerOfTen(high, Math.ceil), min * 10) };
}

function yLabel(scale: Chart["scale"]): (value: number) => string {
  if (scale === "ratio") return (value) => `${Math.round(value * 100)} %`;
  if (scale === "linear") return (value) => (value >= 10_000 ? `${value / 1000}k` : String(value));
  return (value) => {
    if (value >= 1) return `${value} s`;
    return value >= 0.001
      ? `${Number((value * 1000).toPrecision(3))} ms`
      : `${Number((value * 1e6).toPrecision(3))} µs`;
  };
}

/** `90` → `1:30`: no unit to translate. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const rest = Number((seconds - whole).toFixed(2));
  const tail = rest === 0 ? "" : String(rest).slice(1);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}${tail}`;
}

/**
 * ECharts' own ids repeat from page to page and its hover style leaks out of the SVG: the ids get the chart's
 * name, style and classes go. Then a name, a description and a size that follows the page.
 */
export function dressed(
  svg: string,
  chart: Pick<Chart, "id" | "title" | "description">,
  size: ChartSize,
  { width, height }: { width: number; height: number },
): string {
  const id = `${chart.id}-${size}`;
  return svg
    .replace(/<style\s*>[\s\S]*?<\/style>/g, "")
    .replace(/ class="[^"]*"/g, "")
    .replace(/ pointer-events="[^"]*"/g, "")
    .replace(/zr\d+-/g, `${id}-`)
    .replace(/font-family:inherit;/g, "")
    .replace(/\n/g, "")
    .replace(
      /^<svg[^>]*>/,
      `<svg class="chart ${size}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc">` +
        `<title id="${id}-title">${escapeMarkup(chart.title)}</title>` +
        `<desc id="${id}-desc">${escapeMarkup(chart.description)}</desc>`,
    );
}

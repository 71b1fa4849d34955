import { LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

echarts.use([
  LineChart,
  ScatterChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
  SVGRenderer,
]);

/** What is drawn of one point of the curve. */
export interface PlottedPoint {
  /** Offered, in multiples of the first. */
  times: number;
  goodputPerSecond: number;
  withTicketPerSecond: number;
}

const SIZE = { width: 760, height: 340 };
/** Legible on a page of either theme without its style sheet. */
const COLORS = { text: "#6b7280", goodput: "#2563eb", ticket: "#d97706", peak: "#9ca3af" };

/** For a page: goodput over what was offered, each multiple as far from the next. */
export function drawPlot(points: readonly PlottedPoint[]): string {
  const label = { color: COLORS.text, fontSize: 12 };
  const peak = Math.max(...points.map(({ goodputPerSecond }) => goodputPerSecond));
  const line = (name: string, color: string, values: number[]) => ({
    type: "line",
    name,
    data: values,
    symbolSize: 7,
    lineStyle: { color, width: 2 },
    itemStyle: { color },
  });
  const canvas = echarts.init(null, null, { renderer: "svg", ssr: true, ...SIZE });
  try {
    canvas.setOption({
      animation: false,
      grid: { left: 56, right: 24, top: 44, bottom: 48 },
      legend: { top: 8, textStyle: label },
      xAxis: {
        type: "category",
        name: "offered, in multiples of 40 a second",
        nameLocation: "middle",
        nameGap: 30,
        nameTextStyle: label,
        axisLabel: label,
        data: points.map(({ times }) => `${times} ×`),
      },
      yAxis: { type: "value", min: 0, axisLabel: label, name: "members a second", nameTextStyle: label },
      series: [
        {
          ...line(
            "acknowledged members",
            COLORS.goodput,
            points.map(({ goodputPerSecond }) => goodputPerSecond),
          ),
          markLine: {
            silent: true,
            symbol: "none",
            label: { show: false },
            lineStyle: { color: COLORS.peak, type: "dashed" },
            data: [{ yAxis: peak }],
          },
        },
        line(
          "of these, with a ticket",
          COLORS.ticket,
          points.map(({ withTicketPerSecond }) => withTicketPerSecond),
        ),
      ],
    });
    return canvas.renderToSVGString();
  } finally {
    canvas.dispose();
  }
}

const BAR_CHARACTERS = 50;

/** For a terminal: one bar a point, what came with a ticket in darker letters. */
export function plotAsText(points: readonly PlottedPoint[]): string {
  const peak = Math.max(...points.map(({ goodputPerSecond }) => goodputPerSecond));
  const lines = points.map(({ times, goodputPerSecond, withTicketPerSecond }) => {
    const all = Math.round((goodputPerSecond / peak) * BAR_CHARACTERS);
    const dark = Math.min(all, Math.round((withTicketPerSecond / peak) * BAR_CHARACTERS));
    const bar = `${"█".repeat(dark)}${"░".repeat(all - dark)}`.padEnd(BAR_CHARACTERS);
    return `${String(times).padStart(3)} × |${bar}| ${goodputPerSecond.toFixed(1).padStart(5)} members/s`;
  });
  return [...lines, "       █ with a ticket  ░ let in as they came"].join("\n");
}

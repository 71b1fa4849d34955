import type { Plan } from "../plan/plan.ts";
import type { Verdict } from "../verdict/verdict.ts";
import { alertsFigure } from "./alerts-figure.ts";
import { CHART_SIZES, type Chart, type ChartSize, clock, drawChart } from "./charts.ts";
import { html, type Markup } from "./markup.ts";
import { section, table } from "./parts.ts";
import { peakPerSecond, type Series } from "./series.ts";
import type { Words } from "./texts.ts";

/** The plan and how the run went, or why that cannot be told. */
export type Course = { plan: Plan; series: Series } | { problem: string };

/** One figure: a drawing, what it says in a sentence, and the same as a table. */
interface Figure {
  name: string;
  title: string;
  unit: string;
  says: string;
  legend: { label: string; color: string; kind: "area" | "line" | "dashed" | "moment" | "shade" }[];
  scale: Chart["scale"];
  lines: (Chart["lines"][number] & { label: string })[];
  levels?: Chart["levels"];
  value(value: number | null): string;
}

export function courseSection(course: Course, verdict: Verdict, words: Words): Markup {
  const title = words.say("course");
  if ("problem" in course) {
    return section(
      "course",
      title,
      words,
      html`<p>${words.say("seriesMissing", { problem: course.problem })}</p>`,
    );
  }
  const { plan, series } = course;
  const figures = [
    curveFigure(series, verdict, words),
    answersFigure(series, words),
    latencyFigure(plan, series, words),
    overlapFigure(plan, series, verdict, words),
  ];
  return section(
    "course",
    title,
    words,
    html`${figures.map((figure) => drawn(figure, plan, series, verdict, words))}${alertsFigure(verdict, series, words)}`,
  );
}

function curveFigure(series: Series, verdict: Verdict, words: Words): Figure {
  const planned = words.say("planned");
  const sent = words.say("sent");
  return {
    name: "curve",
    title: words.say("curve"),
    unit: words.say("curveUnit"),
    says: words.say("curveSays", {
      started: verdict.run.visitorsStarted,
      planned: verdict.run.visitorsPlanned,
      peak: peakPerSecond(series),
    }),
    scale: "linear",
    legend: [
      { label: sent, color: "var(--sent)", kind: "area" },
      { label: planned, color: "var(--planned)", kind: "dashed" },
    ],
    lines: [
      { label: sent, color: "var(--sent)", fill: "area", isDashed: false, values: series.startedPerSecond },
      {
        label: planned,
        color: "var(--planned)",
        fill: "none",
        isDashed: true,
        values: series.plannedPerSecond,
      },
    ],
    value: rate(words),
  };
}

function answersFigure(series: Series, words: Words): Figure {
  const named = series.answers.map((answer) => ({ ...answer, label: words.name("class", answer.class) }));
  const classes = words.list(named.map((answer) => `${answer.label} ${words.number(answer.total)}`));
  return {
    name: "answers",
    title: words.say("answersOverTime"),
    unit: words.say("answersUnit"),
    says: words.say("answersSay", {
      total: series.answers.reduce((sum, answer) => sum + answer.total, 0),
      classes,
    }),
    scale: "linear",
    legend: named.map((answer) => ({
      label: answer.label,
      color: `var(--class-${answer.class})`,
      kind: "area",
    })),
    lines: named.map((answer) => ({
      label: answer.label,
      color: `var(--class-${answer.class})`,
      fill: "stack",
      isDashed: false,
      values: answer.perSecond,
    })),
    value: rate(words),
  };
}

function latencyFigure(plan: Plan, series: Series, words: Words): Figure {
  const objectives = Object.entries(plan.objectives.firstStepSeconds ?? {});
  const colorOf = (name: string) => (name === "p50" ? "var(--p50)" : "var(--p99)");
  const lines = [
    { label: "p99", color: "var(--p99)", values: series.latencyP99Seconds },
    { label: "p50", color: "var(--p50)", values: series.latencyP50Seconds },
  ];
  return {
    name: "latency",
    title: words.say("latency"),
    unit: words.say("latencyUnit"),
    says: words.say("latencySays", {
      p50: words.seconds(highest(series.latencyP50Seconds)),
      p99: words.seconds(highest(series.latencyP99Seconds)),
    }),
    scale: "seconds-log",
    legend: [
      ...lines.map(({ label, color }) => ({ label, color, kind: "line" as const })),
      ...objectives.map(([name, seconds]) => ({
        label: words.say("objectiveOf", { name: `${name} ≤ ${words.seconds(seconds)}` }),
        color: colorOf(name),
        kind: "dashed" as const,
      })),
    ],
    lines: lines.map((line) => ({ ...line, fill: "none", isDashed: false })),
    levels: objectives.map(([name, value]) => ({ value, color: colorOf(name) })),
    value: (value) => (value === null ? "–" : words.seconds(value)),
  };
}

function overlapFigure(plan: Plan, series: Series, verdict: Verdict, words: Words): Figure {
  const label = words.say("overlap");
  const target = words.ratio(plan.overlapTargetRatio);
  return {
    name: "overlap",
    title: label,
    unit: words.say("overlapUnit"),
    says: words.say("overlapSays", { ratio: words.ratio(verdict.strength.overlapRatio), target }),
    scale: "ratio",
    legend: [
      { label, color: "var(--overlap)", kind: "area" },
      { label: `${words.say("overlapTarget")} ${target}`, color: "var(--planned)", kind: "dashed" },
    ],
    lines: [{ label, color: "var(--overlap)", fill: "area", isDashed: false, values: series.overlapRatio }],
    levels: [{ value: plan.overlapTargetRatio, color: "var(--planned)" }],
    value: (value) => (value === null ? "–" : words.ratio(value)),
  };
}

function drawn(figure: Figure, plan: Plan, series: Series, verdict: Verdict, words: Words): Markup {
  const isEmpty = figure.lines.every((line) => line.values.every((value) => value === null || value === 0));
  const caption = html`<h3>${figure.title}</h3><p class="quiet">${isEmpty ? words.say("noSeries") : figure.says}</p>`;
  if (isEmpty) return html`<figure><figcaption>${caption}</figcaption></figure>`;
  const moments = verdict.exposures.slice(0, 1).map((exposure) => exposure.firstSeenMicroseconds / 1e6);
  const chart: Chart = {
    id: `${words.language}-${figure.name}`,
    title: figure.title,
    description: figure.says,
    fromSeconds: series.fromSeconds,
    bucketSeconds: series.bucketSeconds,
    lines: figure.lines,
    scale: figure.scale,
    levels: figure.levels ?? [],
    moments: { seconds: moments, color: "var(--fail)" },
    warmUpSeconds: plan.warmUpSeconds,
  };
  const legend = [
    { label: figure.unit, color: "", kind: "unit" },
    ...figure.legend,
    ...(moments.length > 0
      ? [{ label: words.say("exposureMark"), color: "var(--fail)", kind: "moment" }]
      : []),
    ...(plan.warmUpSeconds > 0 ? [{ label: words.say("warmUp"), color: "var(--axis)", kind: "shade" }] : []),
  ];
  return html`<figure><figcaption>${caption}</figcaption>
<ul class="legend">${legend.map((entry) => html`<li>${entry.kind === "unit" ? null : html`<span class="swatch ${entry.kind}" style="--swatch: ${entry.color}"></span>`}${entry.label}</li>`)}</ul>
${(Object.keys(CHART_SIZES) as ChartSize[]).map((size) => drawChart(chart, size))}
<details class="chart-table"><summary>${words.say("chartTable")}<span class="unseen"> (${figure.title})</span></summary>${figureTable(figure, series, words)}</details></figure>`;
}

function figureTable(figure: Figure, series: Series, words: Words): Markup {
  return table({
    label: `${figure.title}, ${figure.unit}`,
    columns: [
      { title: words.say("time"), isShort: true },
      ...figure.lines.map((line) => ({ title: line.label, isCount: true })),
    ],
    rows: series.fromSeconds.map((from, index) => [
      clock(from),
      ...figure.lines.map((line) => figure.value(line.values[index] ?? null)),
    ]),
  });
}

const rate = (words: Words) => (value: number | null) => words.number(value ?? 0);

function highest(values: (number | null)[]): number | null {
  return values.reduce(
    (most, value) => (value !== null && (most === null || value > most) ? value : most),
    null,
  );
}

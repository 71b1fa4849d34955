import { counted } from "../counted.ts";
import type { Plan } from "../plan/plan.ts";
import type { Colors } from "./color.ts";
import { CURVE_CELLS, type Snapshot } from "./progress.ts";
import { clock, cut, latency, percent, terminalText, whole } from "./terminal-text.ts";

const LABEL_COLUMNS = 11;
const BARS = " ▁▂▃▄▅▆▇█";
const STAGES: Record<Snapshot["stage"], string> = {
  arrivals: "visitors arriving",
  drain: "waiting for the last answers",
  "read-back": "reading back every member",
  done: "closing",
};

/** The block that is repainted in a terminal: the same lines in the same places from beginning to end. */
export function progressBlock(plan: Plan, snapshot: Snapshot, columns: number, colors: Colors): string[] {
  const width = Math.max(40, Math.min(columns, 120)) - 4;
  const label = (text: string) => colors.dim(text.padEnd(LABEL_COLUMNS));
  const row = (name: string, text: string, paint: (text: string) => string = (same) => same) =>
    `  ${label(name)}${paint(cut(text, width - LABEL_COLUMNS))}`;
  const { exposures, curve } = snapshot;
  const room = width - LABEL_COLUMNS;
  const answers = inLines(
    snapshot.answers.map(({ class: name, count }) => `${whole.format(count)} ${name}`),
    room,
  );
  return [
    "",
    headLine(plan, snapshot, width, colors),
    "",
    row("planned", sparkline(snapshot, curve.due, room, CURVE_CELLS), colors.dim),
    row("sent", sparkline(snapshot, curve.started, room, curve.cellsPassed), colors.cyan),
    "",
    row(
      "visitors",
      visitorsText(snapshot),
      snapshot.started < snapshot.due * 0.98 - 5 ? colors.yellow : undefined,
    ),
    row("answers", answers[0] ?? "none yet"),
    row("", answers[1] ?? ""),
    row(
      "latency",
      `p50 ${latency(snapshot.latencyP50Seconds)} · p99 ${latency(snapshot.latencyP99Seconds)} from the due time, last seconds`,
    ),
    row("overlap", `${percent(snapshot.overlapRatio)} of visitors with another's signup in flight`),
    row(
      "exposures",
      exposuresText(exposures),
      exposures > 0 ? (text) => colors.bold(colors.red(text)) : undefined,
    ),
    "",
  ];
}

/** One line for logs and pipes, complete in itself. */
export function progressLine(snapshot: Snapshot): string {
  return [
    `${clock(snapshot.nowSeconds)} ${STAGES[snapshot.stage]}`,
    `${whole.format(snapshot.started)} started of ${whole.format(snapshot.due)} due and ${whole.format(snapshot.planned)} planned`,
    `${whole.format(snapshot.underWay)} under way`,
    answersText(snapshot, ", ") || "no answers yet",
    `p50 ${latency(snapshot.latencyP50Seconds)}, p99 ${latency(snapshot.latencyP99Seconds)}`,
    `overlap ${percent(snapshot.overlapRatio)}`,
    `exposures ${whole.format(snapshot.exposures)}`,
    leftText(snapshot),
  ].join("; ");
}

function headLine(plan: Plan, snapshot: Snapshot, width: number, colors: Colors): string {
  const right = `${clock(snapshot.nowSeconds)} · ${leftText(snapshot)}`;
  const name = cut(
    terminalText(`${plan.campaign} → ${plan.target.name}`),
    width - right.length - STAGES.drain.length - 6,
  );
  const stage = STAGES[snapshot.stage];
  const gap = " ".repeat(Math.max(2, width - name.length - 2 - stage.length - right.length));
  return `  ${colors.bold(name)}  ${stage}${gap}${colors.dim(right)}`;
}

function visitorsText({ started, due, planned, underWay }: Snapshot): string {
  return `${whole.format(started)} started of ${whole.format(due)} due · ${whole.format(planned)} planned · ${whole.format(underWay)} under way`;
}

/** Whole entries only: the last of them are the lost and failed ones, and these must be seen. */
function inLines(entries: string[], columns: number): string[] {
  const lines: string[] = [];
  for (const entry of entries) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 3 + entry.length <= columns)
      lines[lines.length - 1] = `${last} · ${entry}`;
    else lines.push(entry);
  }
  return lines;
}

const answersText = (snapshot: Snapshot, between: string): string =>
  snapshot.answers.map((answer) => `${whole.format(answer.count)} ${answer.class}`).join(between);

function exposuresText(exposures: number): string {
  if (exposures === 0) return "0";
  return counted(exposures, "{answer or mail|answers and mails} with somebody else's data");
}

function leftText(snapshot: Snapshot): string {
  return snapshot.leftSeconds === 0
    ? "nearly done"
    : `${whole.format(Math.ceil(snapshot.leftSeconds))} s left`;
}

/**
 * Both lines on one scale, so that they can be compared. A full block is the highest column of the curve: a burst is
 * a single instant, and to its scale everything else would be flat; it is a full block too.
 */
function sparkline(snapshot: Snapshot, cells: readonly number[], columns: number, passed: number): string {
  const highest = Math.max(1, ...byColumn(snapshot.curve.steady, columns));
  return byColumn(cells, columns)
    .map((visitors, column) => {
      // Nothing was sent there yet, which is not zero.
      if (Math.floor((column * cells.length) / columns) >= passed) return " ";
      const height = Math.round((Math.min(visitors, highest) / highest) * (BARS.length - 1));
      return BARS[Math.max(1, height)];
    })
    .join("");
}

/** Neighbouring cells added up; each column has its share of a cell that it cuts. */
function byColumn(cells: readonly number[], columns: number): number[] {
  return Array.from({ length: columns }, (_, column) => {
    const from = (column * cells.length) / columns;
    const until = ((column + 1) * cells.length) / columns;
    let sum = 0;
    for (let cell = Math.floor(from); cell < until; cell++) {
      sum += (cells[cell] ?? 0) * (Math.min(cell + 1, until) - Math.max(cell, from));
    }
    return sum;
  });
}

import { ratePerSecondAt } from "../arrivals/curve.ts";
import { describePlan, titleOf } from "./describe-plan.ts";
import { createPaint, type Paint } from "./paint.ts";
import type { Burst, Plan } from "./plan.ts";

export interface DrawOptions {
  /** Columns of the terminal. */
  width: number;
  color: boolean;
}

const WIDTH_MIN = 40;
/** Wider than this, an eye no longer follows a line of text. */
const WIDTH_MAX = 120;
const ROWS = 10;
const EIGHTHS = " ▁▂▃▄▅▆▇█";

/** The plan as a person sees it before anything is sent: the curve with its bursts, then the numbers. */
export function drawPlan(plan: Plan, options: DrawOptions): string {
  const width = Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, options.width));
  const paint = createPaint(options.color);
  const parts = [
    titleOf(plan, { width, paint }),
    drawCurve(plan, width, paint),
    describePlan(plan, { width, paint }),
  ];
  return parts.map((lines) => `${lines.join("\n")}\n`).join("\n");
}

/**
 *              ▼128                  bursts, by their visitors
 *  220/s ┤      ╷▆▄                   the rate, in eighths of a row
 *        │     ▃█████▆▄▂
 *      0 └─┴─────────┴─────────┴     seconds
 */
function drawCurve(plan: Plan, width: number, paint: Paint): string[] {
  const axisWidth = 8;
  const columns = width - axisWidth - 1;
  const rates = columnRates(plan, columns);
  const topPerSecond = niceAbove(Math.max(...rates));
  const burstColumns = new Set(plan.bursts.map(({ atSeconds }) => columnOf(atSeconds, plan, columns)));
  const lines = burstLabels(plan, columns).map(
    (line) => `${" ".repeat(axisWidth)}${paint("yellow", line.trimEnd())}`,
  );
  for (let row = ROWS - 1; row >= 0; row--) {
    const cells = rates.map((rate, column) => {
      const eighths = Math.round((rate / topPerSecond) * ROWS * 8) - row * 8;
      const isBurst = burstColumns.has(column);
      if (eighths > 0) return paint(isBurst ? "yellow" : "cyan", EIGHTHS[Math.min(8, eighths)]!);
      return isBurst ? paint("yellow", "┊") : " ";
    });
    lines.push(`${paint("dim", axisLabel(row, topPerSecond, axisWidth))}${cells.join("").trimEnd()}`);
  }
  return [...lines, ...timeAxis(plan, columns, axisWidth).map((line) => paint("dim", line))];
}

function columnOf(seconds: number, plan: Plan, columns: number): number {
  return Math.min(columns - 1, Math.floor((seconds / plan.durationSeconds) * columns));
}

/** The highest of a few rates within each column, so that a peak narrower than a column is still seen. */
function columnRates(plan: Plan, columns: number): number[] {
  const samples = 8;
  return Array.from({ length: columns }, (_, column) => {
    const rates = Array.from({ length: samples }, (_, sample) =>
      ratePerSecondAt(plan.pieces, ((column + (sample + 0.5) / samples) / columns) * plan.durationSeconds),
    );
    return Math.max(...rates);
  });
}

/** The next of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 × 10ⁿ: an axis that ends in a number people say. */
function niceAbove(rate: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(rate, 1e-3)));
  const factor = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((one) => one * power >= rate * 0.999) ?? 10;
  return factor * power;
}

function axisLabel(row: number, topPerSecond: number, axisWidth: number): string {
  const label = row === ROWS - 1 ? topPerSecond : row === ROWS / 2 - 1 ? topPerSecond / 2 : undefined;
  return label === undefined
    ? `${" ".repeat(axisWidth - 1)}│`
    : `${`${shortNumber(label)}/s`.padStart(axisWidth - 2)} ┤`;
}

/** `▼128` above each burst, on as many lines as it takes so that none hides another, but three at most. */
function burstLabels(plan: Plan, columns: number): string[] {
  const lines: string[] = [];
  for (const burst of plan.bursts)
    placeLabel(lines, burst, columnOf(burst.atSeconds, plan, columns), columns);
  return lines.reverse();
}

const LABEL_LINES_MAX = 3;

function placeLabel(lines: string[], burst: Burst, column: number, columns: number): void {
  const label = `▼${shortNumber(burst.visitors)}`;
  // Near the right edge the number stands left of its mark.
  const [start, text] =
    column + label.length <= columns ? [column, label] : [column - label.length + 1, flip(label)];
  for (let line = 0; line < LABEL_LINES_MAX; line++) {
    const there = lines[line] ?? "";
    if (there.length > start) continue;
    lines[line] = `${there.padEnd(start)}${text} `;
    return;
  }
}

function flip(label: string): string {
  return `${label.slice(1)}▼`;
}

/** Ticks at round seconds or minutes, the unit once at the end. */
function timeAxis(plan: Plan, columns: number, axisWidth: number): string[] {
  const isMinutes = plan.durationSeconds >= 300;
  const unitSeconds = isMinutes ? 60 : 1;
  const duration = plan.durationSeconds / unitSeconds;
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480].find(
    (one) => (one / duration) * columns >= 8,
  );
  const marks = Array.from({ length: columns }, () => "─");
  let labels = "";
  for (let tick = 0; tick <= duration && step; tick = Number((tick + step).toFixed(6))) {
    const column = Math.round((tick / duration) * columns);
    const label = String(tick);
    if (column >= columns || column + label.length > columns - 2) break;
    marks[column] = "┴";
    labels = labels.padEnd(column) + label;
  }
  const unit = isMinutes ? "min" : "s";
  return [
    `${"0".padStart(axisWidth - 2)} └${marks.join("")}`,
    `${" ".repeat(axisWidth)}${labels.padEnd(columns - unit.length)}${unit}`,
  ];
}

function shortNumber(value: number): string {
  return value >= 10_000 ? `${Number((value / 1_000).toFixed(1))}k` : String(Number(value.toPrecision(3)));
}

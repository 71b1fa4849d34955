import { join } from "node:path";
import { commandsOf } from "../report/commands.ts";
import { wordsIn } from "../report/texts.ts";
import type { CheckResult, Exposure, Verdict } from "../verdict/verdict.ts";
import { type Colors, createColors, hasColor } from "./color.ts";
import { cut, terminalText, whole, wrapped } from "./terminal-text.ts";

const WORDS = wordsIn("en");
const EXPOSURES_MAX = 5;
const ALERTS_MAX = 6;
const REASONS_MAX = 5;
/** Longer lines are hard to read, however wide the terminal is. */
const COLUMNS_MAX = 110;

type Shown = "pass" | "fail" | "unknown" | "not judged";
const SIGNS: Record<Shown, string> = { pass: "✓", fail: "✗", unknown: "?", "not judged": "–" };

export interface VerdictOptions {
  columns?: number;
  color?: boolean;
}

/** The last words in the terminal, most important first: they are what stays on the screen. */
export function showVerdict(verdict: Verdict, dir: string, options: VerdictOptions = {}): string {
  const columns = Math.max(60, Math.min(options.columns ?? process.stdout.columns ?? 80, COLUMNS_MAX));
  const colors = createColors(options.color ?? hasColor(process.stdout));
  return [
    "",
    ...headline(verdict, columns, colors),
    "",
    ...exposureLines(verdict, columns, colors),
    ...alertLines(verdict, columns, colors),
    ...verdict.reasons.slice(1, REASONS_MAX).flatMap((reason) => hanging("also", reason, columns, colors)),
    "",
    ...checkLines(verdict.checks, columns, colors),
    ...strengthLines(verdict, columns, colors),
    "",
    ...closing(verdict, dir, colors),
    "",
  ]
    .join("\n")
    .concat("\n");
}

function paintOf(outcome: Shown, colors: Colors): (text: string) => string {
  if (outcome === "pass") return colors.green;
  if (outcome === "fail") return colors.red;
  return outcome === "unknown" ? colors.yellow : colors.dim;
}

/** A box: to be found at a glance also where there is no colour. */
function headline(verdict: Verdict, columns: number, colors: Colors): string[] {
  const paint = (text: string) => colors.bold(paintOf(verdict.outcome, colors)(text));
  const word = `  ${SIGNS[verdict.outcome]} ${verdict.outcome.toUpperCase()}  `;
  const rule = "━".repeat(word.length);
  const indent = word.length + 7;
  const text = wrapped(verdict.reasons[0] ?? "no check gave a result", columns - indent - 1);
  return [
    `  ${paint(`┏${rule}┓`)}`,
    `  ${paint(`┃${word}┃`)}   ${colors.bold(text[0] ?? "")}`,
    `  ${paint(`┗${rule}┛`)}   ${colors.bold(text[1] ?? "")}`.trimEnd(),
    ...text.slice(2).map((line) => `${" ".repeat(indent)}${colors.bold(line)}`),
  ];
}

function exposureLines(verdict: Verdict, columns: number, colors: Colors): string[] {
  const { exposures, exposuresTotal, strength } = verdict;
  if (exposuresTotal === 0) {
    const looked = `none in ${whole.format(strength.answersWithOwnData)} answers that showed people their own data`;
    return hanging("exposures", looked, columns, colors);
  }
  const rest = exposuresTotal - Math.min(EXPOSURES_MAX, exposures.length);
  const more = rest > 0 ? [`and ${whole.format(rest)} more, in the report`] : [];
  const lines = [...exposures.slice(0, EXPOSURES_MAX).map(exposureText), ...more];
  return lines.flatMap((line, index) =>
    hanging(index === 0 ? "exposures" : "", line, columns, colors, colors.red),
  );
}

function exposureText(exposure: Exposure): string {
  const older = exposure.victimRunTag === null ? "" : ` of an older run (${exposure.victimRunTag})`;
  const seconds = (exposure.firstSeenMicroseconds / 1e6).toFixed(3);
  const fields = exposure.fields.map((field) => WORDS.name("field", field)).join(", ");
  const viewer = exposure.viewer === null ? "an address of nobody in this run" : `visitor ${exposure.viewer}`;
  return `${viewer} saw visitor ${exposure.victim}${older}: ${fields} (${exposure.step} ${exposure.place}, at ${seconds} s)`;
}

/** Pages first: the rest has time. */
function alertLines({ alerts }: Verdict, columns: number, colors: Colors): string[] {
  const sorted = alerts.toSorted(
    (one, other) => Number(other.severity === "page") - Number(one.severity === "page"),
  );
  const rest = sorted.length - ALERTS_MAX;
  const lines = sorted.slice(0, ALERTS_MAX).map((seen) => {
    const seconds = (seen.firedMicroseconds / 1e6).toFixed(1);
    const of = seen.labels === "" ? "" : ` ${seen.labels}`;
    const over =
      seen.resolvedMicroseconds === null ? "" : ` until ${(seen.resolvedMicroseconds / 1e6).toFixed(1)} s`;
    return `${seen.alert}${of}: ${seen.severity}${seen.isExpected ? ", as demanded" : ""}${seen.isInhibited ? ", kept back" : ""} (at ${seconds} s${over})`;
  });
  if (rest > 0) lines.push(`and ${whole.format(rest)} more, in the report`);
  return lines.flatMap((line, index) => hanging(index === 0 ? "alerts" : "", line, columns, colors));
}

/** The order of judgement: a missed objective says nothing in a run that was not valid. */
function weightOf(check: CheckResult): number {
  if (!check.judged) return 4;
  if (check.outcome === "pass") return 5;
  const isObjective = check.kind === "objective" || check.kind === "alert";
  if (check.outcome === "fail") return isObjective ? 2 : 0;
  return isObjective ? 3 : 1;
}

/** One line a check, sorted by what demands action; what passed is not wrapped, what did not is told whole. */
function checkLines(checks: CheckResult[], columns: number, colors: Colors): string[] {
  const shown = (check: CheckResult): Shown => (check.judged ? check.outcome : "not judged");
  const sorted = checks.toSorted((one, other) => weightOf(one) - weightOf(other));
  const nameColumns = Math.max(5, ...checks.map((check) => terminalText(check.name).length));
  const countColumns = Math.max(8, ...checks.map((check) => whole.format(check.observed).length));
  const indent = 4 + nameColumns + 2 + countColumns + 2;
  const head = `    ${"check".padEnd(nameColumns)}  ${"observed".padStart(countColumns)}`;
  return [
    colors.dim(head),
    ...sorted.flatMap((check) => {
      const outcome = shown(check);
      const paint = paintOf(outcome, colors);
      const said = check.judged ? check.summary : `not judged: ${check.reason}`;
      const room = columns - indent - 1;
      const text = outcome === "pass" ? [cut(terminalText(said), room)] : wrapped(said, room);
      const name = terminalText(check.name).padEnd(nameColumns);
      const count = whole.format(check.observed).padStart(countColumns);
      const first = `  ${paint(SIGNS[outcome])} ${paint(name)}  ${count}  ${outcome === "pass" ? colors.dim(text[0] ?? "") : (text[0] ?? "")}`;
      return [first, ...text.slice(1).map((line) => `${" ".repeat(indent)}${line}`)];
    }),
  ];
}

/** A pass has said it already, in its headline. */
function strengthLines(verdict: Verdict, columns: number, colors: Colors): string[] {
  const { sentence } = verdict.strength;
  if (verdict.reasons[0]?.includes(sentence)) return [];
  return ["", ...hanging("strength", sentence, columns, colors)];
}

function closing(verdict: Verdict, dir: string, colors: Colors): string[] {
  const commands = commandsOf(verdict.run, dir);
  const line = (label: string, text: string) => `  ${colors.dim(label.padEnd(LABEL_COLUMNS))}${text}`;
  // Paths and commands are never wrapped: they are to be copied.
  return [
    line("report", colors.underline(terminalText(join(dir, "report.html")))),
    ...nextSteps(verdict, commands.try).map((step) => line("next", terminalText(step))),
    line("repeat", terminalText(commands.again)),
  ];
}

/** What only a person can mend before the run is worth repeating. */
function nextSteps({ outcome, run, strength }: Verdict, tryCommand: string | null): string[] {
  if (outcome !== "unknown") return [];
  if (run.stopped === "target-gone") return ["look into the target's log why it ended, start it, and repeat"];
  // Whoever stopped the run knows why.
  if (run.stopped !== null || strength.answersWithOwnData > 0) return [];
  if (tryCommand === null) return ["look at the service alone: npx crowdproof serve"];
  return [`see one visitor step by step: ${tryCommand}`];
}

const LABEL_COLUMNS = 11;

function hanging(
  label: string,
  text: string,
  columns: number,
  colors: Colors,
  paint: (text: string) => string = (same) => same,
): string[] {
  const lines = wrapped(text, columns - LABEL_COLUMNS - 3);
  return lines.map(
    (line, index) => `  ${colors.dim((index === 0 ? label : "").padEnd(LABEL_COLUMNS))}${paint(line)}`,
  );
}

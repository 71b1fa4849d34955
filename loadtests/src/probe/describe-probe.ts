import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Target } from "../target/target.ts";
import type { Colors } from "../terminal/color.ts";
import { terminalText, wrapped } from "../terminal/terminal-text.ts";
import { BURST_EVERY_SECONDS } from "./limits.ts";
import type { Trickle } from "./plan-cycle.ts";
import type { ProbeVerdict } from "./probe-verdict.ts";
import { describeSensitivity } from "./sensitivity.ts";

const LABEL_COLUMNS = 11;
const COLUMNS_MAX = 110;

/** What only its own visitors are shown is seen: said at the start, and with the verdict. */
const CANNOT_SEE = [
  "what other people are shown, and who else is shown its visitors' data; a crowd: its bursts are small",
  "a real person's data, but by small fields (birth date, phone …) and member IDs at the places that the target file declares",
  "rows, logs and counters of the target: `crowdproof gate` looks at those",
];

export interface ProbeStart extends Trickle {
  target: Target;
  baseUrl: string;
  seconds: number;
  dir: string;
  metricsUrl: string;
  alertmanagers: readonly string[];
  webhook: object | null;
  command: string | null;
  isCleaned: boolean;
}

export function describeStart(start: ProbeStart, { columns, colors }: Look): string {
  const { target, perMinute, burst, windowSeconds } = start;
  const until = Number.isFinite(start.seconds) ? `for ${start.seconds} s` : "until Ctrl-C";
  const bursts = burst > 0 ? `, and ${burst} at one instant every ${BURST_EVERY_SECONDS / 60} min` : "";
  const removed = target.cleanUp !== undefined && "sql" in target.cleanUp ? "SQL" : "its step";
  const sensitivity = describeSensitivity({ perMinute, burst, burstEverySeconds: BURST_EVERY_SECONDS });
  const rows: [string, string][] = [
    ["probe", `${target.name} at ${start.baseUrl}, ${until}`],
    ["visitors", `${perMinute} a minute${bursts}; kept and compared for ${spell(windowSeconds)}`],
    [
      "people",
      start.isCleaned ? `removed by ${removed} after that, and at the end` : "stay at the target (--keep)",
    ],
    ["metrics", start.metricsUrl],
    ["alerts", alertsOf(start.alertmanagers.length)],
    ["stops", stopsOf(start)],
    ["folder", start.dir],
    ...labelled("would see", sensitivity),
    ...labelled("sees not", CANNOT_SEE),
  ];
  return `${lines(rows, columns, colors).join("\n")}\n\n`;
}

const SIGNS = { pass: "✓", fail: "✗", unknown: "?" } as const;

export function describeEnd(
  verdict: ProbeVerdict,
  { dir, target }: Pick<ProbeStart, "dir" | "target">,
  { columns, colors }: Look,
): string {
  const { outcome, reasons, checks, peopleLeft } = verdict;
  const howToRemove =
    target.cleanUp === undefined
      ? `Its target file has no cleanUp; whose they are is in ${dir}/cycles`
      : `To remove them: npx crowdproof cleanup ${dir} --yes`;
  const paint = { pass: colors.green, fail: colors.red, unknown: colors.yellow }[outcome];
  const word = `${SIGNS[outcome]} ${outcome.toUpperCase()}`;
  const rows: [string, string][] = [
    ...labelled("", reasons.slice(1)),
    ...(outcome === "unknown" ? labelled("strength", [verdict.sentence]) : []),
    ...labelled("sees not", CANNOT_SEE),
    ...labelled(
      "not judged",
      checks
        .filter((looked) => looked.outcome === "not judged")
        .map(({ check, summary }) => `${check}: ${summary}`),
    ),
    ...labelled("people", peopleLeft === 0 ? [] : [`${peopleLeft} are still at the target. ${howToRemove}`]),
    ...labelled("next", nextStep(verdict, dir)),
    ["folder", dir],
  ];
  const [first = "", ...rest] = wrapped(
    reasons[0] ?? "nothing was judged",
    Math.min(columns, COLUMNS_MAX) - LABEL_COLUMNS - 3,
  );
  const head = [`  ${colors.bold(paint(word.padEnd(LABEL_COLUMNS)))}${colors.bold(first)}`];
  const more = rest.map((line) => `  ${" ".repeat(LABEL_COLUMNS)}${colors.bold(line)}`);
  return `\n${[...head, ...more, ...lines(rows, columns, colors)].join("\n")}\n`;
}

function nextStep({ outcome, sawTheirOwn }: ProbeVerdict, dir: string): string[] {
  if (outcome === "fail") {
    return [
      `who saw whose what is in ${dir}/findings.ndjson; reports in ${dir}/findings`,
      `what to do: ${relative(process.cwd(), RUNBOOK_FILE)}`,
    ];
  }
  if (outcome === "pass" || sawTheirOwn.visitors > 0) return [];
  return ["see one visitor step by step: npx crowdproof try TARGET"];
}

/** In a clone and in the built package alike. */
const RUNBOOK_FILE = fileURLToPath(
  new URL("../../../monitoring/runbooks/en/ProbeSawForeignData.md", import.meta.url),
);

export interface Look {
  columns: number;
  colors: Colors;
}

function lines(rows: [string, string][], columns: number, colors: Colors): string[] {
  const width = Math.min(columns, COLUMNS_MAX) - LABEL_COLUMNS - 3;
  return rows.flatMap(([label, text]) => {
    // Paths and URLs are to be copied: never wrapped.
    const said = text.includes(" ") ? wrapped(text, width) : [terminalText(text)];
    return said.map((line, at) => `  ${colors.dim((at === 0 ? label : "").padEnd(LABEL_COLUMNS))}${line}`);
  });
}

function labelled(label: string, texts: readonly string[]): [string, string][] {
  return texts.map((text, at) => [at === 0 ? label : "", text]);
}

function stopsOf({ webhook, command }: ProbeStart): string {
  const ways = [...(webhook === null ? [] : ["a webhook"]), ...(command === null ? [] : ["a command"])];
  return ways.length > 0
    ? `the campaign, by ${ways.join(" and ")}`
    : "nothing (--halt-webhook, --on-violation)";
}

function alertsOf(alertmanagers: number): string {
  const pushed =
    alertmanagers === 0
      ? "not pushed (--alertmanager)"
      : `pushed to ${alertmanagers} Alertmanager${alertmanagers === 1 ? "" : "s"}`;
  return `${pushed}; Prometheus' rules read the metrics`;
}

function spell(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

import type { CheckResult, Verdict } from "../verdict/verdict.ts";
import { alertCells, alertsSentence } from "./alerts-figure.ts";
import { residueSentence, strengthSentence } from "./closing-sections.ts";
import { commandsOf } from "./commands.ts";
import { exposuresSentence, fieldsOf, victimOf, viewerOf } from "./exposures-section.ts";
import { withoutControls } from "./markup.ts";
import { outcomeWord, shortened, shownOutcome, sinceStart } from "./parts.ts";
import type { Residue } from "./residue.ts";
import { wordsIn } from "./texts.ts";
import { firstLine, startedText } from "./verdict-section.ts";

const SYMBOLS = { pass: "✅", fail: "❌", unknown: "❓", "not-judged": "➖" } as const;
const EXPOSURES_MAX = 5;
const ALERTS_MAX = 10;

/** The report for a pull request comment: what must be acted upon is open, the rest folded. English only. */
export function renderMarkdown(facts: { verdict: Verdict; residue: Residue | null; dir: string }): string {
  const { verdict } = facts;
  const words = wordsIn("en");
  const { run } = verdict;
  const isPassed = (check: CheckResult) => shownOutcome(check) === "pass";
  const open = verdict.checks.filter((check) => !isPassed(check));
  const passed = verdict.checks.filter(isPassed);
  return [
    `## ${SYMBOLS[verdict.outcome]} Crowdproof: ${outcomeWord(verdict.outcome, words)}`,
    `**Exposures.** ${plain(exposuresSentence(verdict, words))}`,
    exposureTable(verdict),
    `**Verdict.** ${plain(firstLine(verdict, words))}`,
    verdict.reasons
      .slice(1, 6)
      .map((reason) => `- ${plain(reason)}`)
      .join("\n"),
    open.length === 0 ? "" : checkTable(open),
    passed.length === 0
      ? ""
      : folded(`${passed.length} ${passed.length === 1 ? "check" : "checks"} passed`, checkTable(passed)),
    ...alertParts(verdict),
    `**Strength.** ${plain(strengthSentence(verdict, words))}`,
    folded(
      "Environment, and how to repeat it",
      [
        `${plain(run.campaign)} against ${plain(run.target)}; ${plain(`${run.engine} ${run.engineVersion}`)}, seed ${run.seed}; ` +
          `${run.visitorsStarted} of ${run.visitorsPlanned} visitors in ${words.seconds(run.seconds)}; ${plain(startedText(run.startedAt))}; ` +
          `${plain(run.machine)}, Node ${plain(run.node)}, Crowdproof ${plain(run.crowdproofVersion)}`,
        facts.residue === null
          ? ""
          : `${words.say("residue")}: ${plain(residueSentence(facts.residue, facts.dir, words))}`,
        fenced(
          Object.values(commandsOf(run, facts.dir))
            .filter((command) => command !== null)
            .join("\n"),
        ),
      ]
        .filter((part) => part !== "")
        .join("\n\n"),
    ),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

/** Nothing where alerts were not demanded. */
function alertParts(verdict: Verdict): string[] {
  if (verdict.run.expectedAlerts === null) return [];
  const words = wordsIn("en");
  const shown = verdict.alerts.slice(0, ALERTS_MAX);
  const rest = verdict.alerts.length - shown.length;
  const head = ["Alert", "Severity", "Fired", "Over", "First told", "Demanded"];
  return [
    `**Alerts.** ${plain(alertsSentence(verdict, words))}`,
    shown.length === 0
      ? ""
      : tableOf(
          head,
          shown.map((alert) => alertCells(alert, words)),
        ),
    rest > 0 ? words.say("more", { count: rest }) : "",
  ];
}

function exposureTable(verdict: Verdict): string {
  if (verdict.exposuresTotal === 0) return "";
  const words = wordsIn("en");
  const shown = verdict.exposures.slice(0, EXPOSURES_MAX);
  const rest = verdict.exposuresTotal - shown.length;
  const rows = shown.map((exposure) => [
    viewerOf(exposure, words),
    victimOf(exposure, words),
    fieldsOf(exposure, words),
    `${exposure.step} ${exposure.place}`,
    sinceStart(exposure.firstSeenMicroseconds),
    String(exposure.answers),
  ]);
  const table = tableOf(["Who saw it", "Whose data", "What", "Where", "First seen", "Answers"], rows);
  return rest > 0 ? `${table}\n\n${words.say("more", { count: rest })}` : table;
}

function checkTable(checks: CheckResult[]): string {
  const words = wordsIn("en");
  return tableOf(
    ["Check", "Outcome", "Observed", "Finding"],
    checks.map((check) => {
      const outcome = shownOutcome(check);
      return [
        check.name,
        `${SYMBOLS[outcome]} ${outcomeWord(outcome, words)}`,
        words.number(check.observed),
        check.judged ? check.summary : check.reason,
      ];
    }),
  );
}

function tableOf(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(head),
    line(head.map(() => "---")),
    ...rows.map((row) => line(row.map((cell) => plain(cell)))),
  ].join("\n");
}

const folded = (title: string, content: string): string =>
  `<details><summary>${title}</summary>\n\n${content}\n\n</details>`;

/** A fence longer than any run of backticks inside. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}sh\n${withoutControls(text)}\n${fence}`;
}

/** Nothing in a value is markup, a link, a mention (`@everybody`) or an issue number to the reader's forge. */
function plain(text: string): string {
  return withoutControls(shortened(text, 400))
    .replace(/\s+/g, " ")
    .replace(/[\\`*_{}[\]<>|~#&!]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll("@", "&#64;<!-- -->")
    .replace(/:\/\//g, ":&#8203;//");
}

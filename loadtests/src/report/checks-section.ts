import type { CheckKind, CheckResult, Evidence, Verdict } from "../verdict/verdict.ts";
import { findingIn } from "./findings.ts";
import { html, type Markup } from "./markup.ts";
import { outcomeChip, section, shortened, shownOutcome, sinceStart, table } from "./parts.ts";
import type { Words } from "./texts.ts";

const KINDS: readonly CheckKind[] = ["invariant", "validity", "objective", "alert"];
/** What demands action stands first within its kind. */
const FIRST = ["fail", "unknown", "not-judged", "pass"];
const EVIDENCE_ROWS_MAX = 10;
/** Ten rows of twelve such values in every check and language still fit into 2 MB. */
const EVIDENCE_CHARACTERS_MAX = 100;
const CURLS_MAX = 3;
const CURL_CHARACTERS_MAX = 2_000;

export function checksSection(verdict: Verdict, words: Words): Markup {
  const groups = KINDS.map((kind) => {
    const checks = verdict.checks.filter((check) => check.kind === kind);
    if (checks.length === 0) return null;
    const ordered = checks.toSorted(
      (one, other) => FIRST.indexOf(shownOutcome(one)) - FIRST.indexOf(shownOutcome(other)),
    );
    return html`<div class="checks"><h3>${words.say(kind)}</h3>${ordered.map((check) => checkRow(check, words))}</div>`;
  });
  return section(
    "checks",
    words.say("checks"),
    words,
    html`<p class="quiet">${words.say("checksLead")}</p>${groups}`,
  );
}

function checkRow(check: CheckResult, words: Words): Markup {
  const title = words.name("check", check.name);
  const summary = shortened(check.judged ? check.summary : check.reason, 600);
  return html`<div class="check"><div>${outcomeChip(shownOutcome(check), words)}</div>
<h4>${title}${title === check.name ? null : html` <code>${check.name}</code>`}</h4>
<div class="observed">${words.say("observed")} <b>${words.number(check.observed)}</b></div>
<div class="finding"><p>${findingIn(summary, words)}</p>${evidenceOf(check, title, words)}</div></div>`;
}

/** The request to repeat is the same for many rows: it stands below them, once. */
function evidenceOf(check: CheckResult, title: string, words: Words): Markup | null {
  const rows = check.evidence.slice(0, EVIDENCE_ROWS_MAX);
  if (rows.length === 0) return null;
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
    .filter((name) => name !== "curl")
    .slice(0, 12);
  const curls = [
    ...new Set(rows.flatMap((row) => (typeof row["curl"] === "string" ? [row["curl"]] : []))),
  ].slice(0, CURLS_MAX);
  const summary = words.say("evidence", { count: rows.length });
  return html`<details class="evidence"><summary>${summary}<span class="unseen"> (${title})</span></summary>${table(
    {
      label: `${title}: ${summary}`,
      columns: columns.map((column) => ({ title: shortened(column.replace(/Microseconds$/, ""), 60) })),
      rows: rows.map((row) => columns.map((column) => evidenceValue(row, column))),
    },
  )}${curls.map((curl) => html`<pre role="group" aria-label="curl" tabindex="0"><code>${shortened(curl, CURL_CHARACTERS_MAX)}</code></pre>`)}</details>`;
}

function evidenceValue(row: Evidence, column: string): string {
  const value = row[column] ?? null;
  if (value === null) return "–";
  if (column.endsWith("Microseconds") && typeof value === "number") return sinceStart(value);
  return shortened(String(value), EVIDENCE_CHARACTERS_MAX);
}

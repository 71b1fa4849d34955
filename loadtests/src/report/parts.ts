import type { CheckResult } from "../verdict/verdict.ts";
import { html, type Markup, trusted } from "./markup.ts";
import type { Words } from "./texts.ts";

/** The pieces that several sections are made of. */

export type Shown = "pass" | "fail" | "unknown" | "not-judged";

export const shownOutcome = (check: CheckResult): Shown => (check.judged ? check.outcome : "not-judged");

/** A shape of its own for each outcome: nobody needs the colour. */
const SHAPES: Record<Shown, string> = {
  pass: '<circle cx="12" cy="12" r="11"/><path d="M7 12.5l3.4 3.4L17 8.9" stroke="var(--band)" stroke-width="2.6" fill="none" stroke-linecap="round" stroke-linejoin="round"/>',
  fail: '<path d="M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4z"/><path d="M8.3 8.3l7.4 7.4M15.7 8.3l-7.4 7.4" stroke="var(--band)" stroke-width="2.6" fill="none" stroke-linecap="round"/>',
  unknown:
    '<rect x="1" y="1" width="22" height="22" rx="5"/><path d="M8.4 9.2c.2-2.3 1.7-3.6 3.7-3.6 2.1 0 3.6 1.3 3.6 3.2 0 2.7-3.6 2.8-3.6 5.8" stroke="var(--band)" stroke-width="2.6" fill="none" stroke-linecap="round"/><circle cx="12.1" cy="18.3" r="1.7" fill="var(--band)"/>',
  "not-judged":
    '<circle cx="12" cy="12" r="9.6" fill="none" stroke="currentColor" stroke-width="2.4" stroke-dasharray="4 3"/><path d="M7.5 12h9" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"/>',
};

export const outcomeIcon = (outcome: Shown): Markup =>
  trusted(`<svg viewBox="0 0 24 24" fill="currentColor" aria-hidden="true">${SHAPES[outcome]}</svg>`);

export function outcomeWord(outcome: Shown, words: Words): string {
  return words.say(outcome === "not-judged" ? "notJudged" : outcome);
}

export const outcomeChip = (outcome: Shown, words: Words): Markup =>
  html`<span class="chip is-${outcome}">${outcomeIcon(outcome)}${outcomeWord(outcome, words)}</span>`;

export function section(id: string, title: string, words: Words, content: Markup): Markup {
  const anchor = `${words.language}-${id}`;
  return html`<section aria-labelledby="${anchor}"><h2 id="${anchor}" tabindex="-1">${title}</h2><div>${content}</div></section>`;
}

export interface Column {
  title: string;
  isCount?: boolean;
  isShort?: boolean;
}

/** `isStacked`: on a phone each row becomes a small list, for tables that matter; others scroll, reached by keyboard. */
export function table(options: {
  label: string;
  columns: Column[];
  rows: (Markup | string | number)[][];
  isStacked?: boolean;
}): Markup {
  const { label, columns, rows } = options;
  const kind = (column: Column | undefined) => (column?.isCount ? "count" : column?.isShort ? "nowrap" : "");
  const head = columns.map((column) => html`<th scope="col" class="${kind(column)}">${column.title}</th>`);
  // On a phone the column's title stands before each value.
  const titled = (column: Column | undefined) =>
    options.isStacked ? html` data-label="${column?.title ?? ""}"` : null;
  const cellOf = (cell: Markup | string | number, column: Column | undefined) =>
    html`<td class="${kind(column)}"${titled(column)}><span>${cell}</span></td>`;
  const body = rows.map((row) => html`<tr>${row.map((cell, index) => cellOf(cell, columns[index]))}</tr>`);
  const markup = html`<table class="${options.isStacked ? "stacked" : ""}"><caption class="unseen">${label}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
  return html`<div class="scroll" role="group" aria-label="${label}" tabindex="0">${markup}</div>`;
}

/** A value from the run that is longer than this is cut: one hostile answer must not make the page unreadable. */
const VALUE_CHARACTERS_MAX = 300;

export function shortened(text: string, charactersMax = VALUE_CHARACTERS_MAX): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax)}…`;
}

/** `+12.345 s`: the same in every language, and to be searched for in the events. */
export const sinceStart = (microseconds: number): string => `+${(microseconds / 1e6).toFixed(3)} s`;

/** With the wall clock where the start is known. */
export function moment(microseconds: number, startedAt: string): Markup {
  const since = sinceStart(microseconds);
  const wall = Date.parse(startedAt) + microseconds / 1000;
  if (!Number.isFinite(wall)) return html`${since}`;
  return html`${since} <span class="quiet">${new Date(wall).toISOString().slice(11, 19)} UTC</span>`;
}

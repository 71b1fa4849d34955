import { createHash } from "node:crypto";
import type { Verdict } from "../verdict/verdict.ts";
import { checksSection } from "./checks-section.ts";
import { environmentSection, repeatSection, strengthSection } from "./closing-sections.ts";
import { type Course, courseSection } from "./course-section.ts";
import { exposuresSection } from "./exposures-section.ts";
import { html, type Markup, trusted } from "./markup.ts";
import { PAGE_SCRIPT, PAGE_STYLE } from "./page-style.ts";
import { outcomeWord, shortened } from "./parts.ts";
import type { Residue } from "./residue.ts";
import { LANGUAGES, type Language, TEXTS, type Words, wordsIn } from "./texts.ts";
import { verdictBand, verdictSection } from "./verdict-section.ts";

export interface ReportFacts {
  verdict: Verdict;
  course: Course;
  /** What is left of the run in its target; null where nobody looked. */
  residue: Residue | null;
  /** The run folder, as it is to be named in a command. */
  dir: string;
}

/** The whole report as one file that asks for nothing else. Both languages are in it; English shows without a script. */
export function renderPage(facts: ReportFacts): string {
  const scriptHash = createHash("sha256").update(PAGE_SCRIPT).digest("base64");
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'; base-uri 'none'; form-action 'none'`;
  const inEach = (part: (words: Words) => Markup) =>
    LANGUAGES.map(
      (language) => html`<div class="in-${language}" lang="${language}">${part(wordsIn(language))}</div>`,
    );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark">
<title>${titleIn("en", facts)}</title>
<style>${trusted(PAGE_STYLE)}</style>
</head>
<body class="is-${facts.verdict.outcome}">
<header><div class="bar">
${LANGUAGES.map((language) => html`<a class="skip in-${language}" lang="${language}" href="#${language}-exposures">${TEXTS.skip[language]}</a>`)}
<span class="mark">${MARK}Crowdproof</span>${languageSwitch(facts)}
</div></header>
<main>
<div class="band">${inEach((words) => verdictBand(facts.verdict, words))}</div>
${inEach((words) => sections(facts, words))}
</main>
<footer>${inEach((words) => html`<p>${words.say("madeBy", { version: facts.verdict.run.crowdproofVersion })}</p>`)}</footer>
<script>${trusted(PAGE_SCRIPT)}</script>
</body>
</html>
`.text;
}

/** Exposures first: nothing else on the page matters as much. */
function sections(facts: ReportFacts, words: Words): Markup {
  const { verdict } = facts;
  return html`${exposuresSection(verdict, words)}
${verdictSection(verdict, words)}
${courseSection(facts.course, verdict, words)}
${checksSection(verdict, words)}
${strengthSection(verdict, words)}
${environmentSection(facts, words)}
${repeatSection(facts, words)}`;
}

/** Radio buttons and a style rule: the switch works without a script too. */
function languageSwitch(facts: ReportFacts): Markup {
  const names: Record<Language, string> = { en: "English", ja: "日本語" };
  return html`<fieldset><legend class="unseen">${LANGUAGES.map((language) => TEXTS.language[language]).join(" / ")}</legend>${LANGUAGES.map(
    (language) =>
      html`<label lang="${language}"><input type="radio" name="language" id="language-${language}" value="${language}" data-title="${titleIn(language, facts)}"${language === "en" ? trusted(" checked") : null}>${names[language]}</label>`,
  )}</fieldset>`;
}

function titleIn(language: Language, { verdict }: ReportFacts): string {
  const words = wordsIn(language);
  return words.say("pageTitle", {
    outcome: outcomeWord(verdict.outcome, words),
    campaign: shortened(verdict.run.campaign, 80),
  });
}

/** A crowd, one of whom is looked at. */
const MARK = trusted(
  '<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="5" cy="6" r="3"/><circle cx="19" cy="6" r="3"/><circle cx="5" cy="18" r="3"/><circle cx="19" cy="18" r="3"/><circle cx="12" cy="12" r="4.4" fill="none" stroke="currentColor" stroke-width="2.4"/></svg>',
);

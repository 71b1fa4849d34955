import type { Profile } from "../member/profile.ts";
import { QUESTIONS, SEXES, wordsFor } from "./choices.ts";
import { html, type Part } from "./html.ts";
import { type Page, renderPage } from "./page.ts";
import { address, type Reader } from "./reader.ts";
import { TEXTS } from "./texts.ts";

/**
 * The card and everything a member told, for their own eyes. Each `data-field` says whose value stands there, for the
 * guard to check; `<data>` has the stored value beside the word for it.
 */
export function renderMemberPage(reader: Reader, profile: Profile): Page {
  const { language } = reader;
  const { member: text, fields } = TEXTS[language];
  const grouped = profile.number.replace(/(.{4})(?=.)/g, "$1 ");
  const sex = wordsFor(profile.sex, SEXES, language);
  return renderPage(reader, {
    kind: "member",
    title: text.title,
    path: "/member",
    main: html`<h1>${text.heading}</h1>
<section class="card" aria-label="${text.card}">
<p>${text.card}</p>
<p data-field="number" class="number">${grouped}</p>
<p data-field="kanjiName">${profile.kanjiName}</p>
<p data-field="name">${profile.name}</p>
</section>
<section class="sheet">
<h2>${text.own}</h2>
<p class="soft">${text.ownText}</p>
<dl class="data">
<div><dt>${fields.number}</dt><dd data-field="number">${profile.number}</dd></div>
${PLAIN.map((field) => row(fields[field], html`<dd data-field="${field}">${profile[field]}</dd>`))}
${row(fields.sex, html`<dd><data data-field="sex" value="${profile.sex}">${sex}</data></dd>`)}
${REACHED.map((field) => row(fields[field], html`<dd data-field="${field}">${profile[field]}</dd>`))}
${QUESTIONS.map((question, at) => {
  const value = profile.survey[at] ?? "";
  const words = wordsFor(value, question.choices, language);
  return row(
    question[language],
    html`<dd><data id="survey${at + 1}" data-field="survey" value="${value}">${words}</data></dd>`,
  );
})}
${profile.message !== "" && row(fields.message, html`<dd data-field="message">${profile.message}</dd>`)}
</dl>
</section>
<form method="post" action="${address("/leave", reader)}">
<p class="soft">${text.leaveHint}</p>
<button class="quiet">${text.leave}</button>
</form>`,
  });
}

const PLAIN = ["kanjiName", "kana", "name", "birthDate"] as const;
const REACHED = ["email", "postalCode", "address", "phone"] as const;

function row(term: string, description: Part): Part {
  return html`<div><dt>${term}</dt>${description}</div>\n`;
}

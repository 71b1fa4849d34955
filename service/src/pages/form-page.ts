import type { Problem } from "../registration/parse-signup.ts";
import { type Choice, QUESTIONS, SEXES } from "./choices.ts";
import { html, type Part } from "./html.ts";
import { type FormField, SURVEY_FIELDS, type Typed } from "./join-form.ts";
import { type Page, renderPage } from "./page.ts";
import { address, type Reader } from "./reader.ts";
import { type Note, TEXTS, type Texts } from "./texts.ts";
import { clockMinute } from "./told-time.ts";

export interface FormContent {
  /** The form pass: in the form's address, so that it is looked at before anything of the form is read. */
  readonly ticket: string;
  /** Hidden in the form: whoever sends it twice is registered once. */
  readonly key: string;
  /** Unix milliseconds until which the place is kept, where that is known. */
  readonly validUntilMs?: number;
  /** Given back as it was typed. Absent: a form nobody has filled in. */
  readonly typed?: Typed;
  readonly problems?: readonly FieldProblem[];
  /** Why it was not taken, where no field is the reason. */
  readonly note?: Note & { readonly code: string };
}

export interface FieldProblem {
  readonly field: FormField;
  readonly problem: Problem | "email-taken";
}

export function renderFormPage(reader: Reader, content: FormContent): Page {
  const { language } = reader;
  const text = TEXTS[language];
  const { ticket, key, validUntilMs, typed, problems = [], note } = content;
  const sheet = new FormSheet(reader, typed, problems);
  return renderPage(reader, {
    kind: "form",
    ...(note === undefined ? {} : { code: note.code }),
    title: (problems.length > 0 ? text.form.errorPrefix : "") + (note?.title ?? text.form.title),
    ...(typed === undefined ? { path: "/join", ticket } : {}),
    main: html`<h1>${text.form.heading}</h1>
${note !== undefined && noteBox(note, text)}
${problems.length > 0 && sheet.summary()}
${typed === undefined && validUntilMs !== undefined && html`<p>${text.form.intro(clockMinute(validUntilMs))}</p>`}
<form method="post" action="${address("/join", reader, ticket)}">
<input type="hidden" name="key" value="${key}">
<fieldset><legend>${text.form.you}</legend>
${sheet.line("kanjiName", { autocomplete: "name", charactersMax: 100 })}
${sheet.line("kana", { charactersMax: 200 })}
${sheet.line("name", { charactersMax: 200, inLatin: true })}
${sheet.radios("sex", SEXES)}
${sheet.line("birthDate", { type: "date", autocomplete: "bday", isShort: true })}
</fieldset>
<fieldset><legend>${text.form.contact}</legend>
${sheet.line("email", { type: "email", autocomplete: "email", charactersMax: 254 })}
${sheet.line("postalCode", { autocomplete: "postal-code", charactersMax: 12, isShort: true })}
${sheet.line("address", { autocomplete: "street-address", charactersMax: 400 })}
${sheet.line("phone", { type: "tel", autocomplete: "tel", charactersMax: 30, isShort: true })}
</fieldset>
<fieldset><legend>${text.form.survey}</legend>
${SURVEY_FIELDS.map((field, at) => sheet.select(field, QUESTIONS[at]?.[language] ?? "", QUESTIONS[at]?.choices ?? []))}
</fieldset>
<fieldset><legend>${text.form.further}</legend>
${sheet.textarea("message", 2_000)}
</fieldset>
<button>${text.form.send}</button>
<p class="hint">${text.form.once}</p>
</form>`,
  });
}

function noteBox(note: Note, text: Texts): Part {
  return html`<div class="note" tabindex="-1" autofocus><h2>${note.title}</h2><p>${note.text} ${text.form.kept}</p></div>`;
}

interface Line {
  readonly type?: "email" | "tel" | "date";
  readonly autocomplete?: string;
  /** As the signup has it. */
  readonly charactersMax?: number;
  readonly isShort?: boolean;
  readonly inLatin?: boolean;
}

/** The fields of one form: what was typed, and what is wrong with it. */
class FormSheet {
  private readonly reader: Reader;
  private readonly text: Texts;
  private readonly typed: Typed | undefined;
  private readonly problems: readonly FieldProblem[];

  constructor(reader: Reader, typed: Typed | undefined, problems: readonly FieldProblem[]) {
    this.reader = reader;
    this.text = TEXTS[reader.language];
    this.typed = typed;
    this.problems = problems;
  }

  /** Above the form, with a way to each field; the browser begins to read here. */
  summary(): Part {
    return html`<div class="note bad" tabindex="-1" autofocus><h2>${this.text.form.errorHeading}</h2><ul>${this.problems.map(
      ({ field }) => html`<li><a href="#${field}">${this.labelOf(field)}</a></li>`,
    )}</ul></div>`;
  }

  line(field: Exclude<FormField, (typeof SURVEY_FIELDS)[number]>, line: Line): Part {
    const { type = "text", autocomplete, charactersMax, isShort = false, inLatin = false } = line;
    return html`<div class="field"><label for="${field}">${this.labelOf(field)}</label>${this.notes(field)}
<input id="${field}" name="${field}" type="${type}"${type === "date" && html` min="1900-01-01"`}${
      autocomplete !== undefined && html` autocomplete="${autocomplete}"`
    }${charactersMax !== undefined && html` maxlength="${charactersMax}"`}${isShort && html` class="short"`}${
      inLatin && html` lang="en"`
    } required${this.described(field)}${
      this.typed !== undefined && html` data-field="${field}" value="${this.typed[field]}"`
    }></div>`;
  }

  radios(field: "sex", choices: readonly Choice[]): Part {
    const picked = this.typed?.[field];
    return html`<fieldset id="${field}"><legend>${this.labelOf(field)}</legend>${this.notes(field)}
<div class="choices">${choices.map(
      ({ value, [this.reader.language]: words }) =>
        html`<label><input type="radio" name="${field}" required${this.described(field)}${
          picked === value && html` checked data-field="${field}"`
        } value="${value}">${words}</label>`,
    )}</div></fieldset>`;
  }

  select(field: (typeof SURVEY_FIELDS)[number], question: string, choices: readonly Choice[]): Part {
    const picked = this.typed?.[field];
    return html`<div class="field"><label for="${field}">${question}</label>${this.notes(field)}
<select id="${field}" name="${field}" required${this.described(field)}><option value="">${this.text.form.choose}</option>${choices.map(
      ({ value, [this.reader.language]: words }) =>
        html`<option${picked === value && html` selected data-field="survey"`} value="${value}">${words}</option>`,
    )}</select></div>`;
  }

  textarea(field: "message", charactersMax: number): Part {
    // A browser takes the first line break for its own.
    return html`<div class="field"><label for="${field}">${this.labelOf(field)} ${this.text.form.optional}</label>${this.notes(field)}
<textarea id="${field}" name="${field}" maxlength="${charactersMax}"${this.described(field)}${
      this.typed !== undefined && html` data-field="${field}"`
    }>\n${this.typed?.[field]}</textarea></div>`;
  }

  private labelOf(field: FormField): string {
    const at = (SURVEY_FIELDS as readonly FormField[]).indexOf(field);
    if (at >= 0) return QUESTIONS[at]?.[this.reader.language] ?? "";
    return this.text.fields[field as keyof Texts["fields"]];
  }

  private problemOf(field: FormField): string | undefined {
    const problem = this.problems.find((known) => known.field === field)?.problem;
    if (problem === undefined) return undefined;
    return problem === "email-taken" ? this.text.emailTaken : this.text.problems[problem];
  }

  private hintOf(field: FormField): string | undefined {
    return this.text.hints[field as keyof Texts["hints"]];
  }

  /** Above the field: below, a telephone's keyboard would cover them. */
  private notes(field: FormField): Part {
    const hint = this.hintOf(field);
    const problem = this.problemOf(field);
    return [
      hint !== undefined && html`<p class="hint" id="${field}-hint">${hint}</p>`,
      problem !== undefined && html`<p class="error" id="${field}-error">${problem}</p>`,
    ];
  }

  private described(field: FormField): Part {
    const isWrong = this.problemOf(field) !== undefined;
    const ids = [
      ...(this.hintOf(field) === undefined ? [] : [`${field}-hint`]),
      ...(isWrong ? [`${field}-error`] : []),
    ];
    return [
      ids.length > 0 && html` aria-describedby="${ids.join(" ")}"`,
      isWrong && html` aria-invalid="true"`,
    ];
  }
}

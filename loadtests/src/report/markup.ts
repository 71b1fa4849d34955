/** Markup that may be put into the page as it stands. Only `html` and `trusted` make it. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Insertable = Markup | string | number | null | readonly Insertable[];

/** Escapes everything that is put in, unless it is markup already: values come from targets that may be hostile. */
export function html(parts: TemplateStringsArray, ...values: Insertable[]): Markup {
  return new Markup(parts.reduce((text, part, index) => text + insert(values[index - 1] ?? null) + part));
}

/** For what we made ourselves (charts, style, script), never for a value that was read. */
export const trusted = (text: string): Markup => new Markup(text);

/** Escaped for element content and for quoted attributes, in HTML and in XML 1.0. */
export function escapeMarkup(text: string): string {
  return withoutControls(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** What XML 1.0 cannot hold, even escaped, and what would turn text around (bidirectional overrides). */
export function withoutControls(text: string): string {
  return text
    .replace(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff\u202a-\u202e\u2066-\u2069]/g,
      "\ufffd",
    )
    .toWellFormed();
}

function insert(value: Insertable): string {
  if (value === null) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(insert).join("");
  return escapeMarkup(String(value));
}

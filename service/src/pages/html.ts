/** Markup that is safe to send: made by `html` alone, so that text from outside cannot pass for it. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: text is escaped; `false` and `undefined` are nothing. */
export type Part = Html | string | number | false | undefined | readonly Part[];

/** Markup with values in it, escaped for text and for quoted attributes. Attributes must be quoted. */
export function html(markup: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let text = markup[0] ?? "";
  parts.forEach((part, at) => {
    text += textOf(part) + (markup[at + 1] ?? "");
  });
  return new Html(text);
}

function textOf(part: Part): string {
  if (part === false || part === undefined) return "";
  if (part instanceof Html) return part.text;
  return typeof part === "object" ? part.map(textOf).join("") : escapeHtml(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

import { Html, html, type Part } from "./html.ts";
import { LANGUAGES, type Language } from "./language.ts";
import { address, type Reader } from "./reader.ts";
import { PAGE_POLICY, STYLE_ELEMENT } from "./style.ts";
import { TEXTS } from "./texts.ts";

/** A whole page, ready for the response writer. */
export interface Page {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PageContent {
  /** What the page is, for programs: `<body data-page="wait">`. */
  readonly kind: "wait" | "form" | "member" | "notice";
  /** Why, where it says no: a code of the error catalogue, or `waiting`. */
  readonly code?: string;
  readonly title: string;
  readonly main: Part;
  /** Where the same page stands in the other language; none for the answer to a form, which has no address. */
  readonly path?: string;
  readonly ticket?: string;
  /** Comes back by itself, without a script: whole seconds, and where to. */
  readonly refresh?: { readonly seconds: number; readonly to: string };
}

/** An empty picture, or every browser in a crowd would ask for one more thing. */
const NO_ICON = new Html('<link rel="icon" href="data:,">');
const STYLE = new Html(STYLE_ELEMENT);

export function renderPage(reader: Reader, content: PageContent): Page {
  const { language } = reader;
  const text = TEXTS[language];
  const { text: markup } = html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${content.title}</title>
${NO_ICON}
${STYLE}
</head>
<body data-page="${content.kind}"${content.code !== undefined && html` data-code="${content.code}"`}>
<header><span>${text.brand}</span>${content.path !== undefined && languageLink(reader, content.path, content.ticket)}</header>
<main>
${content.main}
</main>
</body>
</html>
`;
  return { html: markup, headers: headersOf(reader, content) };
}

const NAME_OF: Readonly<Record<Language, string>> = { ja: "日本語", en: "English" };

function languageLink({ language }: Reader, path: string, ticket: string | undefined): Part {
  return LANGUAGES.filter((other) => other !== language).map(
    (other) =>
      html`<a href="${address(path, { chosen: other }, ticket)}" lang="${other}" hreflang="${other}">${NAME_OF[other]}</a>`,
  );
}

function headersOf({ language }: Reader, { refresh }: PageContent): Record<string, string> {
  return {
    "Content-Security-Policy": PAGE_POLICY,
    // Not `no-referrer`: browsers then send a form with `Origin: null`, which is what another site's page would send.
    // Nobody but us is told an address of ours, with its ticket, by either.
    "Referrer-Policy": "same-origin",
    "Content-Language": language,
    Vary: "Accept-Language",
    ...(refresh === undefined ? {} : { Refresh: `${refresh.seconds};url=${refresh.to}` }),
  };
}

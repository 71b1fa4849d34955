import { html } from "./html.ts";
import { type Page, renderPage } from "./page.ts";
import { address, type Reader } from "./reader.ts";
import { type NoteCode, TEXTS } from "./texts.ts";
import { duration } from "./told-time.ts";

export interface Notice {
  readonly code: NoteCode;
  /** Where the asked page stands: what is tried again. */
  readonly path: string;
  /** Whole seconds after which it tries again by itself; undefined where that would change nothing. */
  readonly retryAfterSeconds: number | undefined;
}

/** Says no to a person: what happened, and where to go from here. */
export function renderNoticePage(reader: Reader, { code, path, retryAfterSeconds }: Notice): Page {
  const text = TEXTS[reader.language];
  const note = text.notes[code];
  const self = address(path, reader, path === "/join" ? reader.ticket : undefined);
  const isTriedAgain = retryAfterSeconds !== undefined;
  return renderPage(reader, {
    kind: "notice",
    code,
    title: note.title,
    path,
    ...(reader.ticket !== undefined && path === "/join" ? { ticket: reader.ticket } : {}),
    ...(isTriedAgain ? { refresh: { seconds: retryAfterSeconds, to: self } } : {}),
    main: html`<h1>${note.title}</h1>
<p>${note.text}</p>
${isTriedAgain && html`<p class="soft">${text.byItself(duration(retryAfterSeconds, reader.language))}</p>`}
<p class="aside">${isTriedAgain ? html`<a href="${self}">${text.again}</a>` : html`<a href="${address("/join", reader)}">${text.toForm}</a>`}</p>
${MEMBER_LINK.has(code) && html`<p class="aside"><a href="${address("/member", reader)}">${text.toMember}</a></p>`}`,
  });
}

/** Where the reader may well be a member. */
const MEMBER_LINK: ReadonlySet<NoteCode> = new Set(["halted", "key-reused", "ticket-used"]);

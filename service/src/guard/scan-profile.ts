import { FIELDS } from "./fields.ts";

/** What the quick look found in a profile answer that is written exactly as the service writes it. */
export interface Scanned {
  readonly number: string;
  readonly toldText: string;
}

const HEAD = '{"number":"';
const NUMBER_CHARACTERS = 20;
/** Where the told fields begin: after `{"number":"…",`. */
export const TOLD_AT = HEAD.length + NUMBER_CHARACTERS + 2;
const KEYS = FIELDS.slice(1).map((field) => `"${field}":`);
const SURVEY_AT = FIELDS.indexOf("survey") - 1;
const SURVEY_ANSWERS = 5;

/**
 * Cuts number and told fields out of the text without parsing it: a third of the cost of `JSON.parse` and
 * `JSON.stringify`. It may only ever say "healthy": whatever it does not understand, or whose MAC then does not fit, is
 * parsed in full before anything is held against anybody.
 */
export function scanProfile(text: string): Scanned | undefined {
  if (!text.startsWith(HEAD) || text.charCodeAt(TOLD_AT - 2) !== QUOTE) return undefined;
  let at = TOLD_AT - 1;
  let toldText = "[";
  for (let field = 0; field < KEYS.length; field++) {
    const key = KEYS[field] as string;
    if (text.charCodeAt(at) !== COMMA || !text.startsWith(key, at + 1)) return undefined;
    const from = at + 1 + key.length;
    at = field === SURVEY_AT ? endOfSurvey(text, from) : endOfString(text, from);
    if (at < 0) return undefined;
    toldText += field === 0 ? text.slice(from, at) : `,${text.slice(from, at)}`;
  }
  if (text.charCodeAt(at) !== CLOSING_BRACE || at !== text.length - 1) return undefined;
  return { number: text.slice(HEAD.length, TOLD_AT - 2), toldText: `${toldText}]` };
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const CLOSING_BRACE = 0x7d;

/** The position after the string literal that begins here; −1 where none does. */
function endOfString(text: string, from: number): number {
  if (text.charCodeAt(from) !== QUOTE) return -1;
  let at = text.indexOf('"', from + 1);
  while (at > 0 && isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at < 0 ? -1 : at + 1;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}

function endOfSurvey(text: string, from: number): number {
  if (text.charCodeAt(from) !== OPENING_BRACKET) return -1;
  let at = from;
  for (let answer = 0; answer < SURVEY_ANSWERS; answer++) {
    if (answer > 0 && text.charCodeAt(at) !== COMMA) return -1;
    at = endOfString(text, at + 1);
    if (at < 0) return -1;
  }
  return text.charCodeAt(at) === CLOSING_BRACKET ? at + 1 : -1;
}

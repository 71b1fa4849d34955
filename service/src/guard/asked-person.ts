import { isUtf8 } from "node:buffer";
import type { Asked } from "./exchange.ts";
import { type Field, type Shown, TOLD_FIELDS } from "./fields.ts";
import { TOKEN_CHARACTERS } from "./identity.ts";
import { TOLD_AT } from "./scan-profile.ts";

/**
 * What the request's own bytes say about the person: one or more values for each field that was sent. Undefined where
 * they leave a doubt (compressed, another charset, broken UTF-8, no JSON): then nothing can be held against anybody.
 */
export type Told = ReadonlyMap<string, readonly unknown[]>;

export function readTold(asked: Asked, format: "json" | "form"): Told | undefined {
  const body = asked.body();
  if (body === undefined || !isUtf8(body) || asked.headers("content-encoding").some(isEncoded))
    return undefined;
  const types = asked.headers("content-type");
  // Of two, nobody can say which one the service goes by.
  if (types.length > 1 || types.some(isOtherCharset)) return undefined;
  const text = withoutMark(body.toString());
  return format === "form" ? readForm(text) : readJson(text);
}

const isOtherCharset = (type: string) => /charset/i.test(type) && !/charset\s*=\s*"?utf-?8"?/i.test(type);
const isEncoded = (encoding: string) => encoding.trim().toLowerCase() !== "identity";
const withoutMark = (text: string) => (text.startsWith("\ufeff") ? text.slice(1) : text);

function readJson(text: string): Told | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value).map(([field, content]) => [field, [content]]));
}

/** A name that comes several times keeps all its values: which of them the service takes is the service's affair. */
function readForm(text: string): Told {
  const told = new Map<string, unknown[]>();
  const form = new URLSearchParams(text);
  for (const field of new Set(form.keys())) told.set(field, form.getAll(field));
  // By their names and not by their order, and whatever else is sent beside them.
  told.set("survey", [SURVEY_NAMES.map((field) => form.get(field))]);
  return told;
}

const SURVEY_NAMES = ["survey1", "survey2", "survey3", "survey4", "survey5"];

/** The told fields that differ from what was asked for, after the trimming that the interface documents. */
export function differingFields(shown: Shown["told"], told: Told): Field[] {
  return TOLD_FIELDS.filter((field) => {
    const sent = told.get(field) ?? [];
    return !sent.some((content) => isSame(content, shown[field], field));
  });
}

function isSame(sent: unknown, shown: string | readonly string[], field: Field): boolean {
  if (field === "email" && typeof sent === "string" && typeof shown === "string")
    return addressKey(sent) === addressKey(shown);
  if (field === "survey" && Array.isArray(shown)) {
    if (!Array.isArray(sent) || sent.length !== shown.length) return false;
    return shown.every((answer, at) => isSameLine(sent[at], answer));
  }
  return isSameLine(sent, shown);
}

/** Two spellings with one key are one address to the database (members.email_key), and so one person's. */
export function addressKey(email: string): string {
  return email.trim().toLowerCase();
}

function isSameLine(sent: unknown, shown: unknown): boolean {
  if (typeof sent !== "string" || typeof shown !== "string") return false;
  // Browsers send line ends as CR LF, whatever was typed; a service may store them either way.
  return sent === shown || sent.trim() === shown || withPlainEnds(sent) === withPlainEnds(shown);
}

const withPlainEnds = (text: string) => text.replaceAll("\r\n", "\n");

/** Whether the visitor sent this text under that name, or as any answer of the survey: what a form gives back. */
export function hasSent(told: Told, field: Field, text: string): boolean {
  const sent = field === "survey" ? told.get(field)?.flat() : told.get(field);
  return sent?.some((content) => isSameLine(content, text)) ?? false;
}

/** True where the answer repeats the request byte for byte after its number: the common case, and it needs no parsing. */
export function repeatsRequest(asked: Asked, text: string): boolean {
  const body = asked.body();
  if (body === undefined || body[0] !== OPENING_BRACE) return false;
  // UTF-8 has at least as many bytes as the text has units, so most differences end here.
  if (body.length < text.length - TOLD_AT + 1) return false;
  const sent = body.toString("utf8", 1);
  return (
    sent.length === text.length - TOLD_AT &&
    text.endsWith(sent) &&
    asked.headers("content-encoding").length === 0
  );
}

const OPENING_BRACE = 0x7b;
const COOKIE = "session=";

/** Every session token in the Cookie headers. Several is no offence: one of them has to be the reader's. */
export function tokensIn(asked: Asked): string[] {
  const tokens: string[] = [];
  for (const line of asked.headers("cookie")) {
    let at = line.indexOf(COOKIE);
    while (at >= 0) {
      tokens.push(line.slice(at + COOKIE.length, at + COOKIE.length + TOKEN_CHARACTERS));
      at = line.indexOf(COOKIE, at + COOKIE.length);
    }
  }
  return tokens;
}

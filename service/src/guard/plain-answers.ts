import { hasSent, readTold } from "./asked-person.ts";
import type { Asked, Given } from "./exchange.ts";
import type { GivenHeaders } from "./headers.ts";
import { placesIn } from "./markup.ts";
import type { Shape } from "./routes.ts";
import { isKnownSentence, STATUS_OF_CODE } from "./sentences.ts";

/** Constant texts that were looked at in full once; so a crowd's refusals cost one look-up each. */
const RECOGNISED_MAX = 256;
const recognised = new Set<string>();

/** True for an answer that carries nobody's data: an error, a wait, a notice, a page without marked places. */
export function isPlainAnswer(
  shape: Shape | undefined,
  given: Given,
  { type }: GivenHeaders,
  asked: Asked,
): boolean {
  const { status, text } = given;
  if (shape === "left" || shape === "sent-on") return isEmptyOrSentOn(text);
  if (type.startsWith("application/json")) {
    const known = `${status} ${text}`;
    if (recognised.has(known)) return true;
    const value = parseObject(text);
    if (value === undefined) return false;
    if (shape === "notice" && isNotice(value)) return true;
    if (!isError(value, status)) return false;
    if (!/\d/.test(text) && recognised.size < RECOGNISED_MAX) recognised.add(known);
    return true;
  }
  if (type.startsWith("text/html"))
    return (shape === "page" || status >= 400) && showsNobodyElse(text, asked);
  if (type.startsWith("text/plain"))
    return shape === "metrics" ? !text.includes("@") : status === 200 && METHODS.test(text);
  return false;
}

/** Express answers OPTIONS by itself. */
const METHODS = /^[A-Z]{3,7}(, ?[A-Z]{3,7}){0,7}$/;
const SENT_ON = /^[A-Za-z .,/<>="-]{0,200}$/;

function isEmptyOrSentOn(text: string): boolean {
  return text === "" || SENT_ON.test(text);
}

type Plain = ReadonlyMap<string, unknown>;

function parseObject(text: string): Plain | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? new Map(Object.entries(value))
      : undefined;
  } catch {
    return undefined;
  }
}

/** Words the service says of itself. */
const STATUS_WORDS: ReadonlySet<unknown> = new Set([
  "alive",
  "ready",
  "open",
  "halted",
  "unreadable",
  "sent",
  "accepted",
]);
const NOTICE_KEYS: ReadonlySet<string> = new Set(["status", "campaign"]);

function isNotice(value: Plain): boolean {
  return [...value].every(
    ([key, content]) =>
      (NOTICE_KEYS.has(key) && STATUS_WORDS.has(content)) ||
      (key === "detail" && typeof content === "string" && isKnownSentence(content)),
  );
}

function isError(value: Plain, status: number): boolean {
  const code = value.get("code");
  const detail = value.get("detail");
  if (typeof code !== "string" || typeof detail !== "string") return false;
  if (STATUS_OF_CODE.get(code) !== status || !isKnownSentence(detail)) return false;
  return value.size === 2 || (code === "waiting" && isWaiting(value));
}

const TICKET = /^[\w.~-]{1,512}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/;
const WAITING_KEYS: ReadonlyMap<string, (content: unknown) => boolean> = new Map([
  ["code", () => true],
  ["detail", () => true],
  ["ticket", (content: unknown) => typeof content === "string" && TICKET.test(content)],
  ["place", (content: unknown) => Number.isSafeInteger(content)],
  ["comeBackAt", (content: unknown) => typeof content === "string" && MOMENT.test(content)],
  ["comeBackInSeconds", (content: unknown) => Number.isFinite(content)],
]);

function isWaiting(value: Plain): boolean {
  return [...value].every(([key, content]) => WAITING_KEYS.get(key)?.(content) === true);
}

/**
 * A page without a witness may show only what its reader has just sent: the form, given back with its errors. And no
 * address beside it: a page that shows somebody's data without marking it has nothing else to be known by.
 */
function showsNobodyElse(markup: string, asked: Asked): boolean {
  const places = placesIn(markup);
  if (places === undefined) return false;
  const told = places.length === 0 ? undefined : readTold(asked, "form");
  if (places.length > 0 && told === undefined) return false;
  if (told !== undefined && places.some(({ field, text }) => text !== "" && !hasSent(told, field, text)))
    return false;
  const marked = places.reduce((count, { text }) => count + countOf(text, "@"), 0);
  return countOf(markup.replace(/<style>[^<]*<\/style>/, ""), "@") === marked;
}

function countOf(text: string, character: string): number {
  return text.split(character).length - 1;
}

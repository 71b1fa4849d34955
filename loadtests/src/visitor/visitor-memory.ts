import type { AnsweredRequest } from "../engine/port.ts";
import type { Step, Target } from "../target/target.ts";
import { placeholdersOf, templatesOf } from "../target/template.ts";
import { type CookieJar, EMPTY_JAR, withCookies, withCookieValues } from "./cookie-jar.ts";

/** What a visitor carries from answer to answer: cookies, and values captured for later templates. */
export interface VisitorMemory {
  jar: CookieJar;
  captured: Readonly<Record<string, string>>;
}

/** Where a session can sit in a visitor's memory; both empty where the target file names no session. */
export interface SessionPlaces {
  cookies: ReadonlySet<string>;
  captured: ReadonlySet<string>;
}

export const EMPTY_MEMORY: VisitorMemory = { jar: EMPTY_JAR, captured: {} };

/** Every place from which a step of this target takes a session. */
export function sessionPlacesOf(target: Target): SessionPlaces {
  const cookies = new Set<string>();
  const captured = new Set<string>();
  for (const step of target.steps) {
    if (step.session === undefined) continue;
    if ("cookie" in step.session) cookies.add(step.session.cookie);
    const place = JSON.stringify(step.session);
    for (const [name, other] of Object.entries(step.captures)) {
      if (JSON.stringify(other) === place) captured.add(name);
    }
  }
  return { cookies, captured };
}

/** What an answer gave to carry on: cookies, by the address that set them, and captured values. */
export interface Given {
  cookies: { url: string; cookies: AnsweredRequest["cookies"] }[];
  captured: Readonly<Record<string, string>>;
}

/** The memory after an answer. Who was asked with the old one keeps it. */
export function remember(memory: VisitorMemory, { cookies, captured }: Given): VisitorMemory {
  let jar = memory.jar;
  for (let at = 0; at < cookies.length; at++) jar = withCookies(jar, cookies[at]!.cookies, cookies[at]!.url);
  let isNew = false;
  for (const name in captured) isNew ||= memory.captured[name] !== captured[name];
  if (!isNew && jar === memory.jar) return memory;
  return { jar, captured: isNew ? { ...memory.captured, ...captured } : memory.captured };
}

/** Nothing that could be a session: no cookie at all, and captured sessions blank. */
export function withoutSession(memory: VisitorMemory, places: SessionPlaces): VisitorMemory {
  return {
    jar: EMPTY_JAR,
    captured: changed(memory.captured, places.captured, () => ""),
  };
}

/** The same session in shape, with other letters and digits. */
export function withForgedSession(
  memory: VisitorMemory,
  places: SessionPlaces,
  random: () => number,
): VisitorMemory {
  // A target file that names no session may still use one: then every cookie is taken for it.
  const isUnnamed = places.cookies.size === 0 && places.captured.size === 0;
  const forge = (value: string) => forged(value, random);
  return {
    jar: withCookieValues(memory.jar, (name, value) =>
      isUnnamed || places.cookies.has(name) ? forge(value) : value,
    ),
    captured: changed(memory.captured, places.captured, forge),
  };
}

/** One's own session, and everything else as the partner captured it, member ID included. */
export function withPartner(
  memory: VisitorMemory,
  places: SessionPlaces,
  partner: Readonly<Record<string, string>>,
): VisitorMemory {
  const captured: Record<string, string> = { ...memory.captured };
  for (const [name, value] of Object.entries(partner)) {
    if (!places.captured.has(name)) captured[name] = value;
  }
  return { jar: memory.jar, captured };
}

/** Whether the step says somebody's captured value other than their session, so that a partner's could stand there. */
export function namesCaptured(
  step: Step,
  captured: Readonly<Record<string, string>>,
  places: SessionPlaces,
): boolean {
  const placeholders = templatesOf(step).flatMap(placeholdersOf);
  return placeholders.some(
    (placeholder) =>
      placeholder.kind === "captured" &&
      !places.captured.has(placeholder.name) &&
      captured[placeholder.name] !== undefined,
  );
}

function changed(
  values: Readonly<Record<string, string>>,
  names: ReadonlySet<string>,
  change: (value: string) => string,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) result[name] = names.has(name) ? change(value) : value;
  return result;
}

const HEX_LOWER = "0123456789abcdef";
const DIGITS = "0123456789";
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Each letter or digit becomes another of its kind; separators, signs and percent escapes stay. */
function forged(value: string, random: () => number): string {
  const isHex = /^[0-9a-f-]+$/.test(value);
  const result = value.replace(/%[0-9A-Fa-f]{2}|[A-Za-z0-9]/g, (match) => {
    if (match.length > 1) return match;
    const alphabet = isHex ? HEX_LOWER : alphabetOf(match);
    // Never the same letter again: a session of one letter must not come out as it was.
    const step = 1 + Math.floor(random() * (alphabet.length - 1));
    return alphabet.charAt((alphabet.indexOf(match) + step) % alphabet.length);
  });
  return result;
}

function alphabetOf(character: string): string {
  if (DIGITS.includes(character)) return DIGITS;
  return LOWER.includes(character) ? LOWER : UPPER;
}

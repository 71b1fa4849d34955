import type { Place } from "../target/target.ts";
import type { OpenAnswer } from "./open-answer.ts";

/** The text at a place; null where there is none. A blank one is there: abnormal IDs look like that. */
export function readPlace(place: Place, answer: OpenAnswer): string | null {
  if ("json" in place) {
    const value = readPointer(answer.json(), place.json);
    if (typeof value === "string") return value;
    const isRounded = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
    return textOf(isRounded ? readPointer(answer.exactJson(), place.json) : value);
  }
  if ("header" in place) return answer.headers[place.header.toLowerCase()] ?? null;
  if ("cookie" in place) return readCookie(place.cookie, answer);
  if ("html" in place) return answer.selectHtml(answer.body, place.html, place.attribute ?? null);
  const match = patternOf(place.pattern).exec(answer.body);
  return match ? (match[1] ?? match[0]) : null;
}

/** RFC 6901; undefined where the pointer leads nowhere. */
export function readPointer(value: unknown, pointer: string): unknown {
  let current = value;
  const steps = stepsOf(pointer);
  for (let at = 0; at < steps.length; at++) {
    const name = steps[at]!;
    if (current === null || typeof current !== "object") return undefined;
    const inner: unknown = (current as Record<string, unknown>)[name];
    // What is text or a number is nothing that an object inherits, so that the question is rarely asked.
    if (typeof inner !== "string" && typeof inner !== "number" && !Object.hasOwn(current, name))
      return undefined;
    current = inner;
  }
  return current;
}

/** A target file has a few dozen patterns and pointers; taking one apart costs more than using it. */
const compiledPatterns = new Map<string, RegExp>();
const compiledPointers = new Map<string, readonly string[]>();

export function patternOf(source: string): RegExp {
  const known = compiledPatterns.get(source);
  if (known) return known;
  const pattern = new RegExp(source);
  compiledPatterns.set(source, pattern);
  return pattern;
}

function stepsOf(pointer: string): readonly string[] {
  const known = compiledPointers.get(pointer);
  if (known) return known;
  const steps = pointer
    .split("/")
    .slice(1)
    .map((step) => step.replace(/~1/g, "/").replace(/~0/g, "~"));
  compiledPointers.set(pointer, steps);
  return steps;
}

function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The last one counts, as in a browser. */
function readCookie(name: string, { cookies }: OpenAnswer): string | null {
  const given = cookies.filter((cookie) => cookie.name === name && !cookie.isExpired);
  return given[given.length - 1]?.value ?? null;
}

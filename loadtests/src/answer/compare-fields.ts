import type { RequestEvent } from "../events/event.ts";
import type { CanaryCodec } from "../people/canary.ts";
import { CANARY_FIELDS, type CanaryField, type FieldName, type Person } from "../people/field.ts";
import type { Place, Step } from "../target/target.ts";
import { sortCanaries } from "./canaries.ts";
import type { OpenAnswer } from "./open-answer.ts";
import { readPlace } from "./read-place.ts";

/** Compares what stands at the declared places with what the reader sent. */
export function compareFields(
  { step, person, codec }: { step: Step; person: Person; codec: CanaryCodec },
  answer: OpenAnswer,
): Pick<RequestEvent, "matched" | "mismatched"> {
  const matched: FieldName[] = [];
  const mismatched: FieldName[] = [];
  const places = placesOf(step);
  for (let at = 0; at < places.length; at++) {
    const { field, place } = places[at]!;
    const found = readPlace(place, answer);
    if (found === null) continue;
    // Nearly always; the rest of the comparison is slow in k6's engine.
    const verdict = found === person[field] ? "matched" : compareField({ field, found, person, codec });
    if (verdict === "matched") matched.push(field);
    if (verdict === "mismatched") mismatched.push(field);
  }
  return { matched, mismatched };
}

const placesByStep = new WeakMap<Step, { field: FieldName; place: Place }[]>();

/** The declared places as a list: going through the names of an object costs an iterator in k6's engine. */
function placesOf(step: Step): { field: FieldName; place: Place }[] {
  const known = placesByStep.get(step);
  if (known) return known;
  const places = Object.entries(step.fields).map(([name, place]) => ({ field: name as FieldName, place }));
  placesByStep.set(step, places);
  return places;
}

/**
 * Null where nothing can be said: blank or masked values. A field with a canary is matched by its canary alone: cut
 * or rewritten text is not somebody else's, and somebody else's canary is already a finding by itself.
 */
export function compareField(options: {
  field: FieldName;
  found: string;
  person: Person;
  codec: CanaryCodec;
}): "matched" | "mismatched" | null {
  const { field, found, person, codec } = options;
  if ((CANARY_FIELDS as readonly string[]).includes(field)) {
    const { own } = sortCanaries(codec.find(found), person, codec);
    return own.includes(field as CanaryField) ? "matched" : null;
  }
  if (found.trim() === "" || MASK.test(found)) return null;
  return isSame(field, found, person[field]) ? "matched" : "mismatched";
}

const MASK = /[*•●＊✱]{2}|x{4}/i;

function isSame(field: FieldName, found: string, sent: string): boolean {
  switch (field) {
    case "birthDate":
      return datesOf(found).includes(sent);
    case "phone":
      return phoneDigits(found) === phoneDigits(sent);
    case "postalCode":
      return found.normalize("NFKC").replace(/\D/g, "") === sent.replace(/\D/g, "");
    default:
      return fold(found) === fold(sent);
  }
}

function fold(text: string): string {
  return text.normalize("NFKC").replace(/\s+/g, " ").trim().toLowerCase();
}

/** `+81 90…` is `090…`. */
function phoneDigits(text: string): string {
  const plain = text.normalize("NFKC").trim();
  const digits = plain.replace(/\D/g, "");
  return plain.startsWith("+81") ? `0${digits.slice(2).replace(/^0/, "")}` : digits;
}

const DAY_MS = 86_400_000;

/**
 * The days a date may stand for: 1990-01-02, 1990/1/2, 19900102, 1990年1月2日. A date with a time of day went through a time
 * zone somewhere, so that the days beside it count as well.
 */
function datesOf(text: string): string[] {
  const plain = text.normalize("NFKC").trim();
  const match = /^(\d{4})\D?(\d{1,2})\D?(\d{1,2})(\D.*)?$/.exec(plain);
  if (!match) return [];
  const day = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  if (Number.isNaN(day)) return [];
  const around = /\d:\d/.test(match[4] ?? "") ? [day, day - DAY_MS, day + DAY_MS] : [day];
  return around.map((time) => new Date(time).toISOString().slice(0, 10));
}

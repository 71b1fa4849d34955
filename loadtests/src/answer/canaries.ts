import type { ForeignCanary, RequestEvent } from "../events/event.ts";
import type { CanaryCodec, FoundCanary } from "../people/canary.ts";
import { CANARY_FIELDS, type CanaryField, type Person } from "../people/field.ts";
import type { OpenAnswer } from "./open-answer.ts";

/** Sorts the canaries of body, headers and cookies into the reader's own and everybody else's, with their places. */
export function readCanaries(
  { person, codec }: { person: Person; codec: CanaryCodec },
  answer: OpenAnswer,
): Pick<RequestEvent, "own" | "foreign"> {
  const body = sortCanaries(codec.find(answer.body), person, codec);
  const head = sortCanaries(codec.find(headText(answer)), person, codec);
  return {
    own: head.own.length === 0 ? body.own : inOrder([...body.own, ...head.own]),
    foreign: [
      ...(body.foreign.length > 0 ? placesInBody(body.foreign, answer, codec) : []),
      ...(head.foreign.length > 0 ? placesInHead(answer, person, codec) : []),
    ],
  };
}

/** The shortest canary: what is shorter holds none, in whatever wrapping. */
const CANARY_CHARACTERS_MIN = 22;

/** All headers and cookies in one text: nearly always there is nothing in it whose place matters. */
function headText({ headers, cookies }: OpenAnswer): string {
  let text = "";
  const names = Object.keys(headers);
  for (let at = 0; at < names.length; at++) {
    const value = headers[names[at]!]!;
    if (value.length >= CANARY_CHARACTERS_MIN && !(names[at]! in HEADERS_OF_FIXED_FORM)) text += `${value}"`;
  }
  for (const { value } of cookies) if (value.length >= CANARY_CHARACTERS_MIN) text += `${value}"`;
  return text;
}

const HEADERS_OF_FIXED_FORM = { date: true, "content-type": true, "cache-control": true, expires: true };

function placesInHead(answer: OpenAnswer, person: Person, codec: CanaryCodec): ForeignCanary[] {
  const parts = [
    ...Object.entries(answer.headers).map(([name, text]) => ({ place: `header:${name}`, text })),
    ...answer.cookies.map(({ name, value }) => ({ place: `cookie:${name}`, text: value })),
  ];
  return parts.flatMap(({ place, text }) => at(place, sortCanaries(codec.find(text), person, codec).foreign));
}

function inOrder(fields: readonly CanaryField[]): CanaryField[] {
  return CANARY_FIELDS.filter((field) => fields.includes(field));
}

/** A pair's address is its first visitor's, and both of them sent it. */
export function sortCanaries<Found extends FoundCanary>(
  found: readonly Found[],
  person: Pick<Person, "visitor" | "emailVisitor">,
  { runTag }: Pick<CanaryCodec, "runTag">,
): { own: CanaryField[]; foreign: Found[] } {
  let own: CanaryField[] | null = null;
  const foreign: Found[] = [];
  for (let at = 0; at < found.length; at++) {
    const canary = found[at]!;
    const visitor = canary.field === "email" ? person.emailVisitor : person.visitor;
    if (canary.runTag !== runTag || canary.visitor !== visitor) foreign.push(canary);
    else if (own === null) own = [canary.field];
    else if (!own.includes(canary.field)) own.push(canary.field);
  }
  return { own: own === null ? [] : inOrder(own), foreign };
}

function at(place: string, canaries: FoundCanary[]): ForeignCanary[] {
  return canaries.map((canary) => ({ ...canary, place }));
}

/** An answer may list a whole table of strangers; who and how many is said by so many of them. */
const LEAVES_MAX = 10_000;

/** Walks the JSON only when there is a stranger in it, which is the rare, bad case. */
function placesInBody(strangers: FoundCanary[], answer: OpenAnswer, codec: CanaryCodec): ForeignCanary[] {
  const unplaced = new Map(strangers.map((canary) => [nameOf(canary), canary]));
  const placed: ForeignCanary[] = [];
  for (const { pointer, text } of leavesOf(answer.json())) {
    if (unplaced.size === 0) break;
    for (const canary of codec.find(text)) {
      if (unplaced.delete(nameOf(canary))) placed.push({ ...canary, place: `json:${pointer}` });
    }
  }
  return [...placed, ...at("body", [...unplaced.values()])];
}

function nameOf({ runTag, visitor, field }: FoundCanary): string {
  return `${runTag} ${visitor} ${field}`;
}

function leavesOf(root: unknown): { pointer: string; text: string }[] {
  const leaves: { pointer: string; text: string }[] = [];
  const open: { pointer: string; value: unknown }[] = [{ pointer: "", value: root }];
  for (let next = open.shift(); next && leaves.length < LEAVES_MAX; next = open.shift()) {
    const { pointer, value } = next;
    if (typeof value === "string") leaves.push({ pointer, text: value });
    if (value === null || typeof value !== "object") continue;
    for (const [name, inner] of Object.entries(value)) {
      const step = `${pointer}/${name.replace(/~/g, "~0").replace(/\//g, "~1")}`;
      // A canary may be the key: { "q…@crowd.example": { … } }.
      if (!Array.isArray(value)) leaves.push({ pointer: step, text: name });
      open.push({ pointer: step, value: inner });
    }
  }
  return leaves;
}

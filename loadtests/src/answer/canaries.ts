import type { ForeignCanary, RequestEvent } from "../events/event.ts";
import type { CanaryCodec, FoundCanary } from "../people/canary.ts";
import { CANARY_FIELDS, type CanaryField, type Person } from "../people/field.ts";
import type { OpenAnswer } from "./open-answer.ts";

/** Sorts the canaries of body, headers and cookies into the reader's own and everybody else's, with their places. */
export function readCanaries(
  { person, codec }: { person: Person; codec: CanaryCodec },
  answer: OpenAnswer,
): Pick<RequestEvent, "own" | "foreign"> {
  const own = new Set<CanaryField>();
  const foreign: ForeignCanary[] = [];
  const sort = (text: string, placesOf: (strangers: FoundCanary[]) => ForeignCanary[]) => {
    const sorted = sortCanaries(codec.find(text), person, codec);
    for (const field of sorted.own) own.add(field);
    if (sorted.foreign.length > 0) foreign.push(...placesOf(sorted.foreign));
  };

  sort(answer.body, (strangers) => placesInBody(strangers, answer, codec));
  for (const [name, value] of Object.entries(answer.headers)) {
    sort(`${name}: ${value}`, (strangers) => at(`header:${name}`, strangers));
  }
  for (const { name, value } of answer.cookies) {
    sort(`${name}=${value}`, (strangers) => at(`cookie:${name}`, strangers));
  }
  return { own: CANARY_FIELDS.filter((field) => own.has(field)), foreign };
}

/** A pair's address is its first visitor's, and both of them sent it. */
export function sortCanaries<Found extends FoundCanary>(
  found: readonly Found[],
  person: Pick<Person, "visitor" | "emailVisitor">,
  { runTag }: Pick<CanaryCodec, "runTag">,
): { own: CanaryField[]; foreign: Found[] } {
  const isOwn = (canary: FoundCanary) =>
    canary.runTag === runTag &&
    canary.visitor === (canary.field === "email" ? person.emailVisitor : person.visitor);
  const fields = new Set(found.filter(isOwn).map(({ field }) => field));
  return {
    own: CANARY_FIELDS.filter((field) => fields.has(field)),
    foreign: found.filter((canary) => !isOwn(canary)),
  };
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

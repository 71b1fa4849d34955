import { FIELDS, type Field, type Shown } from "./fields.ts";

/** A place of the markup that says which field it shows. */
interface Place {
  readonly field: Field;
  readonly text: string;
}

const MARK = 'data-field="';
const PLACES_MAX = 64;
const KNOWN: ReadonlySet<string> = new Set(FIELDS);
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/**
 * Every `<tag data-field="…">text</tag>`, and every `data-field="…" value="text"` (the value stands right behind), in
 * order; undefined where one holds more than text.
 */
export function placesIn(markup: string): Place[] | undefined {
  const places: Place[] = [];
  let at = markup.indexOf(MARK);
  while (at >= 0) {
    const place = placeAt(markup, at);
    if (place === undefined || places.length === PLACES_MAX) return undefined;
    places.push(place);
    at = markup.indexOf(MARK, at + MARK.length);
  }
  return places;
}

function placeAt(markup: string, at: number): Place | undefined {
  const after = markup.indexOf('"', at + MARK.length) + 1;
  const field = markup.slice(at + MARK.length, after - 1);
  if (!KNOWN.has(field)) return undefined;
  const raw = markup.startsWith(VALUE, after) ? valueAt(markup, after) : contentAt(markup, at);
  const text = raw === undefined ? undefined : unescapeText(raw);
  return text === undefined ? undefined : { field: field as Field, text };
}

const VALUE = ' value="';

function valueAt(markup: string, after: number): string | undefined {
  const to = markup.indexOf('"', after + VALUE.length);
  return to < 0 ? undefined : markup.slice(after + VALUE.length, to);
}

function contentAt(markup: string, at: number): string | undefined {
  const tag = /^<([a-z][a-z0-9]*)\s/.exec(markup.slice(markup.lastIndexOf("<", at), at))?.[1];
  const from = markup.indexOf(">", at) + 1;
  const to = markup.indexOf("<", from);
  if (tag === undefined || from === 0 || !markup.startsWith(`</${tag}>`, to)) return undefined;
  const content = markup.slice(from, to);
  // A browser takes the first line break for its own.
  return tag === "textarea" && content.startsWith("\n") ? content.slice(1) : content;
}

function unescapeText(markup: string): string | undefined {
  if (!markup.includes("&")) return markup;
  let isKnown = true;
  const text = markup.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{1,8}));|&/gi,
    (_, decimal, hex, name) => {
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      if (code <= 0x10ffff) return String.fromCodePoint(code);
      isKnown &&= ENTITIES.has(name);
      return ENTITIES.get(name) ?? "";
    },
  );
  return isKnown ? text : undefined;
}

/** The fields of places that do not show what the witness has. The number may be shown in groups; the survey one by one. */
export function differingPlaces(places: readonly Place[], witness: Shown): Field[] {
  let answers = 0;
  const differing = places.filter(({ field, text }) => {
    if (field === "number") return text.replaceAll(" ", "") !== witness.number;
    if (field !== "survey") return text !== witness.told[field];
    const answer = witness.told.survey[answers % witness.told.survey.length];
    answers += 1;
    return text !== answer;
  });
  return [...new Set(differing.map((place) => place.field))];
}

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

/** Every `<tag data-field="…">text</tag>`, in order; undefined where one holds more than text. */
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
  const field = markup.slice(at + MARK.length, markup.indexOf('"', at + MARK.length));
  const tag = /^<([a-z][a-z0-9]*)\s/.exec(markup.slice(markup.lastIndexOf("<", at), at))?.[1];
  const from = markup.indexOf(">", at) + 1;
  const to = markup.indexOf("<", from);
  if (tag === undefined || !KNOWN.has(field) || from === 0 || !markup.startsWith(`</${tag}>`, to))
    return undefined;
  const text = unescapeText(markup.slice(from, to));
  return text === undefined ? undefined : { field: field as Field, text };
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

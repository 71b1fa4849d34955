/** What an answer can show of a person. Their order is the order of the serialised profile, and of the bits in `Access.fields`. */
export const FIELDS = [
  "number",
  "email",
  "name",
  "kana",
  "kanjiName",
  "sex",
  "birthDate",
  "postalCode",
  "address",
  "phone",
  "survey",
  "message",
] as const;
export type Field = (typeof FIELDS)[number];

/** All but the number: what the person told. */
export const TOLD_FIELDS = FIELDS.slice(1) as readonly Exclude<Field, "number">[];

/** A profile as the guard reads it out of an answer: typed, and nothing else. */
export interface Shown {
  readonly number: unknown;
  /** JSON of the list of told fields, as `JSON.stringify` writes it: what fingerprint and MAC are made of. */
  readonly toldText: string;
  readonly told: Readonly<Record<Exclude<Field, "number">, string | readonly string[]>>;
}

const SURVEY_ANSWERS = 5;
const FIELD_COUNT = FIELDS.length;

/** The profile in a parsed value, or undefined where its shape is not exactly that of one. The number may be anything. */
export function readProfile(value: unknown): Shown | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  if (Object.keys(value).length !== FIELD_COUNT || !Object.hasOwn(value, "number")) return undefined;
  const own = new Map<string, unknown>(Object.entries(value));
  const told: Record<string, string | readonly string[]> = {};
  for (const field of TOLD_FIELDS) {
    const content = own.get(field);
    if (field === "survey" ? !isSurvey(content) : typeof content !== "string") return undefined;
    told[field] = content as string | readonly string[];
  }
  return {
    number: own.get("number"),
    toldText: JSON.stringify(TOLD_FIELDS.map((field) => told[field])),
    told: told as Shown["told"],
  };
}

function isSurvey(content: unknown): content is readonly string[] {
  return (
    Array.isArray(content) &&
    content.length === SURVEY_ANSWERS &&
    content.every((answer) => typeof answer === "string")
  );
}

/** Bits of a list of fields, as the access ledger keeps them. */
export function bitsOf(fields: readonly Field[]): number {
  return fields.reduce((bits, field) => bits | (1 << FIELDS.indexOf(field)), 0);
}

export const ALL_FIELDS = bitsOf(FIELDS);

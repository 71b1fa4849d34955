import { isUtf8 } from "node:buffer";
import type { PersonalFields } from "../member/profile.ts";
import { ServiceError } from "../service-error.ts";

/** The form's names for what people type. The survey's five answers are one field of a signup. */
export const FORM_FIELDS = [
  "kanjiName",
  "kana",
  "name",
  "sex",
  "birthDate",
  "email",
  "postalCode",
  "address",
  "phone",
  "survey1",
  "survey2",
  "survey3",
  "survey4",
  "survey5",
  "message",
] as const;
export type FormField = (typeof FORM_FIELDS)[number];
export const SURVEY_FIELDS = ["survey1", "survey2", "survey3", "survey4", "survey5"] as const;

/** What somebody typed, as they typed it, so that it can be given back. */
export type Typed = Readonly<Record<FormField, string>>;

export interface JoinForm {
  readonly typed: Typed;
  /** The idempotency key that was hidden in the form; blank where it is missing. */
  readonly key: string;
}

/** A urlencoded form, read by the rules of the URL standard. A name that comes twice is nobody's honest form. */
export function parseJoinForm(bytes: Buffer): JoinForm {
  if (!isUtf8(bytes)) throw unreadable();
  const form = new URLSearchParams(bytes.toString());
  const read = (name: string): string => {
    const [content = "", ...further] = form.getAll(name);
    if (further.length > 0) throw unreadable();
    return content;
  };
  const typed = Object.fromEntries(FORM_FIELDS.map((field) => [field, read(field)]));
  return { typed: typed as Typed, key: read("key") };
}

function unreadable(): ServiceError {
  return new ServiceError("invalid-input", "The form cannot be read.");
}

/** The same body that a program would have sent as JSON. */
export function signupBodyOf({ typed }: JoinForm): PersonalFields {
  const { survey1, survey2, survey3, survey4, survey5, ...fields } = typed;
  return { ...fields, survey: [survey1, survey2, survey3, survey4, survey5] };
}

/** Where a problem of a signup's field stands in the form: `survey.3` is `survey4`. */
export function formFieldOf(path: readonly PropertyKey[]): FormField | undefined {
  const [field, at] = path;
  if (field === "survey") return typeof at === "number" ? SURVEY_FIELDS[at] : undefined;
  return FORM_FIELDS.find((known) => known === field);
}

import { hash } from "node:crypto";
import { z } from "zod";
import { fingerprintOf } from "../member/identity-mac.ts";
import type { PersonalFields } from "../member/profile.ts";
import { ServiceError } from "../service-error.ts";

/** A signup whose every value has been looked at. */
export interface Signup {
  readonly fields: PersonalFields;
  readonly emailKey: string;
  readonly keyHash: string | null;
  readonly fingerprint: string;
}

/** What can be wrong with a field: a closed set, so that nothing a person sent is ever said again. */
export const PROBLEMS = [
  "has fields that are not known",
  "is too long",
  "is missing or too short",
  "has the wrong form",
  "holds control characters",
  "is not an e-mail address",
  "is not a birth date",
  "is not a postal code",
  "is not a telephone number",
  "is missing or of the wrong kind",
] as const;
export type Problem = (typeof PROBLEMS)[number];

export interface InvalidField {
  /** `["survey", 3]`; empty for the body as a whole. */
  readonly path: readonly PropertyKey[];
  readonly problem: Problem;
}

/** `invalid-input` that names the fields, for a form that shows each problem at its place. */
export class InvalidSignup extends ServiceError {
  readonly problems: readonly InvalidField[];

  constructor(problems: readonly InvalidField[]) {
    const list = problems.map(({ path, problem }) => `${path.join(".") || "body"} ${problem}`);
    super("invalid-input", `Please check: ${list.join("; ")}.`);
    this.problems = problems;
  }
}

const IDEMPOTENCY_KEY_CHARACTERS_MAX = 200;

/** One line a person typed, trimmed. PostgreSQL can store neither NUL nor half a surrogate pair. */
const line = (charactersMax: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(charactersMax)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, "holds control characters");

const SIGNUP_BODY = z.strictObject({
  email: line(254).regex(/^[^\s@]+@[^\s@]+$/, "is not an e-mail address"),
  name: line(200),
  kana: line(200),
  kanjiName: line(100),
  sex: line(20),
  // PostgreSQL has no year 0, and nobody alive was born before 1900.
  birthDate: z.iso.date().regex(/^(19|20)/, "is not a birth date"),
  postalCode: line(12).regex(/^[0-9A-Za-z -]+$/, "is not a postal code"),
  address: line(400),
  phone: line(30).regex(/^\+?[0-9 ()-]+$/, "is not a telephone number"),
  survey: z.array(line(200)).length(5),
  message: z
    .string()
    .max(2_000)
    .regex(/^(?:[^\p{Cc}\p{Cs}]|[\t\r\n])*$/u, "holds control characters"),
});

/** The body as typed values, or `invalid-input` that names the fields and never repeats what was in them. */
export function parseSignup(body: unknown, idempotencyKey: string | undefined): Signup {
  const parsed = SIGNUP_BODY.safeParse(body);
  if (!parsed.success) {
    throw new InvalidSignup(
      parsed.error.issues.map((issue) => ({ path: issue.path, problem: problemOf(issue) })),
    );
  }
  const fields = parsed.data;
  return {
    fields,
    emailKey: fields.email.toLowerCase(),
    keyHash: hashKey(idempotencyKey),
    // Of the parsed values, so that the same data in another order or with a blank more is the same body.
    fingerprint: fingerprintOf(fields),
  };
}

function hashKey(key: string | undefined): string | null {
  if (key === undefined) return null;
  if (key === "" || key.length > IDEMPOTENCY_KEY_CHARACTERS_MAX) {
    throw new ServiceError(
      "invalid-input",
      `Idempotency-Key must have 1 to ${IDEMPOTENCY_KEY_CHARACTERS_MAX} characters.`,
    );
  }
  return hash("sha256", key, "hex");
}

/** Zod's own words can hold unknown keys, which are the sender's words; only these are said. */
function problemOf(issue: z.core.$ZodIssue): Problem {
  switch (issue.code) {
    case "unrecognized_keys":
      return "has fields that are not known";
    case "too_big":
      return "is too long";
    case "too_small":
      return "is missing or too short";
    case "invalid_format":
      return PROBLEMS.find((problem) => problem === issue.message) ?? "has the wrong form";
    default:
      return "is missing or of the wrong kind";
  }
}

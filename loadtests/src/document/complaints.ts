import type { z } from "zod";
import { didYouMean } from "./did-you-mean.ts";
import { knownKeys } from "./known-keys.ts";

/** One thing wrong with a document: where, and what was found and what is expected. */
export interface Complaint {
  offset: number;
  sentence: string;
}

type Issue = z.core.$ZodIssue;
type Locate = (path: readonly PropertyKey[], part: "key" | "value") => number;

/** Every issue of a failed parse, with its place and both sides of the disagreement. */
export function complaintsOf(issues: readonly Issue[], schema: z.ZodType, locate: Locate): Complaint[] {
  return issues.flatMap((issue) => flatten(issue)).flatMap((issue) => complain(issue, schema, locate));
}

/** What zod expected, as the second half of "found …, expected …". An error text of the schema's own goes before it. */
export function expectedOf(issue: z.core.$ZodRawIssue): string {
  return `found ${describe(foundBy(issue))}, expected ${expectation(issue)}`;
}

/** The union whose branches are told apart by one key complains about that key, but hands over the whole mapping. */
function foundBy(issue: z.core.$ZodRawIssue): unknown {
  const key = issue["discriminator"];
  return typeof key === "string" ? (issue.input as Record<string, unknown>)[key] : issue.input;
}

function complain(issue: Issue, schema: z.ZodType, locate: Locate): Complaint[] {
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((key) => ({
      offset: locate([...issue.path, key], "key"),
      sentence: unknownKey([...issue.path, key], key, known),
    }));
  }
  const part = issue.code === "invalid_key" ? "key" : "value";
  const where = issue.path.length > 0 ? `${dotted(issue.path)}: ` : "";
  return [{ offset: locate(issue.path, part), sentence: where + issue.message }];
}

function unknownKey(path: PropertyKey[], key: string, known: string[]): string {
  const meant = didYouMean(key, known);
  const expected = known.length > 0 ? `expected one of: ${known.join(", ")}` : "expected no further key";
  return `${dotted(path)}: found an unknown key; ${meant ? `did you mean "${meant}"? ` : ""}${expected}`;
}

/**
 * A union reports the failure of every branch; a person meant one of them: the one whose failures lie deepest,
 * then the one with the fewest. Where none fits even at the top, they are named side by side.
 */
function flatten(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const near = issue.errors.filter(
    (branch) => !branch.some((inner) => inner.path.length === 0 && isOfWrongKind(inner)),
  );
  const [best] = near.toSorted((one, other) => depthOf(other) - depthOf(one) || one.length - other.length);
  if (!best || (near.length > 1 && depthOf(best) < 1)) return [issue];
  return best.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] } as Issue));
}

function isOfWrongKind(issue: Issue): boolean {
  return issue.code === "invalid_type" || issue.code === "invalid_value";
}

/** Keys that are missing do not count: `{ jsno: 1 }` is not nearer to `{ json }` for lacking it. */
function depthOf(branch: readonly Issue[]): number {
  return Math.max(
    0,
    ...branch.map((issue) => (issue.message.startsWith("found nothing") ? 0 : issue.path.length)),
  );
}

function expectation(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return KINDS[String(issue["expected"])] ?? String(issue["expected"]);
    case "invalid_value":
      return oneOf(issue["values"] as unknown[], issue.input);
    case "too_small":
      return `${issue["inclusive"] === false ? "more than" : "at least"} ${issue["minimum"]}${unitOf(issue)}`;
    case "too_big":
      return `${issue["inclusive"] === false ? "less than" : "at most"} ${issue["maximum"]}${unitOf(issue)}`;
    case "invalid_format":
      return issue["pattern"] ? `text like ${issue["pattern"]}` : `text in the format ${issue["format"]}`;
    case "not_multiple_of":
      return `a multiple of ${issue["divisor"]}`;
    case "invalid_union":
      return issue["options"]
        ? oneOf(issue["options"] as unknown[], foundBy(issue))
        : unionExpectation(issue);
    default:
      return "something else";
  }
}

const KINDS: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a mapping (key: value)",
  record: "a mapping (key: value)",
  array: "a list",
  null: "nothing",
};

function unionExpectation(issue: z.core.$ZodRawIssue): string {
  const branches = (issue["errors"] ?? []) as Issue[][];
  const expected = branches
    .flatMap((branch) => branch.slice(0, 1))
    .map(({ path, message }) => {
      const [, wanted = message] = message.split(", expected ");
      return path.length > 0 ? `${dotted(path)} (${wanted})` : wanted;
    });
  return expected.length > 0 ? [...new Set(expected)].join(", or ") : "one of several forms";
}

function oneOf(values: unknown[], found: unknown): string {
  if (values.length === 1) return JSON.stringify(values[0]);
  const meant = typeof found === "string" ? didYouMean(found, values.map(String)) : undefined;
  return `one of: ${values.map(String).join(", ")}${meant ? `; did you mean "${meant}"?` : ""}`;
}

function unitOf(issue: z.core.$ZodRawIssue): string {
  if (issue["origin"] === "string") return " characters";
  return issue["origin"] === "array" || issue["origin"] === "set" ? " entries" : "";
}

/** Long enough to recognise, short enough for one line. */
const DESCRIPTION_CHARACTERS_MAX = 60;

function describe(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "a mapping";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > DESCRIPTION_CHARACTERS_MAX ? `${text.slice(0, DESCRIPTION_CHARACTERS_MAX)}…` : text;
}

function dotted(path: readonly PropertyKey[]): string {
  return path
    .map((step, at) => (typeof step === "number" ? `[${step}]` : `${at > 0 ? "." : ""}${String(step)}`))
    .join("");
}

import type { Person } from "../people/field.ts";
import type { Body, JsonTemplate, Step, Target } from "./target.ts";

/** What templates are filled from. `secrets` has the values of `env:NAME` and `file:PATH`. */
export interface TemplateScope {
  person: Person;
  captured: Readonly<Record<string, string>>;
  key: string;
  secrets: Readonly<Record<string, string>>;
}

/** One `${…}` of a template. */
export type Placeholder =
  | { kind: "person" | "captured"; name: string }
  | { kind: "key" }
  | { kind: "secret"; name: string; fallback: string | null }
  | { kind: "unknown"; text: string };

/** Fills a template as it is, without any escaping. A capture that was never made is empty. */
export function fillTemplate(template: string, scope: TemplateScope): string {
  return fill(template, scope, null);
}

/** A header's value: control characters would end it, or the request. */
export function fillHeader(template: string, scope: TemplateScope): string {
  return fill(template, scope, withoutControls);
}

/**
 * Where a step is sent. Values are URL-encoded, but for one at the head of the path: that is a URL or path
 * which the target itself gave (a verification link) or the address of our mail desk, whole.
 */
export function stepUrl(target: Target, step: Step, scope: TemplateScope): string {
  const { head, rest } = splitHead(step.path);
  const path = fillTemplate(head, scope) + fill(rest, scope, encodeURIComponent);
  return /^https?:\/\//i.test(path) ? path : baseUrlOf(target, scope.secrets) + path;
}

/** The base URL with its secrets filled in, without a trailing slash. */
export function baseUrlOf(target: Target, secrets: TemplateScope["secrets"]): string {
  return fillSecrets(target.baseUrl, secrets).replace(/\/+$/, "");
}

/** Templates that belong to no person: base URL, connections, static addresses. */
export function fillSecrets(template: string, secrets: TemplateScope["secrets"]): string {
  return template.replace(PLACEHOLDER, (whole, dollar: string, inner: string) => {
    if (dollar) return whole.slice(1);
    const placeholder = parsePlaceholder(inner);
    return placeholder.kind === "secret" ? secretOf(placeholder, secrets) : whole;
  });
}

/** The body as it is sent. The boundary of a multipart body follows from the visitor: a repeated run sends the same bytes. */
export function fillBody(body: Body, scope: TemplateScope): { contentType: string; text: string } {
  if ("json" in body) {
    return { contentType: "application/json", text: fillJson(body, scope) };
  }
  if ("form" in body) {
    const pairs = Object.entries(body.form).map(
      ([name, value]) => `${encodeForm(name)}=${encodeForm(fillTemplate(value, scope))}`,
    );
    return { contentType: "application/x-www-form-urlencoded", text: pairs.join("&") };
  }
  if ("multipart" in body) {
    const boundary = `crowdproof-${scope.person.visitor}-${scope.person.key}`;
    const parts = Object.entries(body.multipart).map(
      ([name, value]) =>
        `--${boundary}\r\nContent-Disposition: form-data; name="${encodePartName(name)}"\r\n\r\n${fillTemplate(value, scope)}\r\n`,
    );
    return {
      contentType: `multipart/form-data; boundary=${boundary}`,
      text: `${parts.join("")}--${boundary}--\r\n`,
    };
  }
  return { contentType: body.contentType, text: fillTemplate(body.text, scope) };
}

/** Every template of a step: path, headers, body. */
export function templatesOf(step: Pick<Step, "path" | "headers" | "body">): string[] {
  return [step.path, ...Object.values(step.headers), ...(step.body ? stringsOf(step.body) : [])];
}

/** Every text anywhere inside a plain value. */
export function stringsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (value === null || typeof value !== "object") return [];
  return Object.values(value).flatMap(stringsOf);
}

/** What a clean-up statement says of its run: `${run}` is letters and digits alone, whatever a statement does with them. */
export function fillRun(template: string, runSuffix: string): string {
  return template.replaceAll(RUN_PLACEHOLDER, runSuffix);
}

export const RUN_PLACEHOLDER = "${run}";

export function placeholdersOf(template: string): Placeholder[] {
  const found: Placeholder[] = [];
  template.replace(PLACEHOLDER, (whole, dollar: string, inner: string) => {
    if (!dollar) found.push(parsePlaceholder(inner));
    return whole;
  });
  return found;
}

/** Parts that forms ask for one by one; made from a person's fields. */
const DERIVED: Record<string, (person: Person) => string> = {
  birthYear: ({ birthDate }) => birthDate.slice(0, 4),
  birthMonth: ({ birthDate }) => String(Number(birthDate.slice(5, 7))),
  birthDay: ({ birthDate }) => String(Number(birthDate.slice(8, 10))),
  phoneDigits: ({ phone }) => phone.replace(/\D/g, ""),
  postalCodeDigits: ({ postalCode }) => postalCode.replace(/\D/g, ""),
};
export const DERIVED_FIELDS: readonly string[] = Object.keys(DERIVED);

/** `$${` stands for the two characters themselves. */
const PLACEHOLDER = /(\$?)\$\{([^}]*)\}/g;

function parsePlaceholder(inner: string): Placeholder {
  if (inner === "key") return { kind: "key" };
  const secret = /^((?:env|file):[^:]+?)(?::-(.*))?$/.exec(inner);
  if (secret) return { kind: "secret", name: secret[1]!, fallback: secret[2] ?? null };
  const dotted = /^(person|captured)\.([A-Za-z_][\w-]*)$/.exec(inner);
  if (dotted) return { kind: dotted[1] as "person" | "captured", name: dotted[2]! };
  return { kind: "unknown", text: inner };
}

/** A template taken apart: texts, and what is filled in between them. */
type Part = string | ((scope: TemplateScope) => string);

/** A target file has a few dozen templates; taking one apart costs more than filling it. */
const takenApart = new Map<string, readonly Part[]>();

function partsOf(template: string): readonly Part[] {
  const known = takenApart.get(template);
  if (known) return known;
  const parts = takeApart(template);
  takenApart.set(template, parts);
  return parts;
}

function takeApart(template: string): Part[] {
  const parts: Part[] = [];
  let text = "";
  let end = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    const [whole, dollar, inner] = match;
    text += template.slice(end, match.index);
    end = match.index + whole.length;
    if (dollar) {
      text += whole.slice(1);
      continue;
    }
    const placeholder = parsePlaceholder(inner!);
    parts.push(text, (scope) => placeholderValue(placeholder, scope));
    text = "";
  }
  parts.push(text + template.slice(end));
  return parts.filter((part) => part !== "");
}

function fill(template: string, scope: TemplateScope, encode: ((value: string) => string) | null): string {
  if (template.indexOf("${") < 0) return template;
  const parts = partsOf(template);
  let filled = "";
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]!;
    if (typeof part === "string") filled += part;
    else filled += encode === null ? part(scope) : encode(part(scope));
  }
  return filled;
}

function placeholderValue(placeholder: Placeholder, scope: TemplateScope): string {
  switch (placeholder.kind) {
    case "person":
      return personValue(placeholder.name, scope.person);
    case "key":
      return scope.key;
    case "captured":
      return scope.captured[placeholder.name] ?? "";
    case "secret":
      return secretOf(placeholder, scope.secrets);
    case "unknown":
      throw new Error(`\${${placeholder.text}} names nothing: the target file was not checked`);
  }
}

function personValue(name: string, person: Person): string {
  const derive = DERIVED[name];
  return derive ? derive(person) : String(person[name as keyof Person]);
}

function secretOf(
  { name, fallback }: Extract<Placeholder, { kind: "secret" }>,
  secrets: TemplateScope["secrets"],
): string {
  const value = secrets[name] ?? fallback;
  if (value === null) throw new Error(`\${${name}} was not resolved before it was needed`);
  return value;
}

function splitHead(path: string): { head: string; rest: string } {
  const head = /^\$\{(captured\.|env:)[^}]*\}/.exec(path)?.[0] ?? "";
  return { head, rest: path.slice(head.length) };
}

function withoutControls(value: string): string {
  return value.replace(/[\x00-\x1f\x7f]+/g, " ");
}

/** JSON text, and templates whose values are written into it as JSON strings: `templates[n]` stands before `texts[n + 1]`. */
interface JsonOutline {
  texts: string[];
  templates: string[];
}

/** Making the whole value anew and then its text costs five times as much in k6's engine. */
const jsonOutlines = new WeakMap<Body, JsonOutline>();

function jsonOutlineOf(body: Extract<Body, { json: JsonTemplate }>): JsonOutline {
  const known = jsonOutlines.get(body);
  if (known) return known;
  const outline: JsonOutline = { texts: [""], templates: [] };
  outlineJson(outline, body.json);
  jsonOutlines.set(body, outline);
  return outline;
}

function outlineJson(outline: JsonOutline, value: JsonTemplate): void {
  const write = (text: string) => {
    outline.texts[outline.texts.length - 1] += text;
  };
  if (typeof value === "string" && value.includes("${")) {
    outline.templates.push(value);
    outline.texts.push("");
  } else if (Array.isArray(value)) {
    value.forEach((item, at) => {
      write(at === 0 ? "[" : ",");
      outlineJson(outline, item);
    });
    write(value.length === 0 ? "[]" : "]");
  } else if (value !== null && typeof value === "object") {
    const entries = Object.entries(value);
    entries.forEach(([name, item], at) => {
      write(`${at === 0 ? "{" : ","}${JSON.stringify(name)}:`);
      outlineJson(outline, item);
    });
    write(entries.length === 0 ? "{}" : "}");
  } else write(JSON.stringify(value));
}

function fillJson(body: Extract<Body, { json: JsonTemplate }>, scope: TemplateScope): string {
  const { texts, templates } = jsonOutlineOf(body);
  let filled = texts[0]!;
  for (let at = 0; at < templates.length; at++) {
    filled += JSON.stringify(fill(templates[at]!, scope, null)) + texts[at + 1]!;
  }
  return filled;
}

/** https://url.spec.whatwg.org/#application/x-www-form-urlencoded, which escapes more than encodeURIComponent. */
function encodeForm(text: string): string {
  return encodeURIComponent(text)
    .replace(/%20/g, "+")
    .replace(/[!'()~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** https://html.spec.whatwg.org/#multipart-form-data */
function encodePartName(name: string): string {
  return name.replace(/"/g, "%22").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}

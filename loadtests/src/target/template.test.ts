import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Person } from "../people/field.ts";
import type { Body, Step, Target } from "./target.ts";
import {
  baseUrlOf,
  fillBody,
  fillHeader,
  fillSecrets,
  fillTemplate,
  placeholdersOf,
  stepUrl,
  type TemplateScope,
} from "./template.ts";

const person = {
  visitor: 7,
  email: "q.a@crowd.example",
  kana: "クラ",
  birthDate: "1999-02-03",
  phone: "090-0123-4567",
  key: "key-7",
} as Person;
const scope: TemplateScope = {
  person,
  captured: { csrf: 'a"b/c&d e', link: "https://127.0.0.1/verify?t=a%2Fb" },
  key: "the key",
  secrets: { "env:TOKEN": "s3cret" },
};
const target = { baseUrl: "${env:URL:-http://127.0.0.1:3000}/api/" } as Target;
const stepOf = (path: string) => ({ path, headers: {} }) as Step;
const fillJson = (json: Extract<Body, { json: unknown }>["json"]) => fillBody({ json }, scope).text;

describe("a template", () => {
  const rows = [
    { name: "a person's field", template: "<${person.email}>", filled: "<q.a@crowd.example>" },
    {
      name: "parts of a date and a telephone number",
      template: "${person.birthYear}/${person.birthMonth}/${person.birthDay} ${person.phoneDigits}",
      filled: "1999/2/3 09001234567",
    },
    { name: "a capture", template: "${captured.csrf}", filled: 'a"b/c&d e' },
    { name: "a capture never made is blank", template: "[${captured.other}]", filled: "[]" },
    { name: "the key", template: "${key}", filled: "the key" },
    { name: "a secret", template: "Bearer ${env:TOKEN}", filled: "Bearer s3cret" },
    { name: "a default for a secret", template: "${env:NONE:-http://[::1]:80}", filled: "http://[::1]:80" },
    { name: "a blank default", template: "[${env:NONE:-}]", filled: "[]" },
    {
      name: "the characters themselves",
      template: "$${person.email} $5 {}",
      filled: "${person.email} $5 {}",
    },
    { name: "values are not filled again", template: "${captured.csrf}", filled: 'a"b/c&d e' },
  ];
  it.each(rows)("fills $name", ({ template, filled }) => {
    expect(fillTemplate(template, scope)).toBe(filled);
  });

  it("never fills what a captured value brings along", () => {
    const captured = { evil: "${env:TOKEN}" };
    expect(fillTemplate("${captured.evil}", { ...scope, captured })).toBe("${env:TOKEN}");
  });

  it("without its secret is a bug, named without any value", () => {
    expect(() => fillTemplate("${env:MISSING}", scope)).toThrow("${env:MISSING} was not resolved");
  });

  it("of a header loses line breaks that a captured value brings along", () => {
    const captured = { evil: "a\r\nX-Other: b\0" };
    expect(fillHeader("${captured.evil}", { ...scope, captured })).toBe("a X-Other: b ");
  });

  it("of nobody keeps what belongs to a person", () => {
    expect(fillSecrets("${env:TOKEN} ${person.email}", scope.secrets)).toBe("s3cret ${person.email}");
  });

  it("has placeholders that nobody knows told by their text", () => {
    expect(placeholdersOf("${nonsense}")).toEqual([{ kind: "unknown", text: "nonsense" }]);
  });
});

describe("a step's URL", () => {
  const rows = [
    {
      name: "has values encoded",
      path: "/m/${captured.csrf}?k=${person.kana}",
      url: "http://127.0.0.1:3000/api/m/a%22b%2Fc%26d%20e?k=%E3%82%AF%E3%83%A9",
    },
    {
      name: "is the target's own link, whole",
      path: "${captured.link}",
      url: "https://127.0.0.1/verify?t=a%2Fb",
    },
    { name: "may name its host", path: "https://other.example/x", url: "https://other.example/x" },
  ];
  it.each(rows)("$name", ({ path, url }) => {
    expect(stepUrl(target, stepOf(path), scope)).toBe(url);
  });

  it("begins where the environment says", () => {
    expect(baseUrlOf(target, { "env:URL": "http://127.0.0.1:9" })).toBe("http://127.0.0.1:9/api");
  });
});

describe("a body", () => {
  it("of JSON is filled at every depth and escaped as JSON", () => {
    expect(JSON.parse(fillJson({ a: ["${captured.csrf}", 1, null, { b: true }], "${key}": 2 }))).toEqual({
      a: ['a"b/c&d e', 1, null, { b: true }],
      "${key}": 2,
    });
  });

  it("of a form reads back as what was filled in, whatever that is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (value) => {
        const { text } = fillBody(
          { form: { "a b": "${captured.value}", c: "${key}" } },
          { ...scope, captured: { value } },
        );
        expect([...new URLSearchParams(text)]).toEqual([
          ["a b", value],
          ["c", "the key"],
        ]);
      }),
    );
  });

  it("of several parts is read back by another implementation, and is the same each time", async () => {
    const body = { multipart: { name: "${person.kana}", 'odd"name': "${captured.csrf}" } };
    const { contentType, text } = fillBody(body, scope);
    const form = await new Response(text, { headers: { "content-type": contentType } }).formData();
    expect([...form]).toEqual([
      ["name", "クラ"],
      ['odd"name', 'a"b/c&d e'],
    ]);
    expect(fillBody(body, scope)).toEqual({ contentType, text });
  });

  it("of text is sent as it stands", () => {
    expect(fillBody({ text: "<e>${person.email}</e>", contentType: "text/xml" }, scope)).toEqual({
      contentType: "text/xml",
      text: "<e>q.a@crowd.example</e>",
    });
  });
});

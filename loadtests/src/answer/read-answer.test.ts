import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodePrimitives } from "../engine/embedded/node-primitives.ts";
import type { AnsweredRequest, RawAnswer } from "../engine/port.ts";
import { LOSS_REASONS } from "../events/event.ts";
import { createCanaryCodec } from "../people/canary.ts";
import { createPerson } from "../people/person.ts";
import { BEHAVIOURS, type Plan } from "../plan/plan.ts";
import type { Step, Target } from "../target/target.ts";
import { type AnswerFacts, readAnswer } from "./read-answer.ts";

const PAIR = BEHAVIOURS.indexOf("pair");
const target = { emailDomain: "crowd.example" } as Target;
const plan = {
  runId: "cp-0123456789abc",
  arrivals: { behaviour: [0, 0, PAIR, PAIR], group: [0, 1, 2, 2] },
  target,
} as unknown as Plan;
const codec = createCanaryCodec({ runId: plan.runId, ...nodePrimitives });
const older = createCanaryCodec({ runId: "cp-older", ...nodePrimitives });
const [ann, ben, paul, paula] = [0, 1, 2, 3].map((visitor) => createPerson({ plan, visitor, codec })) as [
  ReturnType<typeof createPerson>,
  ReturnType<typeof createPerson>,
  ReturnType<typeof createPerson>,
  ReturnType<typeof createPerson>,
];

const signUp: Step = {
  name: "sign-up",
  role: "sign-up",
  method: "POST",
  path: "/signups",
  headers: {},
  redirects: 0,
  timeoutSeconds: 15,
  captures: {},
  means: {
    acknowledged: [{ status: [200, 201] }],
    waiting: [{ status: [202], header: { "X-Ticket": "^t-" } }],
    refused: [{ status: [503], json: { "/code": "busy" } }],
    rejected: [{ status: [422] }, { body: "already (taken|used)" }],
  },
  memberId: { json: "/number" },
  session: { cookie: "session" },
  fields: {},
};
const NOTHING: AnswerFacts = {
  class: "failed",
  reason: null,
  status: null,
  bodyBytes: 0,
  retryAfterSeconds: null,
  memberId: null,
  sessionHash: null,
  isCookieSet: false,
  own: [],
  foreign: [],
  matched: [],
  mismatched: [],
  cacheControl: null,
  age: null,
  via: null,
  xCache: null,
  originMilliseconds: null,
};
const times = { startedMicroseconds: 1, sentMicroseconds: 2, firstByteMicroseconds: 3, endedMicroseconds: 4 };

type Given = Partial<Omit<AnsweredRequest, "kind" | "body">> & { body?: unknown };
function answered({ body = "", ...rest }: Given): AnsweredRequest {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return {
    kind: "answered",
    status: 201,
    headers: {},
    cookies: [],
    times,
    bodyBytes: Buffer.byteLength(text),
    ...rest,
    body: text,
  };
}
function read(raw: RawAnswer, { step = signUp as Partial<Step>, person = ann } = {}) {
  return readAnswer({ target, step: { ...signUp, ...step }, person, codec, primitives: nodePrimitives }, raw);
}
const factsOf = (given: Given, options?: Parameters<typeof read>[1]) => read(answered(given), options).facts;
const cookie = (name: string, value: string, isExpired = false) => ({
  name,
  value,
  path: null,
  domain: null,
  isExpired,
});

describe("an answer means", () => {
  const rows: { name: string; given: Given; expected: Partial<AnswerFacts> }[] = [
    { name: "acknowledged, by status", given: {}, expected: { class: "acknowledged", reason: null } },
    {
      name: "rejected, by pattern, but acknowledged comes first",
      given: { body: "already taken" },
      expected: { class: "acknowledged" },
    },
    {
      name: "rejected, by pattern, whatever the status",
      given: { status: 409, body: "is already used" },
      expected: { class: "rejected" },
    },
    {
      name: "waiting, when status and header both say so",
      given: { status: 202, headers: { "x-ticket": "t-1" } },
      expected: { class: "waiting" },
    },
    {
      name: "failed, when only one of them does",
      given: { status: 202, headers: { "x-ticket": "no" } },
      expected: { class: "failed", reason: "unclassified" },
    },
    {
      name: "refused, with the target's own marker",
      given: { status: 503, body: { code: "busy" } },
      expected: { class: "refused" },
    },
    {
      name: "indeterminate, for a proxy's 503",
      given: { status: 503, body: "<h1>503 Service Unavailable</h1>" },
      expected: { class: "indeterminate", reason: "unmarked-5xx" },
    },
    {
      name: "indeterminate, for a 503 with another marker",
      given: { status: 503, body: { code: "indeterminate" } },
      expected: { class: "indeterminate" },
    },
    {
      name: "indeterminate, for an empty 500",
      given: { status: 500 },
      expected: { class: "indeterminate", reason: "unmarked-5xx" },
    },
    {
      name: "failed, for a page nobody declared",
      given: { status: 404, body: "<html>" },
      expected: { class: "failed", reason: "unclassified" },
    },
    { name: "failed, for a redirect nobody declared", given: { status: 302 }, expected: { class: "failed" } },
  ];
  it.each(rows)("$name", ({ given, expected }) => {
    expect(factsOf(given)).toMatchObject(expected);
  });

  it.each(LOSS_REASONS)("nothing that is known when it is lost: %s", (reason) => {
    const neverArrived = reason === "connection-refused" || reason === "not-resolved";
    expect(read({ kind: "lost", reason, times })).toEqual({
      facts: { ...NOTHING, class: neverArrived ? "failed" : "indeterminate", reason },
      captured: {},
    });
  });
});

describe("the member ID", () => {
  const rows = [
    { name: "is text", body: { number: "0012" }, id: "0012" },
    { name: "is a number", body: { number: 12 }, id: "12" },
    {
      name: "is a number longer than a double, to its last digit",
      body: '{"a":[1234567890123456780,1234567890123456781],"number": 12345678901234567891 }',
      id: "12345678901234567891",
    },
    { name: "is there when it is blank", body: { number: "" }, id: "" },
    { name: "is there when it is 0", body: { number: 0 }, id: "0" },
    { name: "is there when it is an object", body: { number: { id: 1 } }, id: '{"id":1}' },
    { name: "is not there when it is null", body: { number: null }, id: null },
    { name: "is not there in a list", body: [], id: null },
    { name: "is not there in what is no JSON", body: '{"number": "1"', id: null },
    { name: "is not a thing that every object has", body: {}, id: null, pointer: "/constructor/name" },
    {
      name: "may have a slash and a tilde in its name",
      body: { "a/b": { "~": "7" } },
      id: "7",
      pointer: "/a~1b/~0",
    },
  ];
  it.each(rows)("$name", ({ body, id, pointer = "/number" }) => {
    expect(factsOf({ body }, { step: { memberId: { json: pointer } } }).memberId).toBe(id);
  });

  it("is a fact of a refusal as well: that is what a ghost is", () => {
    const facts = factsOf({ status: 503, body: { code: "busy", number: "0012" } });
    expect(facts).toMatchObject({ class: "refused", memberId: "0012" });
  });
});

describe("what later steps need", () => {
  it("is captured from wherever it stands, and left out where it does not", () => {
    const html = `<form><input name="csrf" value="a&amp;b"><p>Hello, <b>Ann</b></p></form>`;
    const { captured, facts } = read(
      answered({
        body: html,
        headers: { location: "/x?flow=12" },
        cookies: [cookie("session", "old"), cookie("session", "new"), cookie("gone", "", true)],
      }),
      {
        step: {
          captures: {
            csrf: { html: "input[name=csrf]", attribute: "value" },
            greeting: { html: "form p" },
            location: { header: "Location" },
            session: { cookie: "session" },
            word: { pattern: "Hello, <b>(\\w+)" },
            whole: { pattern: "Hello" },
            missing: { json: "/x" },
            gone: { cookie: "gone" },
            nowhere: { html: "textarea" },
          },
          ticket: { header: "location" },
        },
      },
    );
    expect(captured).toEqual({
      csrf: "a&b",
      greeting: "Hello, Ann",
      location: "/x?flow=12",
      session: "new",
      word: "Ann",
      whole: "Hello",
      ticket: "/x?flow=12",
    });
    expect(facts.sessionHash).toBe(nodePrimitives.sha256("new").slice(0, 32));
    expect(facts.isCookieSet).toBe(true);
  });

  it("is no cookie where one is only deleted", () => {
    expect(factsOf({ cookies: [cookie("session", "", true)] })).toMatchObject({
      isCookieSet: false,
      sessionHash: null,
    });
  });
});

describe("canaries in an answer", () => {
  const profile = (person: typeof ann) => ({
    user: { mail: person.email, kana: person.kana, "a/b": [person.latinName.toUpperCase()] },
  });

  it("of the reader are their own", () => {
    expect(factsOf({ body: profile(ann) })).toMatchObject({
      own: ["email", "latinName", "kana"],
      foreign: [],
    });
  });

  it("of somebody else say whose, which field and where", () => {
    const { own, foreign } = factsOf({
      body: { ...profile(ben), mine: ann.freeText, [`by ${ben.address}`]: 1 },
      headers: { "x-user": ben.latinName, date: "Sun, 22 Nov 2026 16:00:00 GMT" },
      cookies: [cookie("profile", Buffer.from(JSON.stringify(profile(ben))).toString("base64url"))],
    });
    const at = (field: string, place: string) => ({ runTag: codec.runTag, visitor: 1, field, place });
    expect(own).toEqual(["freeText"]);
    expect(foreign).toHaveLength(8);
    expect(foreign).toEqual(
      expect.arrayContaining([
        at("email", "json:/user/mail"),
        at("kana", "json:/user/kana"),
        at("latinName", "json:/user/a~1b/0"),
        at("address", `json:/by ${ben.address}`),
        at("latinName", "header:x-user"),
        at("email", "cookie:profile"),
        at("kana", "cookie:profile"),
        at("latinName", "cookie:profile"),
      ]),
    );
  });

  it("of an older run are somebody else's, even under one's own number", () => {
    const { own, foreign } = factsOf({ body: `<p>${older.encode(0, "email")}</p>` });
    expect(own).toEqual([]);
    expect(foreign).toEqual([{ runTag: older.runTag, visitor: 0, field: "email", place: "body" }]);
  });

  it("in an address that a pair share are both people's own; the rest is not", () => {
    expect(factsOf({ body: { mail: paul.email } }, { person: paula })).toMatchObject({
      own: ["email"],
      foreign: [],
    });
    expect(factsOf({ body: { mail: paul.email, name: paul.latinName } }, { person: paula })).toMatchObject({
      own: ["email"],
      foreign: [{ visitor: 2, field: "latinName", place: "json:/name" }],
    });
  });
});

describe("compared fields", () => {
  const compare = (field: string, value: unknown) => {
    const { matched, mismatched } = factsOf(
      { body: { x: value } },
      { step: { fields: { [field]: { json: "/x" } } } },
    );
    return matched.includes(field as "sex")
      ? "matched"
      : mismatched.includes(field as "sex")
        ? "mismatched"
        : "nothing";
  };
  const [year, month, day] = ann.birthDate.split("-") as [string, string, string];
  const rows = [
    { field: "birthDate", value: ann.birthDate, is: "matched" },
    { field: "birthDate", value: `${year}/${Number(month)}/${Number(day)}`, is: "matched" },
    { field: "birthDate", value: `${year}${month}${day}`, is: "matched" },
    { field: "birthDate", value: `${year}年${Number(month)}月${Number(day)}日`, is: "matched" },
    {
      field: "birthDate",
      value: new Date(Date.parse(ann.birthDate) - 9 * 3_600_000).toISOString(),
      is: "matched",
    },
    {
      field: "birthDate",
      value: new Date(Date.parse(ann.birthDate) - 86_400_000).toISOString().slice(0, 10),
      is: "mismatched",
    },
    { field: "birthDate", value: "yesterday", is: "mismatched" },
    { field: "phone", value: `+81 ${ann.phone.slice(1)}`, is: "matched" },
    {
      field: "phone",
      value: ann.phone.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)),
      is: "matched",
    },
    { field: "phone", value: ben.phone, is: "mismatched" },
    { field: "phone", value: "090-****-1234", is: "nothing" },
    { field: "postalCode", value: ann.postalCode.replace("-", ""), is: "matched" },
    { field: "postalCode", value: ben.postalCode, is: "mismatched" },
    { field: "kanjiName", value: ` ${ann.kanjiName.replace(" ", "\u3000")}\n`, is: "matched" },
    { field: "sex", value: ann.sex.toUpperCase(), is: "matched" },
    { field: "sex", value: "", is: "nothing" },
    { field: "sex", value: null, is: "nothing" },
    { field: "latinName", value: ann.latinName.slice(0, 24), is: "matched" },
    { field: "latinName", value: ann.latinName.slice(0, 12), is: "nothing" },
    { field: "latinName", value: ben.latinName, is: "nothing" },
  ];
  it.each(rows)("$field $value: $is", ({ field, value, is }) => {
    expect(compare(field, value)).toBe(is);
  });
});

describe("headers", () => {
  const date = "Sun, 22 Nov 2026 16:00:00 GMT";
  const rows: { name: string; headers: Record<string, string>; expected: Partial<AnswerFacts> }[] = [
    { name: "Retry-After in seconds", headers: { "retry-after": "7" }, expected: { retryAfterSeconds: 7 } },
    {
      name: "Retry-After as a date, by the target's own clock",
      headers: { "retry-after": "Sun, 22 Nov 2026 16:01:30 GMT", date },
      expected: { retryAfterSeconds: 90 },
    },
    {
      name: "Retry-After in the past",
      headers: { "retry-after": "Sun, 22 Nov 2026 15:00:00 GMT", date },
      expected: { retryAfterSeconds: 0 },
    },
    {
      name: "Retry-After as a date without a Date",
      headers: { "retry-after": date },
      expected: { retryAfterSeconds: null },
    },
    {
      name: "Retry-After of nonsense",
      headers: { "retry-after": "soon" },
      expected: { retryAfterSeconds: null },
    },
    {
      name: "Retry-After below nothing",
      headers: { "retry-after": "-1" },
      expected: { retryAfterSeconds: null },
    },
    {
      name: "Server-Timing, summed",
      headers: { "server-timing": 'queue;dur=0.5, db;desc="a b";dur=2, cache' },
      expected: { originMilliseconds: 2.5 },
    },
    {
      name: "Server-Timing with a total",
      headers: { "server-timing": "db;dur=2, total;dur=3" },
      expected: { originMilliseconds: 3 },
    },
    {
      name: "Server-Timing without times",
      headers: { "server-timing": "miss" },
      expected: { originMilliseconds: null },
    },
    {
      name: "what caches say",
      headers: { "cache-control": "public", age: "3", via: "1.1 x", "x-cache": "HIT" },
      expected: { cacheControl: "public", age: "3", via: "1.1 x", xCache: "HIT" },
    },
  ];
  it.each(rows)("$name", ({ headers, expected }) => {
    expect(factsOf({ headers })).toMatchObject(expected);
  });
});

it("never throws, whatever came back", () => {
  const step: Partial<Step> = {
    captures: { a: { html: "p" }, b: { pattern: "(x)?" }, c: { json: "/0/a" }, d: { header: "x" } },
    fields: { birthDate: { json: "/a" }, phone: { json: "/b" }, email: { html: "p" } },
    ticket: { json: "" },
  };
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    fc.constantFrom(
      "",
      "\0",
      "<p",
      "null",
      "{",
      "%E3%82",
      "\\u{110000}",
      "&#x110000;",
      "&#9999999;",
      "%",
      `"${"A".repeat(33)}"`,
    ),
  );
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 100, max: 599 }),
      fc.dictionary(fc.string(), text),
      (body, status, headers) => {
        const { facts } = read(answered({ body, status, headers }), { step });
        expect(facts.foreign).toEqual([]);
      },
    ),
  );
});

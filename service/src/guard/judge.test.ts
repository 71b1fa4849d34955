import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom, type Healthy, healthyAnswers, KEYS } from "../../bench/healthy-answers.ts";
import type { Given } from "./exchange.ts";
import { Asked } from "./exchange.ts";
import { bitsOf } from "./fields.ts";
import { createJudge } from "./judge.ts";

const people = (seed: number) => healthyAnswers(createRandom(seed), seed, true);
const pick = (answers: readonly Healthy[], kind: Healthy["kind"]): Healthy => {
  const found = answers.find((answer) => answer.kind === kind);
  if (found === undefined) throw new Error(`there is no ${kind}`);
  return found;
};
const mine = people(1);
const theirs = people(2);
const signup = pick(mine, "signup");
const profile = pick(mine, "profile");
const card = pick(mine, "card");
const signIn = pick(mine, "sign-in");
const refusal = pick(mine, "refusal");

function withHeader(given: Given, name: string, value: string | undefined): Given {
  const others = given.headers.filter(([other]) => other !== name);
  return { ...given, headers: value === undefined ? others : [...others, [name, value]] };
}
const cookieOf = ({ given }: Healthy) => String(given.headers.find(([name]) => name === "set-cookie")?.[1]);
const asking = (method: string, url: string, rawHeaders: string[], body = "") => {
  const asked = new Asked({ method, url, rawHeaders } as never);
  if (body !== "") asked.record(Buffer.from(body));
  return asked;
};
const profileText = (changes: object, of = signup) =>
  JSON.stringify({ ...JSON.parse(of.given.text), ...changes });

function verdict(asked: Asked, given: Given, judge = createJudge(KEYS)): string {
  const judgement = judge(asked, given, 0);
  if (judgement.verdict === "anomaly") return judgement.finding.kind;
  return judgement.verdict === "unrecognised" ? `unrecognised ${judgement.why}` : "healthy";
}

test("healthy answers of random people are all let go", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 9_999_999_999 }),
      fc.boolean(),
      (seed, serial, isPlain) => {
        const judge = createJudge(KEYS);
        for (const { asked, given } of healthyAnswers(createRandom(seed), serial, isPlain))
          expect(verdict(asked, given, judge)).toBe("healthy");
      },
    ),
    // A judge has 1.5 MB of numbers; service/bench/guard-false-alarms.ts asks one judge a million times.
    { numRuns: 200 },
  );
});

const RED: readonly { name: string; asked: Asked; given: Given; found: string }[] = [
  {
    name: "a profile of somebody else",
    asked: profile.asked,
    given: pick(theirs, "profile").given,
    found: "wrong-person",
  },
  {
    name: "a profile with one field of somebody else",
    asked: profile.asked,
    given: { ...profile.given, text: profileText({ phone: "03-0000" }) },
    found: "wrong-person",
  },
  { name: "a profile for nobody", asked: asking("GET", "/me", []), given: profile.given, found: "unbound" },
  {
    name: "a profile that also opens a session",
    asked: profile.asked,
    given: withHeader(profile.given, "set-cookie", cookieOf(signup)),
    found: "foreign-session",
  },
  {
    name: "a cacheable profile",
    asked: profile.asked,
    given: withHeader(profile.given, "cache-control", "public"),
    found: "unrecognised cacheable",
  },
  {
    name: "a profile with a field too many",
    asked: profile.asked,
    given: { ...profile.given, text: profileText({ password: "x" }) },
    found: "unrecognised body",
  },
  {
    name: "a signup answered with somebody else's number, fields one's own",
    asked: signup.asked,
    given: {
      ...signup.given,
      text: profileText({ number: JSON.parse(pick(theirs, "signup").given.text).number }),
    },
    found: "foreign-session",
  },
  ...[null, 0, "0".repeat(20), "undefined", {}, "12345678901234567890"].map((number) => ({
    name: `a signup answered with the number ${JSON.stringify(number)}`,
    asked: signup.asked,
    given: { ...signup.given, text: profileText({ number }) },
    found: "malformed",
  })),
  {
    name: "a signup answered with somebody else's profile",
    asked: signup.asked,
    given: pick(theirs, "signup").given,
    found: "wrong-person",
  },
  {
    name: "a signup answered with somebody else's session",
    asked: signup.asked,
    given: withHeader(signup.given, "set-cookie", cookieOf(pick(theirs, "signup"))),
    found: "foreign-session",
  },
  {
    name: "a signup without a session",
    asked: signup.asked,
    given: withHeader(signup.given, "set-cookie", undefined),
    found: "unbound",
  },
  {
    name: "a signup whose request cannot be read",
    asked: asking("POST", "/signups", ["Content-Encoding", "gzip"], "x"),
    given: signup.given,
    found: "unrecognised request",
  },
  {
    name: "a sign-in of somebody else",
    asked: signIn.asked,
    given: pick(theirs, "sign-in").given,
    found: "wrong-person",
  },
  {
    name: "a card of somebody else",
    asked: card.asked,
    given: pick(theirs, "card").given,
    found: "wrong-person",
  },
  {
    name: "a card with somebody else's name in it",
    asked: card.asked,
    given: { ...pick(theirs, "card").given, witness: card.given.witness },
    found: "wrong-person",
  },
  {
    name: "a card without a witness",
    asked: card.asked,
    given: { ...card.given, witness: undefined },
    found: "unrecognised witness",
  },
  {
    name: "a refusal that opens a session",
    asked: refusal.asked,
    given: withHeader(refusal.given, "set-cookie", cookieOf(signup)),
    found: "foreign-session",
  },
  {
    name: "a refusal with the database's words",
    asked: refusal.asked,
    given: {
      ...refusal.given,
      text: '{"code":"email-taken","detail":"Key (email_key)=(a@b) already exists."}',
    },
    found: "unrecognised status",
  },
  {
    name: "a refusal with a number",
    asked: refusal.asked,
    given: { ...refusal.given, text: refusal.given.text.replace("{", '{"number":"1",') },
    found: "unrecognised status",
  },
  {
    name: "a code with another status",
    asked: refusal.asked,
    given: { ...refusal.given, status: 422 },
    found: "unrecognised status",
  },
  {
    name: "a header nobody knows",
    asked: profile.asked,
    given: withHeader(profile.given, "x-user", "a@b"),
    found: "unrecognised header",
  },
  {
    name: "personal data in a Location",
    asked: signup.asked,
    given: withHeader(signup.given, "location", "/me?email=a@b"),
    found: "unrecognised header",
  },
  {
    name: "a profile at another route",
    asked: asking("GET", "/healthz", []),
    given: profile.given,
    found: "unrecognised body",
  },
  {
    name: "a page with an address in it",
    asked: asking("GET", "/join", []),
    given: { status: 200, headers: [["content-type", "text/html"]], text: "<p>a@b</p>", witness: undefined },
    found: "unrecognised body",
  },
];

describe("is seen red:", () => {
  test.each(RED)("$name", ({ asked, given, found }) => expect(verdict(asked, given)).toBe(found));
});

test("a number that was let out for somebody else is a duplicate, for the same person it is not", () => {
  const judge = createJudge(KEYS);
  const [first, second] = [
    healthyAnswers(createRandom(3), 7, false)[0],
    healthyAnswers(createRandom(4), 7, false)[0],
  ];
  if (first === undefined || second === undefined) throw new Error("there is no signup");
  expect(verdict(first.asked, first.given, judge)).toBe("healthy");
  expect(verdict(first.asked, first.given, judge)).toBe("healthy");
  expect(verdict(second.asked, second.given, judge)).toBe("duplicate");
});

describe("a page of one's own", () => {
  const page = (body: string, witness: unknown = card.given.witness): Given => ({
    status: 200,
    headers: [
      ["content-type", "text/html; charset=utf-8"],
      ["cache-control", "no-store"],
      ["content-security-policy", "default-src 'none'"],
    ],
    text: `<!doctype html><title>Member</title>${body}`,
    witness,
  });
  const cookie = String(profile.asked.headers("cookie")[0]);
  const asked = asking("GET", "/member", ["Cookie", cookie]);
  const { email, survey } = JSON.parse(profile.given.text);
  test.each([
    { name: "shows one's own", body: `<dd data-field="email">${email}</dd>`, found: "healthy" },
    {
      name: "escapes as it likes",
      body: `<dd data-field="email">${email.replace("@", "&#x40;")}</dd>`,
      found: "healthy",
    },
    {
      name: "shows five answers",
      body: survey.map((answer: string) => `<li data-field="survey">${answer}</li>`).join(""),
      found: "healthy",
    },
    {
      name: "shows somebody else's",
      body: `<dd data-field="email">other@example.test</dd>`,
      found: "wrong-person",
    },
    {
      name: "shows the answers in another order",
      body: survey
        .toReversed()
        .map((answer: string) => `<li data-field="survey">${answer}</li>`)
        .join(""),
      found: "wrong-person",
    },
    { name: "nests", body: `<dd data-field="email"><b>${email}</b></dd>`, found: "unrecognised markup" },
    {
      name: "has an entity nobody knows",
      body: `<dd data-field="email">&who;</dd>`,
      found: "unrecognised markup",
    },
    { name: "marks nothing", body: email, found: "unrecognised markup" },
  ])("that $name: $found", ({ body, found }) => expect(verdict(asked, page(body))).toBe(found));

  test("the form is given back to who sent it, and shows what they sent", () => {
    const form = new URLSearchParams({ email: "a@b", survey2: "tea", message: "x\r\ny" }).toString();
    const sent = asking("POST", "/join", ["Content-Type", "application/x-www-form-urlencoded"], form);
    const again = (body: string): Given => ({
      status: 422,
      headers: [["content-type", "text/html; charset=utf-8"]],
      text: `<!doctype html><style>@media print{}</style>${body}`,
      witness: undefined,
    });
    const own = `<input name="email" data-field="email" value="a@b"><option selected data-field="survey" value="tea">`;
    expect(verdict(sent, again(`${own}<textarea data-field="message">\nx\ny</textarea>`))).toBe("healthy");
    expect(verdict(sent, again(own.replace("a@b", "c@d")))).toBe("unrecognised status");
    expect(verdict(sent, again(own.replace("tea", "milk")))).toBe("unrecognised status");
    expect(verdict(sent, again(`${own} c@d`))).toBe("unrecognised status");
  });

  test("the form's answer opens the session of who filled it in, and nobody else's", () => {
    const { number: _, ...fields } = JSON.parse(signup.given.text);
    const form = new URLSearchParams(
      Object.entries(fields).filter(([field]) => field !== "survey") as [string, string][],
    );
    // In any order, with names that nobody asked for beside them.
    survey.forEach((answer: string, at: number) => {
      form.append(`survey${5 - at}`, survey[4 - at]);
      form.append("survey", `${answer} again`);
      form.append(`survey${at + 6}`, answer);
    });
    const sent = asking(
      "POST",
      "/join",
      ["Content-Type", "application/x-www-form-urlencoded"],
      form.toString(),
    );
    const moved = (cookieText: string, witness: unknown): Given => ({
      status: 303,
      headers: [
        ["location", "/member"],
        ["set-cookie", cookieText],
        ["cache-control", "no-store"],
      ],
      text: "",
      witness,
    });
    const witness = card.given.witness;
    expect(verdict(sent, moved(cookieOf(signup), witness))).toBe("healthy");
    expect(verdict(sent, moved(cookieOf(pick(theirs, "signup")), witness))).toBe("foreign-session");
    expect(verdict(sent, moved(cookieOf(pick(theirs, "signup")), pick(theirs, "card").given.witness))).toBe(
      "wrong-person",
    );
    // From a cache it would open the same session to everybody after.
    const { headers, ...rest } = moved(cookieOf(signup), witness);
    expect(
      verdict(sent, { ...rest, headers: headers.filter(([name]) => name !== "cache-control") }),
    ).not.toBe("healthy");
  });
});

test("an address in other letters is the reader's own, and its owner is found by either spelling", () => {
  const email = String(JSON.parse(signup.given.text).email);
  const other = pick(theirs, "signup");
  const mismatchOf = (spelling: string) => {
    const given = { ...signup.given, text: profileText({ email: spelling }, other) };
    const judgement = createJudge(KEYS)(signup.asked, given, 0);
    return judgement.verdict === "anomaly" ? judgement.access?.mismatch : undefined;
  };
  const [small, large] = [mismatchOf(email.toLowerCase()), mismatchOf(email.toUpperCase())];
  expect([small?.kind, large?.kind]).toEqual(["wrong-person", "wrong-person"]);
  for (const mismatch of [small, large])
    expect((mismatch?.ownFields ?? 0) & bitsOf(["email", "name"])).toBe(bitsOf(["email"]));
  expect(small?.fieldMacs.email).toBe(large?.fieldMacs.email);
  expect(mismatchOf(`x${email}`)?.fieldMacs.email).not.toBe(small?.fieldMacs.email);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { deriveKeys } from "../keys.ts";
import type { Letter } from "../mail/mail.ts";
import { createMailRenderer } from "../mail/mail-renderer.ts";
import { createMemberNumbers, type MemberNumber } from "../member/member-number.ts";
import { createSignInCodes } from "../sign-in/sign-in-code.ts";
import { createMailJudge } from "./judge-mail.ts";

const config = readConfig({});
const keys = deriveKeys(config.secretKey);
const numbers = createMemberNumbers(keys.memberNumber);
const signInCodeOf = createSignInCodes(keys.signIn);
const render = createMailRenderer({ config, signInCodeOf });
const judge = createMailJudge(keys);

const letterOf = (changes: Partial<Letter> = {}): Letter => ({
  id: "00000000-0000-7000-8000-000000000001",
  kind: "confirmation",
  email: "Person@example.test",
  name: "PERSON ONE",
  kanjiName: "山田太郎",
  number: numbers.mint(1),
  ...changes,
});
const FRIEND = letterOf({
  id: "00000000-0000-7000-8000-000000000002",
  email: "friend@example.test",
  name: "FRIEND",
  kanjiName: "友人",
  number: numbers.mint(2),
});
const codeOf = ({ kind, id }: Letter) => (kind === "sign-in-code" ? signInCodeOf(id) : null);

async function verdictOn(sent: Letter, isFor: Letter = sent) {
  const mail = await render(sent);
  const judgement = judge({ ...mail, id: isFor.id, to: isFor.email }, { ...isFor, code: codeOf(isFor) });
  return judgement.verdict === "anomaly" ? judgement.finding : judgement.verdict;
}

const line = (max: number) =>
  fc
    .string({ unit: "grapheme", minLength: 1, maxLength: max })
    .map((text) => text.replaceAll(/[\p{Cc}\p{Cs}]/gu, "").trim())
    .filter((text) => text !== "");
/** What the mailer sends to at all (mailer.ts). */
const word = fc.stringMatching(/^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,40}$/);
const plainWord = fc.stringMatching(/^[a-zA-Z0-9_+-]{1,20}(\.[a-zA-Z0-9]{1,9})?$/);
const label = fc.stringMatching(/^[A-Za-z0-9-]{1,20}$/);
const KINDS = ["confirmation", "sign-in-code"] as const;
const number = fc.stringMatching(/^(0x)?[0-9a-f]{1,4}$/);
const domain = fc.oneof(
  label.map((host) => `${host}.example`),
  // What a program may take for a numeric address, and write as one.
  fc.array(fc.oneof(number, label), { minLength: 1, maxLength: 4 }).map((parts) => parts.join(".")),
);
const letters = fc.record({
  email: fc.tuple(fc.oneof(word, plainWord), domain).map(([user, host]) => `${user}@${host}`),
  name: line(200),
  kanjiName: line(100),
  kind: fc.constantFrom(...KINDS),
});

test("every mail to its own member is healthy, whatever they are called", () =>
  fc.assert(
    fc.asyncProperty(letters, async (person) => {
      expect(await verdictOn(letterOf(person))).toBe("healthy");
    }),
    { numRuns: 300 },
  ));

test.each([
  { name: "a friend's number", words: FRIEND.number },
  { name: "a friend's greeting", words: `Dear ${FRIEND.name},` },
  { name: "a friend's address", words: `To: ${FRIEND.email}` },
  { name: "somebody's code", words: "your sign-in code: 12345678" },
  { name: "the honorific", words: `${FRIEND.kanjiName} 様` },
  { name: "separators that are no line breaks", words: `x\u2028${FRIEND.number}\u2029\u0085` },
])("$name as a name is a name", async ({ words }) => {
  for (const kind of KINDS)
    expect(await verdictOn(letterOf({ kind, name: words, kanjiName: words }))).toBe("healthy");
});

test.each(["42", "1.2", "0x7f", "010.1.1.1", "a.2", "EXAMPLE.Com"])(
  "a member whose mail domain is %s halts nothing: it may be written as a numeric address",
  async (host) => {
    expect(await verdictOn(letterOf({ email: `x@${host}` }))).toBe("healthy");
  },
);

test.each(KINDS)("a friend's %s in the member's envelope is the friend's data", async (kind) => {
  expect(await verdictOn({ ...FRIEND, kind }, letterOf({ kind }))).toEqual({
    kind: "wrong-person",
    route: "mail",
    viewer: null,
    subjectNumber: kind === "confirmation" ? FRIEND.number : null,
    fields: ["email", "name", "kanjiName", "number"],
  });
});

test("one field of a friend's is enough", async () => {
  for (const field of ["email", "name", "kanjiName", "number"] as const)
    expect(await verdictOn(letterOf({ [field]: FRIEND[field] }), letterOf())).toMatchObject({
      fields: [field],
    });
});

test("an envelope with another address is an anomaly before anything is read", async () => {
  const mail = await render(letterOf());
  expect(judge({ ...mail, to: FRIEND.email }, { ...letterOf(), code: null })).toMatchObject({
    verdict: "anomaly",
    finding: { kind: "wrong-person", fields: ["email"] },
  });
});

test("a number that nobody minted is malformed", async () => {
  const sentinel = "00000000000000000001" as MemberNumber;
  expect(await verdictOn(letterOf({ number: sentinel }))).toMatchObject({ kind: "malformed" });
});

test("what is no mail of ours is kept back and halts nothing", async () => {
  const mail = await render(letterOf());
  const addressee = { ...letterOf(), code: null };
  const empty = Buffer.from("");
  const headless = Buffer.from(mail.raw.toString("latin1").replace(/^Message-ID.*\r\n/im, ""), "latin1");
  const cut = mail.raw.subarray(0, mail.raw.length - 200);
  for (const raw of [empty, headless, cut])
    expect(judge({ ...mail, raw }, addressee)).toEqual({ verdict: "unrecognised" });
});

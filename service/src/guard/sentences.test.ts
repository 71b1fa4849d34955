import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { STATUS_OF_CODE as SERVICE_STATUS_OF_CODE } from "../service-error.ts";
import { FIELDS } from "./fields.ts";
import { isKnownSentence, STATUS_OF_CODE } from "./sentences.ts";

/** What becomes an error's detail: literals given to ServiceError, and to the functions that make one. */
const SAID = /(?:new ServiceError\(|busy\()\s*(?:"[a-z-]+",\s*)?(["`])((?:(?!\1)[^\\]|\\.)+)\1/g;

const said = globSync("service/src/{!(admin|faults|guard)/**/,}*.ts", { exclude: ["**/*.test.ts"] }).flatMap(
  (file) => [...readFileSync(file, "utf8").matchAll(SAID)].map(([, , sentence = ""]) => ({ file, sentence })),
);

describe("the guard knows what the service says:", () => {
  test("sentences are found in the sources", () => expect(said.length).toBeGreaterThan(20));

  test.each(said)("$file: $sentence", ({ sentence }) => {
    // What is put in is a number, a known reason or a list of known problems; each of those stands in a row below.
    if (sentence.includes("${")) return;
    expect(
      isKnownSentence(sentence) ||
        isKnownSentence(`${sentence}. Nothing was registered; please come back later.`),
    ).toBe(true);
  });

  test("every code with its status, and no other", () =>
    expect(Object.fromEntries(STATUS_OF_CODE)).toEqual(SERVICE_STATUS_OF_CODE));

  test.each([
    "Idempotency-Key must have 1 to 200 characters.",
    "The body has more than 32768 bytes.",
    "Please check: email is not an e-mail address; survey.3 is too long; body has fields that are not known.",
    "Please check: email, code.",
  ])("%s", (sentence) => expect(isKnownSentence(sentence)).toBe(true));
});

test.each([
  "This cannot be registered. Key (email_key)=(someone@example.test) already exists.",
  "Please check: someone@example.test is too long.",
  "Please check: email is too long; Yamada Taro.",
  "Please check: .",
  "The body has more than 09012345678 bytes.",
  "The body has more than 00000000010000000097 bytes.",
  "constructor",
  "",
])("nobody says: %s", (sentence) => expect(isKnownSentence(sentence)).toBe(false));

test("the fields are those of the profile, in its order", () => {
  const text = readFileSync("service/src/member/read-profile.sql", "utf8").replace(/--.*/g, "");
  const columns = /select([\s\S]*)from/
    .exec(text)?.[1]
    ?.split(",")
    .map((column) => /(\w+)"?\s*$/.exec(column)?.[1]);
  expect(columns).toEqual([...FIELDS]);
});

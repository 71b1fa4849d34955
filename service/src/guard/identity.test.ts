import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deriveKeys } from "../keys.ts";
import { createIdentityMac, fingerprintOf } from "../member/identity-mac.ts";
import { createMemberNumbers, SERIAL_MAX } from "../member/member-number.ts";
import type { PersonalFields } from "../member/profile.ts";
import { createSessionTokens, hashSessionToken } from "../session/session-token.ts";
import { readProfile, TOLD_FIELDS } from "./fields.ts";
import { createIdentity } from "./identity.ts";
import { scanProfile } from "./scan-profile.ts";

const keys = deriveKeys("a key for the tests of the guard, only");
const numbers = createMemberNumbers(keys.memberNumber);
const macOf = createIdentityMac(keys.identity);
const createToken = createSessionTokens(keys.session);
const identity = createIdentity(keys);

const line = fc.string({ unit: "binary", minLength: 1, maxLength: 60 });
const people: fc.Arbitrary<PersonalFields> = fc.record({
  email: line,
  name: line,
  kana: line,
  kanjiName: line,
  sex: line,
  birthDate: line,
  postalCode: line,
  address: line,
  phone: line,
  survey: fc.array(line, { minLength: 5, maxLength: 5 }),
  message: fc.string({ unit: "binary", maxLength: 300 }),
});
const serials = fc.integer({ min: 1, max: SERIAL_MAX });

describe("the guard's formats are the service's, though they share no code:", () => {
  test("numbers", () => {
    fc.assert(
      fc.property(serials, fc.nat(19), fc.nat(9), (serial, at, digit) => {
        const number = numbers.mint(serial);
        expect(identity.isMinted(number)).toBe(true);
        const mistyped = number.slice(0, at) + digit + number.slice(at + 1);
        expect(identity.isMinted(mistyped)).toBe(mistyped === number);
      }),
    );
  });

  test("identity MACs, tokens and their hashes", () => {
    fc.assert(
      fc.property(serials, people, people, (serial, person, other) => {
        const number = numbers.mint(serial);
        const text = JSON.stringify({ number, ...person });
        const mac = macOf(number, fingerprintOf(person));
        for (const read of [scanProfile(text), readProfile(JSON.parse(text))])
          expect(identity.macOf(number, read?.toldText ?? "")).toBe(mac);
        const token = createToken(mac);
        expect(identity.isBound(token, mac)).toBe(true);
        expect(identity.viewerOf(token)).toBe(hashSessionToken(token).slice(0, 32));
        const otherMac = macOf(number, fingerprintOf(other));
        expect(identity.isBound(token, otherMac)).toBe(otherMac === mac);
      }),
    );
  });

  test.each([undefined, null, 0, -1, Number.NaN, "", "0".repeat(20), "9".repeat(20), {}, ["1"]])(
    "%j is no number",
    (value) => expect(identity.isMinted(value)).toBe(false),
  );
});

test("the quick look reads what a parser reads, or nothing", () => {
  const texts = fc
    .tuple(serials, people, fc.nat(3), fc.nat(1_000), fc.string({ maxLength: 3 }))
    .map(([serial, person, kind, at, noise]) => {
      const text = JSON.stringify({ number: numbers.mint(serial), ...person });
      if (kind === 0) return text;
      // Somewhere in it a few characters more, less or others.
      return text.slice(0, at % text.length) + noise + text.slice((at % text.length) + (kind - 1));
    });
  fc.assert(
    fc.property(texts, (text) => {
      const scanned = scanProfile(text);
      if (scanned === undefined) return;
      let parsed: unknown;
      try {
        parsed = JSON.parse(text);
      } catch {
        return; // A raw control character: the text is no JSON, and its MAC is that of no member.
      }
      const values: unknown = JSON.parse(scanned.toldText);
      const read = readProfile(parsed);
      expect(scanned.number).toBe(read?.number);
      expect(values).toEqual(TOLD_FIELDS.map((field) => read?.told[field]));
    }),
    { numRuns: 2_000 },
  );
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createIdJudge } from "./well-formed-id.ts";

const anything = createIdJudge({ pattern: "[\\s\\S]*" });

describe("an ID that a missing value turned into", () => {
  it.each([
    ...[
      "undefined",
      "null",
      "NaN",
      "0",
      "-1",
      "[object Object]",
      "",
      " ",
      "000000000000",
      "true",
      "1.2345678901234568e+21",
      "42.0",
    ],
    ...[
      "00000000-0000-0000-0000-000000000000",
      "ffffffff-ffff-ffff-ffff-ffffffffffff",
      "FFFFFFFF",
      "9007199254740992",
    ],
  ])("is malformed whatever the pattern: %j", (memberId) => {
    expect(anything(memberId)).not.toBeNull();
  });

  it.each(["10", "A-17", "018f3c1e-7c00-7000-8000-000000000001", "0001", "beef"])(
    "is none of these: %j",
    (memberId) => {
      expect(anything(memberId)).toBeNull();
    },
  );
});

describe("the declared pattern", () => {
  it("is of the whole ID, with JavaScript's own syntax", () => {
    const judge = createIdJudge({ pattern: "^(?!0{10})[0-9]{12}$" });
    expect(judge("123456789012")).toBeNull();
    expect(judge("x123456789012")).toBe("not of the declared pattern");
    expect(judge("000000000012")).toBe("not of the declared pattern");
    expect(createIdJudge({ pattern: "[0-9]{3}" })("1234")).toBe("not of the declared pattern");
    expect(createIdJudge({ pattern: "a|ab" })("ab")).toBeNull();
  });
});

describe("check characters", () => {
  const judgeOf = (checkCharacters: "iso7064-mod97-10" | "luhn" | "damm") =>
    createIdJudge({ pattern: ".*", checkCharacters });

  it.each([
    // The IBAN of ISO 13616's example with its head moved behind; ISO/IEC 7812 and Damm's own examples.
    { kind: "iso7064-mod97-10", right: "WEST12345698765432GB82", wrong: "WEST12345698765432GB28" },
    { kind: "luhn", right: "79927398713", wrong: "79927398710" },
    { kind: "damm", right: "5724", wrong: "5742" },
  ] as const)("$kind: $right is right, $wrong is not", ({ kind, right, wrong }) => {
    expect([judgeOf(kind)(right), judgeOf(kind)(wrong)]).toEqual([null, "wrong check characters"]);
  });

  it.each(["iso7064-mod97-10", "damm"] as const)(
    "%s finds every swap of neighbours and every wrong digit",
    (kind) => {
      const judge = judgeOf(kind);
      const serials = fc.integer({ min: 100_000, max: 999_999 });
      fc.assert(
        fc.property(serials, fc.nat({ max: 5 }), fc.integer({ min: 1, max: 9 }), (serial, place, step) => {
          const right = withCheck(String(serial), judge);
          const digits = [...right];
          digits[place] = String((Number(digits[place]) + step) % 10);
          expect(judge(digits.join(""))).not.toBeNull();
          const swapped = [...right];
          [swapped[place], swapped[place + 1]] = [right[place + 1]!, right[place]!];
          if (swapped.join("") !== right) expect(judge(swapped.join(""))).not.toBeNull();
        }),
      );
    },
  );
});

/** The first of all endings of up to two digits that the judge takes. */
function withCheck(serial: string, judge: (memberId: string) => string | null): string {
  for (let check = 0; check < 100; check++) {
    for (const ending of [String(check), String(check).padStart(2, "0")]) {
      if (judge(serial + ending) === null) return serial + ending;
    }
  }
  throw new Error(`no check characters fit ${serial}`);
}

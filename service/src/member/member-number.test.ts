import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemberNumbers, SERIAL_MAX } from "./member-number.ts";

const numbers = createMemberNumbers(Buffer.alloc(32, 7));
const serials = fc.integer({ min: 1, max: SERIAL_MAX });

test("what was minted is recognised, and is 20 digits that leave 1 modulo 97", () => {
  fc.assert(
    fc.property(serials, (serial) => {
      const number = numbers.mint(serial);
      expect(numbers.parse(number)).toBe(number);
      expect(number).toMatch(/^[0-9]{20}$/);
      expect(BigInt(number) % 97n).toBe(1n);
    }),
  );
});

test("two serials never have one number", () => {
  fc.assert(
    fc.property(serials, serials, (a, b) => {
      expect(numbers.mint(a) === numbers.mint(b)).toBe(a === b);
    }),
  );
});

test("one wrong digit, or two that changed places, is not a number", () => {
  fc.assert(
    fc.property(serials, fc.nat(19), fc.nat(9), (serial, at, digit) => {
      const number = numbers.mint(serial);
      const mistyped = number.slice(0, at) + digit + number.slice(at + 1);
      if (mistyped !== number) expect(numbers.parse(mistyped)).toBeUndefined();
      const swapped =
        number.slice(0, at) + (number[at + 1] ?? "") + (number[at] ?? "") + number.slice(at + 2);
      if (swapped !== number) expect(numbers.parse(swapped)).toBeUndefined();
    }),
  );
});

test("well-formed check characters without the key's tag are not enough", () => {
  const forged = createMemberNumbers(Buffer.alloc(32, 8)).mint(1);
  expect(BigInt(forged) % 97n).toBe(1n);
  expect(numbers.parse(forged)).toBeUndefined();
});

test.each([
  { name: "undefined", value: undefined },
  { name: "null", value: null },
  { name: "NaN", value: Number.NaN },
  { name: "the text undefined", value: "undefined" },
  { name: "the text null", value: "null" },
  { name: "the text NaN", value: "NaN" },
  { name: "an object", value: {} },
  { name: "an object as text", value: "[object Object]" },
  { name: "nothing", value: "" },
  { name: "zero", value: 0 },
  { name: "zero as text", value: "0" },
  { name: "minus one", value: "-1" },
  { name: "all zeros", value: "0".repeat(20) },
  { name: "all nines", value: "9".repeat(20) },
  { name: "the all-zero UUID", value: "00000000-0000-0000-0000-000000000000" },
  { name: "the all-F UUID", value: "ffffffff-ffff-ffff-ffff-ffffffffffff" },
  { name: "a number cut short", value: numbers.mint(1_234_567_890).slice(0, 19) },
  { name: "a number with a blank", value: `${numbers.mint(5)} ` },
  { name: "a number with a line break", value: `${numbers.mint(5)}\n` },
  { name: "a number rounded by a float", value: BigInt(Number(numbers.mint(1_234_567_890))).toString() },
  { name: "a number in other digits", value: numbers.mint(5).replaceAll("0", "０") },
])("$name is never a member number", ({ value }) => {
  expect(numbers.parse(value)).toBeUndefined();
});

test.each([0, -1, 1.5, Number.NaN, SERIAL_MAX + 1])("no number is minted for the serial %s", (serial) => {
  expect(() => numbers.mint(serial)).toThrow(RangeError);
});

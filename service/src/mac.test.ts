import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createMac } from "./mac.ts";

const expected = (key: Uint8Array, text: string) => createHmac("sha256", key).update(text).digest("hex");

test("a MAC is HMAC-SHA-256, whatever key and text, and one call leaves nothing for the next", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      fc.array(fc.string({ unit: "binary", maxLength: 300 }), { minLength: 1, maxLength: 5 }),
      (key, texts) => {
        const mac = createMac(Buffer.from(key));
        for (const text of texts) expect(mac(text)).toBe(expected(key, text));
      },
    ),
  );
});

test.each([
  { name: "ends with the prepared buffer", text: "x".repeat(5_461) },
  { name: "is one character longer", text: "漢".repeat(5_462) },
  { name: "is far longer", text: "漢字😀".repeat(20_000) },
])("a text that $name has the same MAC", ({ text }) => {
  const key = Buffer.alloc(32, 7);
  expect(createMac(key)(text)).toBe(expected(key, text));
});

test("a key longer than a block is refused rather than cut", () => {
  expect(() => createMac(Buffer.alloc(65))).toThrow(RangeError);
});

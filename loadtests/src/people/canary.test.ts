import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../arrivals/random.ts";
import { VISITORS_MAX } from "../plan/plan.ts";
import { createCanaryCodec } from "./canary.ts";
import { CANARY_FIELDS } from "./field.ts";

const hmacSha256 = (key: string, message: string) => createHmac("sha256", key).update(message).digest("hex");
const decodeBase64 = (text: string) => Buffer.from(text, "base64").toString("utf8");
const codecOf = (runId = "cp-abcdefghijklm", key?: string) =>
  createCanaryCodec({ runId, hmacSha256, decodeBase64, key });

const codec = codecOf();
const latin = codec.encode(123_456, "address");
const kana = codec.encode(123_456, "kana");
const foundLatin = { runTag: codec.runTag, visitor: 123_456, field: "address" };
const foundKana = { ...foundLatin, field: "kana" };

const toJsonEscapes = (text: string) =>
  text.replace(/./gs, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
const toUrlEscapes = (text: string) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join("");
const toDecimalEntities = (text: string) => [...text].map((sign) => `&#${sign.codePointAt(0)};`).join("");
const toHexEntities = (text: string) =>
  [...text].map((sign) => `&#x${sign.codePointAt(0)?.toString(16).toUpperCase()};`).join("");
const toBase64 = (text: string) => Buffer.from(text).toString("base64");
const toBase64Url = (text: string) => Buffer.from(text).toString("base64url");
const inMailLines = (text: string) => toBase64(text).replace(/.{76}/g, "$&\r\n");
const toHalfWidth = (text: string) => {
  const half = Array.from({ length: 0xff9d - 0xff71 + 1 }, (_, at) => String.fromCharCode(0xff71 + at));
  const halfOf = new Map(half.map((sign) => [sign.normalize("NFKC"), sign]));
  return [...text].map((sign) => halfOf.get(sign)).join("");
};
const toFullWidth = (text: string) =>
  text.replace(/[a-z]/gi, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0));
const toHiragana = (text: string) =>
  text.replace(/./g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0x60));

describe("a canary", () => {
  it("says by itself whose it is and which field, at both ends of every range", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(0, VISITORS_MAX - 1), fc.nat(VISITORS_MAX - 1)),
        fc.constantFrom(...CANARY_FIELDS),
        fc.string(),
        (visitor, field, runId) => {
          const writer = codecOf(runId);
          const reader = codecOf("cp-another");
          expect(reader.find(writer.encode(visitor, field))).toEqual([
            { runTag: writer.runTag, visitor, field },
          ]);
        },
      ),
    );
  });

  it("is 24 letters, or 22 katakana that no normal form changes", () => {
    expect(latin).toMatch(/^q[a-z]{23}$/);
    expect(kana).toMatch(/^クラ[ア-ン]{20}$/);
    for (const form of ["NFC", "NFD", "NFKC", "NFKD"]) {
      expect(kana.normalize(form)).toBe(kana);
      expect(latin.normalize(form)).toBe(latin);
    }
  });

  it("refuses a visitor that does not fit", () => {
    expect(() => codec.encode(VISITORS_MAX, "email")).toThrow(/visitor 1048576 does not fit/);
    expect(() => codec.encode(-1, "email")).toThrow(RangeError);
    expect(() => codec.encode(0.5, "kana")).toThrow(RangeError);
  });

  it("is another one under another key, and is not read with it", () => {
    const other = codecOf("cp-abcdefghijklm", "another key");
    expect(other.encode(123_456, "address")).not.toBe(latin);
    expect(other.find(latin)).toEqual([]);
  });
});

it("a run has one tag under every key, for whoever judges it again knows none", () => {
  expect(codecOf("cp-abcdefghijklm", "another key").runTag).toBe(codec.runTag);
});

describe("a canary is found again", () => {
  const profile = JSON.stringify({ name: latin, kana, note: "楽しみ", quote: '"' });
  const wraps: { name: string; text: string; finds: object[] }[] = [
    { name: "in upper case", text: latin.toUpperCase(), finds: [foundLatin] },
    { name: "in title case", text: `Q${latin.slice(1)} Sato`, finds: [foundLatin] },
    { name: "in Turkish upper case", text: latin.toLocaleUpperCase("tr"), finds: [foundLatin] },
    { name: "cut to 24 characters", text: `${latin} Sato`.slice(0, 24), finds: [foundLatin] },
    { name: "right behind other letters, a q among them", text: `qqxyzq${latin}qqq`, finds: [foundLatin] },
    { name: "in a JSON profile, with kana", text: profile, finds: [foundLatin, foundKana] },
    { name: "as JSON escapes", text: toJsonEscapes(latin + kana), finds: [foundLatin, foundKana] },
    {
      name: "as JavaScript escapes",
      text: kana.replace(/./g, (sign) => `\\u{${sign.charCodeAt(0).toString(16)}}`),
      finds: [foundKana],
    },
    {
      name: "as bytes of JavaScript",
      text: latin.replace(/./g, (sign) => `\\x${sign.charCodeAt(0).toString(16)}`),
      finds: [foundLatin],
    },
    { name: "URL-encoded", text: encodeURIComponent(latin + kana), finds: [foundLatin, foundKana] },
    {
      name: "URL-encoded to the last letter",
      text: toUrlEscapes(latin + kana),
      finds: [foundLatin, foundKana],
    },
    { name: "behind a cut URL escape", text: `%E3%82${toUrlEscapes(latin)}`, finds: [foundLatin] },
    {
      name: "as escape() had it",
      text: kana.replace(/./g, (sign) => `%u${sign.charCodeAt(0).toString(16).toUpperCase()}`),
      finds: [foundKana],
    },
    { name: "as decimal HTML", text: toDecimalEntities(latin + kana), finds: [foundLatin, foundKana] },
    { name: "as hexadecimal HTML", text: toHexEntities(latin + kana), finds: [foundLatin, foundKana] },
    { name: "in half-width kana", text: toHalfWidth(kana), finds: [foundKana] },
    { name: "in hiragana", text: toHiragana(kana), finds: [foundKana] },
    { name: "in full-width letters", text: toFullWidth(latin.toUpperCase()), finds: [foundLatin] },
    { name: "alone in base64", text: toBase64(latin), finds: [foundLatin] },
    {
      name: "in a mail's base64 lines",
      text: inMailLines(`${"x".repeat(40)}${latin}\n${kana} 0123456789 0123456789`),
      finds: [foundLatin, foundKana],
    },
    {
      name: "in base64 with escaped slashes, as PHP writes it",
      text: toBase64(`???>>>${latin}???>>>${kana}`).replaceAll("/", "\\/"),
      finds: [foundLatin, foundKana],
    },
    {
      name: "twice: URL-encoded JSON escapes",
      text: encodeURIComponent(toJsonEscapes(latin + kana)),
      finds: [foundLatin, foundKana],
    },
    {
      name: "twice: JSON in JSON",
      text: JSON.stringify(JSON.stringify({ kana: toJsonEscapes(kana) })),
      finds: [foundKana],
    },
    {
      name: "twice: HTML in HTML",
      text: toDecimalEntities(kana).replaceAll("&", "&amp;"),
      finds: [foundKana],
    },
    {
      name: "twice: base64 in a URL",
      text: `?token=${encodeURIComponent(toBase64(profile))}`,
      finds: [foundLatin, foundKana],
    },
    {
      name: "twice: JSON escapes in base64",
      text: toBase64Url(toJsonEscapes(latin + kana)),
      finds: [foundLatin, foundKana],
    },
    {
      name: "twice: base64 in base64",
      text: toBase64(`{"jwt":"${toBase64Url(profile)}"}`),
      finds: [foundLatin, foundKana],
    },
    {
      name: "three times: escapes in base64 in a URL",
      text: encodeURIComponent(toBase64(toJsonEscapes(kana))),
      finds: [foundKana],
    },
  ];
  it.each(wraps)("$name", ({ text, finds }) => {
    const found = codecOf("cp-reader").find(`left, ${text}, right`);
    expect(found).toHaveLength(finds.length);
    expect(found).toEqual(expect.arrayContaining(finds));
  });

  it("in base64 at any alignment, of either alphabet, behind anything", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ maxLength: 40 }),
        fc.stringMatching(/^[A-Za-z0-9+/_-]{0,40}$/),
        fc.constantFrom("base64" as const, "base64url" as const),
        fc.constantFrom(latin, latin.toUpperCase()),
        (before, after, glued, alphabet, spelled) => {
          const token = Buffer.concat([before, Buffer.from(spelled), after]).toString(alphabet);
          expect(codec.find(`"${glued}${token}"`)).toEqual([foundLatin]);
        },
      ),
    );
  });

  it("each once, however often it is there", () => {
    expect(codec.find(`${latin} ${latin.toUpperCase()} ${toBase64(`--${latin}--`)}`)).toEqual([foundLatin]);
  });

  it("also the canary of an older run", () => {
    const older = codecOf("cp-older");
    expect(codec.find(older.encode(7, "email"))).toEqual([
      { runTag: older.runTag, visitor: 7, field: "email" },
    ]);
    expect(older.runTag).not.toBe(codec.runTag);
  });
});

describe("nothing is taken for a canary", () => {
  it("that has a single letter changed", () => {
    fc.assert(
      fc.property(fc.nat(23), fc.integer({ min: 1, max: 25 }), (at, shift) => {
        const letter = String.fromCharCode(97 + ((latin.charCodeAt(at) - 97 + shift) % 26));
        expect(codec.find(latin.slice(0, at) + letter + latin.slice(at + 1))).toEqual([]);
      }),
    );
  });

  it("that is one letter short", () => {
    expect(codec.find(latin.slice(0, -1))).toEqual([]);
    expect(codec.find(kana.slice(0, -1))).toEqual([]);
  });

  const random = createRandom(20_201_204, "noise");
  const noise = (length: number, alphabet: string) =>
    Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join("");
  const LETTERS = "abcdefghijklmnopqrstuvwxyz";
  const kinds = [
    { name: "letters", text: noise(500_000, LETTERS) },
    {
      name: "a q and letters",
      text: Array.from({ length: 20_000 }, () => `q${noise(23, LETTERS)}`).join(" "),
    },
    { name: "katakana", text: noise(200_000, "アイウエオカキクケコサシスセソタチツテトクラ") },
    { name: "base64", text: noise(500_000, `${LETTERS}${LETTERS.toUpperCase()}0123456789+/`) },
    {
      name: "bytes",
      text: Buffer.from(noise(300_000, "\x00\x01 %&\\u0123456789abcdefxq\xff")).toString("latin1"),
    },
  ];
  it.each(kinds)("in random $name", ({ text }) => {
    expect(codecOf().find(text)).toEqual([]);
  });

  /**
   * 2⁻⁶⁴ cannot be waited for. With an HMAC of which 5 bits a half are left, a candidate with a check drawn from
   * those 2¹⁰ must match once in 2¹⁰: 2¹⁵ candidates give 32 ± 6.
   */
  it("more often, or less, than the check's length says", () => {
    const BITS = 5;
    const weak = createCanaryCodec({
      runId: "cp-weak",
      decodeBase64,
      hmacSha256: (key, message) => {
        const mac = hmacSha256(key, message);
        return mac.replace(/.{8}/g, (half) =>
          (Number.parseInt(half, 16) >>> (32 - BITS)).toString(16).padStart(8, "0"),
        );
      },
    });
    const half = () => {
      const value = Math.floor(random() * 2 ** BITS);
      return `aaaaa${LETTERS[Math.floor(value / 26)]}${LETTERS[value % 26]}`;
    };
    const CANDIDATES = 2 ** 15;
    let matches = 0;
    for (let candidate = 0; candidate < CANDIDATES; candidate++) {
      // A first letter of a keeps the payload within its range.
      matches += weak.find(`qa${noise(8, LETTERS)}${half()}${half()}`).length;
    }
    const expected = CANDIDATES / 2 ** (2 * BITS);
    expect(Math.abs(matches - expected)).toBeLessThan(4 * Math.sqrt(expected));
  });
});

it("scans an answer of 2 KB in well under a millisecond", () => {
  const body = JSON.stringify({
    name: latin,
    kana,
    list: Array(60).fill({ title: "A quick question", done: false }),
  });
  const rounds = 2_000;
  const startedMs = performance.now();
  for (let round = 0; round < rounds; round++) codec.find(body);
  expect((performance.now() - startedMs) / rounds).toBeLessThan(0.5);
});

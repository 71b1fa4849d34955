import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { UsageError } from "../usage-error.ts";
import { didYouMean } from "./did-you-mean.ts";
import { parseDocument } from "./parse-document.ts";
import { DOCUMENT_BYTES_MAX, readDocument } from "./read-document.ts";

const place = z.union([
  z.strictObject({ json: z.string() }),
  z.strictObject({ header: z.string() }),
  z.strictObject({ html: z.string(), attribute: z.string().optional() }),
]);
const shape = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), seconds: z.number().min(0) }),
  z.strictObject({ kind: z.literal("uniform"), fromSeconds: z.number(), toSeconds: z.number() }),
]);
const schema = z.strictObject({
  name: z.string().optional(),
  rate: z.number().min(0).max(10).optional(),
  claim: z.enum(["wiring", "crowd", "saturated"]).optional(),
  bursts: z.array(z.strictObject({ atSeconds: z.number() })).optional(),
  places: z.record(z.string(), place).optional(),
  pause: shape.optional(),
  timeout: z.union([z.number(), z.literal("never")]).optional(),
  tree: z.json().optional(),
});

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "crowdproof-document-"));
});
afterAll(() => rm(dir, { recursive: true }));

describe("an error names line and column, what was found and what is expected", () => {
  const rows = [
    {
      name: "a number that is too small",
      text: "rate: -1",
      says: "1:7: rate: found -1, expected at least 0",
    },
    {
      name: "a number that is too large",
      text: "rate: 11",
      says: "1:7: rate: found 11, expected at most 10",
    },
    {
      name: "text for a number",
      text: "name: a\nrate: fast",
      says: '2:7: rate: found "fast", expected a number',
    },
    { name: "nothing for a number", text: "rate:", says: "1:6: rate: found nothing, expected a number" },
    {
      name: "an unknown key",
      text: "nmae: a",
      says: '1:1: nmae: found an unknown key; did you mean "name"? expected one of: name, rate, claim, bursts, places, pause, timeout, tree',
    },
    {
      name: "an unknown value",
      text: "claim: croud",
      says: '1:8: claim: found "croud", expected one of: wiring, crowd, saturated; did you mean "crowd"?',
    },
    {
      name: "a key in the spelling of another house",
      text: "bursts:\n  - { atSeconds: 1, at_seconds: 2 }",
      says: '2:21: bursts[0].at_seconds: found an unknown key; did you mean "atSeconds"? expected one of: atSeconds',
    },
    {
      name: "a missing key, at the mapping that lacks it",
      text: "bursts:\n  - {}",
      says: "2:5: bursts[0].atSeconds: found nothing, expected a number",
    },
    {
      name: "none of the forms of a union",
      text: "places: { a: 7 }",
      says: "1:14: places.a: found 7, expected a mapping (key: value)",
    },
    {
      name: "the form of a union that was meant",
      text: "places: { a: { html: 5 } }",
      says: "1:22: places.a.html: found 5, expected text",
    },
    {
      name: "no form of a union that was meant",
      text: "places: { a: { jsno: /x } }",
      says: "1:14: places.a: found a mapping, expected json (text), or header (text), or html (text)",
    },
    {
      name: "a wrong kind",
      text: "pause: { kind: unifrom, fromSeconds: 1, toSeconds: 2 }",
      says: '1:16: pause.kind: found "unifrom", expected one of: constant, uniform; did you mean "uniform"?',
    },
    {
      name: "a simple union",
      text: "timeout: [1]",
      says: '1:10: timeout: found a list of 1, expected a number, or "never"',
    },
    { name: "not a number", text: "rate: .nan", says: "1:7: found .nan, expected a finite number" },
    { name: "infinity", text: "tree: [1, -.inf]", says: "1:11: found -.inf, expected a finite number" },
    {
      name: "a number beyond all doubles",
      text: "rate: 1e999",
      says: "1:7: found 1e999, expected a finite number",
    },
    {
      name: "a key twice",
      text: "rate: 1\nrate: 2",
      says: "2:1: found the same key twice, expected each key once",
    },
    { name: "a circle", text: "tree: &a [*a]", says: "1:11: found *a inside itself, expected no circle" },
    { name: "a tag", text: "name: !!js/function 'x'", says: "1:7: found a tag (!…), expected plain values" },
    {
      name: "two documents",
      text: "name: a\n---\nname: b\n",
      says: "2:1: found a second document (---), expected one document in a file",
    },
    {
      name: "a list for a mapping",
      text: "- 1",
      says: "1:1: found a list of 1, expected a mapping (key: value)",
    },
    {
      name: "an alias of what was wrong, at the alias",
      text: "tree: &a fast\nrate: *a",
      says: '2:7: rate: found "fast", expected a number',
    },
  ];
  test.each(rows)("$name", ({ text, says }) => {
    expect(refusalOf(text)).toBe(`f.yaml:${says}`);
  });
});

test("all errors are told at once, in the order of the file", () => {
  const lines = refusalOf("claim: x\nbursts: 3\nrate: -5\nfoo: 1").split("\n");
  expect(lines.map((line) => line.split(": ")[1])).toEqual(["claim", "bursts", "rate", "foo"]);
});

test("an error inside a repeated part is told once for each use, at the part itself", () => {
  expect(refusalOf("bursts:\n  - &part { atSeconds: x }\n  - *part").split("\n")).toEqual([
    'f.yaml:2:24: bursts[0].atSeconds: found "x", expected a number',
    'f.yaml:2:24: bursts[1].atSeconds: found "x", expected a number',
  ]);
});

test("more errors than a screen holds are counted", () => {
  const text = `bursts:\n${"  - { atSeconds: x }\n".repeat(100)}`;
  const lines = refusalOf(text).split("\n");
  expect(lines).toHaveLength(41);
  expect(lines.at(-1)).toBe("… and 60 more");
});

test("what YAML cannot read is told at its line", () => {
  expect(refusalOf("name: a\nrate: [1\n")).toMatch(/^f\.yaml:[23]:\d+: found what is not YAML: /);
});

test("a bomb of aliases is refused before it is expanded", () => {
  const bomb = ["tree:", "  a: &a [1, 1, 1, 1, 1, 1, 1, 1]"];
  for (const [from, to] of ["ab", "bc", "cd", "de", "ef", "fg", "gh"]) {
    bomb.push(`  ${to}: &${to} [${`*${from}, `.repeat(8)}]`);
  }
  expect(refusalOf(bomb.join("\n"))).toMatch(/expands more than 100 aliases/);
});

test("ten thousand brackets are refused", () => {
  expect(refusalOf(`tree: ${"[".repeat(10_000)}`)).toMatch(/nested too deeply/);
});

test("comments alone say nothing", () => {
  expect(refusalOf("# only this\n")).toMatch(/says nothing/);
});

test("a right file is what it says, defaults filled in, repeated parts expanded", () => {
  const withDefault = z.strictObject({ a: z.number(), b: z.number(), c: z.number().default(3) });
  expect(parseDocument("a: &x 1\nb: *x\n", { file: "f.yaml", schema: withDefault })).toEqual({
    a: 1,
    b: 1,
    c: 3,
  });
});

describe("a file that cannot be a document is refused with what to type next", () => {
  const rows = [
    { name: "empty", bytes: Buffer.alloc(0), says: /is empty/ },
    { name: "binary", bytes: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 1]), says: /is binary/ },
    { name: "UTF-16", bytes: Buffer.from("name: a", "utf16le"), says: /is binary/ },
    { name: "Shift_JIS", bytes: Buffer.from([0x6e, 0x3a, 0x20, 0x93, 0xfa]), says: /not UTF-8.*iconv/ },
    { name: "too large", bytes: Buffer.alloc(DOCUMENT_BYTES_MAX + 1, 0x20), says: /larger than 256 KiB/ },
  ];
  test.each(rows)("$name", async ({ name, bytes, says }) => {
    const file = join(dir, `${name}.yaml`);
    await writeFile(file, bytes);
    await expect(readDocument(file, schema)).rejects.toThrow(says);
    await expect(readDocument(file, schema)).rejects.toBeInstanceOf(UsageError);
  });

  test("absent", () =>
    expect(readDocument(join(dir, "none.yaml"), schema)).rejects.toThrow(/does not exist/));
  test("a folder", () => expect(readDocument(dir, schema)).rejects.toThrow(/is not a file/));
  test("a device that never ends", () =>
    expect(readDocument("/dev/zero", schema)).rejects.toThrow(/is not a file/));
});

test("a file is read to the limit exactly, with a byte order mark and Windows line ends", async () => {
  const file = join(dir, "large.yaml");
  const text = "\ufeffrate: 1\r\nname: a\r\n";
  await writeFile(file, text + "#".repeat(DOCUMENT_BYTES_MAX - Buffer.byteLength(text)));
  await chmod(file, 0o400);
  expect(await readDocument(file, schema)).toEqual({ rate: 1, name: "a" });
});

describe("did you mean", () => {
  const known = ["drainSeconds", "arrivals", "double-tap", "seed"];
  const rows = [
    { found: "drain-seconds", meant: "drainSeconds" },
    { found: "arivals", meant: "arrivals" },
    { found: "doubleTap", meant: "double-tap" },
    { found: "objectives", meant: undefined },
    { found: "x", meant: undefined },
  ];
  test.each(rows)("$found → $meant", ({ found, meant }) => expect(didYouMean(found, known)).toBe(meant));
  test("nothing is known", () => expect(didYouMean("x", [])).toBeUndefined());
});

function refusalOf(text: string): string {
  try {
    parseDocument(text, { file: "f.yaml", schema });
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error("was accepted");
}

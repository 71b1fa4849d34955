import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { PUBLISHED_SCHEMAS, publishedText } from "./published-schemas.ts";

const CAMPAIGNS = join(import.meta.dirname, "..", "campaigns");

test.each(Object.keys(PUBLISHED_SCHEMAS))(
  "%s says what its source says; npm run schemas writes it anew",
  (file) => {
    expect(readFileSync(join(import.meta.dirname, file), "utf8")).toBe(
      publishedText(PUBLISHED_SCHEMAS[file]!),
    );
  },
);

test("there is no published schema without a source", () => {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".schema.json"));
  expect(files.sort()).toEqual(Object.keys(PUBLISHED_SCHEMAS).sort());
});

test("an editor finds the shipped campaigns valid, and a misspelled key not", () => {
  const validate = new Ajv2020({ strict: false }).compile(
    JSON.parse(publishedText(PUBLISHED_SCHEMAS["campaign.schema.json"]!)),
  );
  const files = readdirSync(CAMPAIGNS);
  expect(files).toContain("default.yaml");
  for (const file of files) {
    const text = readFileSync(join(CAMPAIGNS, file), "utf8");
    expect(text.split("\n")[0], file).toBe("# yaml-language-server: $schema=../schemas/campaign.schema.json");
    expect(validate(parse(text)), `${file}: ${JSON.stringify(validate.errors)}`).toBe(true);
    expect(validate({ ...parse(text), drainSecond: 1 })).toBe(false);
  }
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { campaignSchema } from "../src/campaign/campaign.ts";
import { documentedKeys, keyPathsOf } from "./key-paths.ts";

const DOCS = [
  {
    name: "campaign-file.md",
    schema: campaignSchema,
    shared: {
      distribution: ["thinkTimes.betweenSteps", "thinkTimes.patience", "thinkTimes.beforeRetry"],
      percentiles: ["objectives.firstStepSeconds", "objectives.laterStepSeconds"],
    },
  },
];

it.each(DOCS)(
  "$name explains every key of its schema with its default, and no other",
  ({ name, schema, shared }) => {
    const text = readFileSync(join(import.meta.dirname, "..", "..", "docs", name), "utf8");
    expect(sorted(documentedKeys(text))).toEqual(sorted(keyPathsOf(schema, shared)));
  },
);

function sorted(keys: ReadonlyMap<string, string | null>): [string, string | null][] {
  return [...keys].sort(([one], [other]) => (one < other ? -1 : 1));
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { campaignSchema } from "../src/campaign/campaign.ts";
import { WAIVABLE_CHECKS } from "../src/checks/check-names.ts";
import { ANSWER_CLASSES } from "../src/target/target.ts";
import { targetFileSchema } from "../src/target/target-file.ts";
import { documentedKeys, keyPathsOf } from "./key-paths.ts";

const DOCS_DIR = join(import.meta.dirname, "..", "..", "docs");
const EXAMPLE_DIR = join(import.meta.dirname, "..", "examples", "better-auth");
const DECLARED_CLASSES = ANSWER_CLASSES.filter((name) => name !== "indeterminate" && name !== "failed");

const DOCS = [
  {
    name: "campaign-file.md",
    schema: campaignSchema,
    spelling: {
      shared: {
        distribution: ["thinkTimes.betweenSteps", "thinkTimes.patience", "thinkTimes.beforeRetry"],
        percentiles: ["objectives.firstStepSeconds", "objectives.laterStepSeconds"],
      },
    },
  },
  {
    name: "target-file.md",
    schema: targetFileSchema,
    spelling: {
      shared: {
        meaning: ["meaning[]", ...DECLARED_CLASSES.map((name) => `steps[].means.${name}`)],
        sql: ["readBack.sql", "cleanUp.sql"],
      },
      alike: { "telemetry.counters": ANSWER_CLASSES },
    },
  },
];

it.each(DOCS)(
  "$name explains every key of its schema with its default, and no other",
  ({ name, schema, spelling }) => {
    const text = readFileSync(join(DOCS_DIR, name), "utf8");
    expect(sorted(documentedKeys(text))).toEqual(sorted(keyPathsOf(schema, spelling)));
  },
);

it("target-file.md shows the example as it is, and every check that may be waived", () => {
  const text = readFileSync(join(DOCS_DIR, "target-file.md"), "utf8");
  expect(text).toContain(readFileSync(join(EXAMPLE_DIR, "target.yaml"), "utf8"));
  expect(text).toContain(`| ${WAIVABLE_CHECKS.join(", ")} |`);
});

function sorted(keys: ReadonlyMap<string, string | null>): [string, string | null][] {
  return [...keys].sort(([one], [other]) => (one < other ? -1 : 1));
}

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWith } from "../../loadtests/test/needs.ts";
import { production } from "../rules/parameters.ts";
import { rulesFor } from "../rules/rules-for.ts";
import { ALL_TESTS } from "./all-tests.ts";
import { type AlertTests, PROOFS, saying } from "./rule-test.ts";
import { runPromtool, type Verdicts } from "./run-promtool.ts";
import { writeStories } from "./write-stories.ts";

// The test files are made anew in a temporary folder: committed, they would be a third form of the same stories, which
// nobody reads and everybody has to keep in step.
describeWith("promtool", "the rules, told stories", (promtool) => {
  const folder = mkdtempSync(join(tmpdir(), "crowdproof-stories-"));
  const rules = { groups: rulesFor(production), parameters: production };
  let filesOf: Map<string, string[]>;
  let verdicts: Verdicts;
  beforeAll(async () => {
    filesOf = new Map(
      ALL_TESTS.map((each) => [each.alert, writeStories(join(folder, each.alert), each, rules)]),
    );
    verdicts = await runPromtool(promtool, [...filesOf.values()].flat());
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(ALL_TESTS.map(({ alert, tests }) => ({ alert, stories: tests.length })))(
    "$alert fires and is silent as $stories stories tell",
    ({ alert }) => {
      const files = filesOf.get(alert)!;
      expect(files.map((file) => verdicts.get(file))).toEqual(files.map(() => null));
    },
  );

  it.each([
    { name: "fires when it should not", expect: [{ atSeconds: 600, fires: [] }] },
    { name: "says another number", expect: [{ atSeconds: 600, fires: [saying("1")] }] },
    {
      name: "is silent when it should fire",
      alert: "CampaignHalted",
      expect: [{ atSeconds: 600, fires: [saying("1")] }],
    },
  ])("sees an alert that $name", async ({ name, alert = "Watchdog", expect: moments }) => {
    const wrong: AlertTests = { alert, tests: [{ name, proves: [], given: [], expect: moments }] };
    const inside = join(folder, name.replaceAll(" ", "-"));
    mkdirSync(inside);
    const files = writeStories(inside, wrong, rules);
    expect((await runPromtool(promtool, files)).get(files[0]!)).toContain(`name: ${name}`);
  });

  it("takes a file of which promtool says nothing for a failure", async () => {
    const missing = join(folder, "missing.yml");
    expect((await runPromtool(promtool, [missing])).get(missing)).not.toBeNull();
  });
});

describe("the stories", () => {
  it.each(ALL_TESTS)("of $alert prove every sort of thing, or say why not", ({ tests, without = {} }) => {
    const proved = new Set(tests.flatMap(({ proves }) => proves));
    const reasons = Object.keys(without);
    expect([...proved, ...reasons].sort()).toEqual([...PROOFS].sort());
  });

  it.each(ALL_TESTS)("of $alert have names of their own", ({ tests }) => {
    const names = tests.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

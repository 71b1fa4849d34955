import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWith } from "../../loadtests/test/needs.ts";
import { production } from "../rules/parameters.ts";
import { rulesFor } from "../rules/rules-for.ts";
import { ALL_TESTS } from "./all-tests.ts";
import { seriesNeededBy } from "./needed-rules.ts";
import {
  type AlertTests,
  failed,
  firesAt,
  hold,
  late,
  PROOFS,
  type Proof,
  type RuleTest,
  type Segment,
  saying,
  series,
  silentAt,
} from "./rule-test.ts";
import { runPromtool, type Verdicts } from "./run-promtool.ts";
import { unshownByAny, unshownIn } from "./story-shape.ts";
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

  it.each(ALL_TESTS.flatMap(({ alert, tests }) => tests.map((test) => ({ alert, test, name: test.name }))))(
    "of $alert show what they say they prove: $name",
    ({ alert, test }) => {
      expect(unshownIn(test, neededBy(alert))).toEqual([]);
    },
  );

  it.each(ALL_TESTS)("of $alert show of every sort of thing what one of them has to", ({ alert, tests }) => {
    expect(unshownByAny(tests, neededBy(alert))).toEqual([]);
  });
});

const neededBy = (alert: string) => seriesNeededBy(alert, rulesFor(production));

describe("a story that does not show what it says it proves", () => {
  const pushes = (labels: Record<string, string>, ...shape: Segment[]) =>
    series("crowdproof_pushes_total", { ...labels, outcome: "failed" }, ...shape);
  const story = (proof: Proof, rest: Partial<RuleTest> = {}): RuleTest => ({
    name: proof,
    proves: [proof],
    given: [pushes({ instance: "a" }, hold(1, 600))],
    expect: [...silentAt(100), firesAt(500, saying("1"))],
    ...rest,
  });

  it.each([
    { story: story("not yet", { expect: [firesAt(500, saying("1"))] }), unshown: "a moment of silence" },
    { story: story("now", { expect: silentAt(500) }), unshown: "a moment at which it fires" },
    { story: story("over"), unshown: "something that fires, and does not at a later moment" },
    { story: story("series absent"), unshown: "a series that the rule reads and that is not there" },
    { story: story("reset"), unshown: "a value that drops" },
    { story: story("first sample"), unshown: "a series that begins late" },
    { story: story("late scrape"), unshown: "a series with a gap in it" },
    { story: story("several instances"), unshown: "two instances, or two runs" },
  ])("is seen: $story.name", ({ story, unshown }) => {
    expect(unshownIn(story, neededBy("PushFailing"))).toEqual([
      expect.stringContaining(`${story.name}: ${unshown}`),
    ]);
  });

  const delivered = series("crowdproof_pushes_total", { outcome: "delivered" }, hold(2, 300), hold(0, 300));
  it.each([
    { story: story("not yet", { expect: silentAt(500) }), unshown: "silence before it fires" },
    {
      story: story("reset", { given: [delivered] }),
      unshown: "where the rule reads a counter, one that drops",
    },
    {
      story: story("first sample", { given: [pushes({}, late(300), hold(0, 300))] }),
      unshown: "where the rule reads a counter, one that begins late, above 0",
    },
    {
      // Fires, but before the gap is over.
      story: story("late scrape", { given: [pushes({}, hold(1, 300), failed(250), hold(1, 300))] }),
      unshown: "that it fires when the scrapes have come back, and is not only silent",
    },
    {
      story: story("several instances", { given: ["x", "y"].map((run) => pushes({ run }, hold(1, 600))) }),
      unshown: "two series that differ in their instance alone",
    },
  ])("is enough for itself, and not where no other is of that sort: $story.name", ({ story, unshown }) => {
    expect(unshownIn(story, neededBy("PushFailing"))).toEqual([]);
    expect(unshownByAny([story], neededBy("PushFailing"))).toEqual([`${story.name}: ${unshown}`]);
  });
});

import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { campaignSchema } from "../campaign/campaign.ts";
import type { Target } from "../target/target.ts";
import { UsageError } from "../usage-error.ts";
import { compilePlan } from "./compile-plan.ts";
import type { Plan } from "./plan.ts";
import { readPlan, writePlan } from "./plan-file.ts";
import { createRunId } from "./run-id.ts";

const plan = compilePlan(
  campaignSchema.parse({
    claim: "wiring",
    arrivals: { pieces: [{ name: "flat", shape: "constant", seconds: 5, perSecond: 10 }] },
    behaviour: { pair: 0.2 },
  }),
  { name: "none" } as Target,
  { runId: createRunId(), scale: 1 },
);

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "crowdproof-plan-"));
});
afterAll(() => rm(dir, { recursive: true }));

test("a written plan is read back whole, from a folder that is its owner's alone", async () => {
  const runDir = join(dir, "new", "run");
  await writePlan(runDir, plan);
  expect(await readPlan(runDir)).toEqual(plan);
  expect((await stat(runDir)).mode & 0o777).toBe(0o700);
  expect((await stat(join(runDir, "plan.json"))).mode & 0o777).toBe(0o600);
});

test("a folder that holds a run is not written again", async () => {
  const runDir = join(dir, "twice");
  await writePlan(runDir, plan);
  const before = await readFile(join(runDir, "plan.json"), "utf8");
  await expect(writePlan(runDir, { ...plan, seed: 99 })).rejects.toThrow(/holds a run already.*--out DIR/);
  expect(await readFile(join(runDir, "plan.json"), "utf8")).toBe(before);
});

describe("a folder that cannot be written is named with what to type next", () => {
  test("below a file", async () => {
    await writeFile(join(dir, "file"), "");
    await expect(writePlan(join(dir, "file", "run"), plan)).rejects.toThrow(/cannot be written.*--out DIR/);
  });
  test("in a file system of the kernel", async () => {
    await expect(writePlan("/proc/crowdproof/run", plan)).rejects.toThrow(/cannot be written.*--out DIR/);
  });
  test("that is a file", async () => {
    await expect(writePlan(join(dir, "file"), plan)).rejects.toThrow(/cannot be written.*--out DIR/);
  });
});

describe("a plan.json that cannot be judged is refused", () => {
  const arrivals = plan.arrivals;
  const rows: { name: string; text: string; says: RegExp }[] = [
    { name: "cut short", text: JSON.stringify(plan).slice(0, 500), says: /cut short or not JSON/ },
    { name: "empty", text: "", says: /cut short or not JSON/ },
    { name: "something else", text: "[1, 2]", says: /no format.*reads format 1/ },
    {
      name: "another version",
      text: JSON.stringify({ ...plan, format: 2 }),
      says: /has format 2.*reads format 1/,
    },
    { name: "no run id", text: changed({ runId: "../../x" }), says: /run id/ },
    { name: "an unknown claim", text: changed({ claim: "everything" }), says: /claim is unknown/ },
    { name: "no target", text: changed({ target: null }), says: /target or its limits are missing/ },
    { name: "no arrivals", text: changed({ arrivals: null }), says: /arrivals are missing/ },
    {
      name: "half a microsecond",
      text: withDue(arrivals.dueMicroseconds.with(3, 0.5)),
      says: /not whole numbers/,
    },
    {
      name: "a visitor less in one column",
      text: withDue(arrivals.dueMicroseconds.slice(1)),
      says: /different lengths/,
    },
    {
      name: "arrivals out of order",
      text: withDue(arrivals.dueMicroseconds.toReversed()),
      says: /not sorted/,
    },
    {
      name: "an unknown behaviour",
      text: changed({ arrivals: { ...arrivals, behaviour: arrivals.behaviour.with(0, 99) } }),
      says: /unknown behaviour/,
    },
    {
      name: "a group from the future",
      text: changed({ arrivals: { ...arrivals, group: arrivals.group.with(0, 5) } }),
      says: /group begins after/,
    },
  ];
  test.each(rows)("$name", async ({ name, text, says }) => {
    const runDir = await mkdtemp(join(dir, `${name.replaceAll(" ", "-")}-`));
    await writeFile(join(runDir, "plan.json"), text);
    await expect(readPlan(runDir)).rejects.toThrow(says);
    await expect(readPlan(runDir)).rejects.toBeInstanceOf(UsageError);
  });

  test("a folder without one", () =>
    expect(readPlan(join(dir, "none"))).rejects.toThrow(/holds no plan\.json.*judge DIR/));
});

test("run ids are cp- and 13 characters, and no two are alike", () => {
  const ids = Array.from({ length: 1_000 }, () => createRunId());
  expect(ids.every((id) => /^cp-[0-9a-hjkmnp-tv-z]{13}$/.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(ids.join("").replaceAll("cp-", "")).size).toBe(32);
});

function changed(part: Partial<Record<keyof Plan, unknown>>): string {
  return JSON.stringify({ ...plan, ...part });
}

function withDue(dueMicroseconds: number[]): string {
  return changed({ arrivals: { ...plan.arrivals, dueMicroseconds } });
}

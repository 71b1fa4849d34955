import { expect, test } from "vitest";
import type { RoundResult } from "./result.ts";
import { crashPage, crashSentences, crashTable } from "./table.ts";

const KINDS = [
  { name: "kill", words: "kill −9" },
  { name: "cut", words: "reset" },
];

const resultOf = (changes: Partial<RoundResult>): RoundResult => ({
  round: 1,
  outcome: "pass",
  blows: [{ kind: "kill", atMs: 400, events: 1, trouble: null }],
  people: 100,
  acknowledged: 80,
  indeterminate: 10,
  lost: 0,
  duplicate: 0,
  ghost: 0,
  half: 0,
  recoverySeconds: 0.5,
  complaints: [],
  dir: null,
  ...changes,
});

const rowsOf = (results: RoundResult[]) =>
  crashTable(results, KINDS)
    .split("\n")
    .slice(2)
    .map((row) => row.replaceAll(/[| ]+/g, " ").trim());

test("a round stands in the row of each kind that happened in it, and once in the total", () => {
  const both = resultOf({
    blows: [
      { kind: "kill", atMs: 400, events: 1, trouble: null },
      { kind: "cut", atMs: 500, events: 3, trouble: null },
    ],
    lost: 2,
    outcome: "fail",
  });
  expect(rowsOf([resultOf({}), both])).toEqual([
    "kill: kill −9 2 2 160 20 2 0 0 0",
    "cut: reset 1 3 80 10 2 0 0 0",
    "**all** 2 5 160 20 2 0 0 0",
  ]);
});

test("what found nothing to hit did not happen", () => {
  const missed = resultOf({ blows: [{ kind: "cut", atMs: 1, events: 0, trouble: "nothing to hit" }] });
  expect(rowsOf([missed])[1]).toBe("cut: reset 0 0 0 0 0 0 0 0");
});

test("no round at all, and none that recovered, are said without a number that is none", () => {
  expect(crashSentences([]).join(" ")).toContain("0 of 0 rounds");
  expect(crashSentences([resultOf({ recoverySeconds: null })]).join(" ")).not.toContain("NaN");
});

test("the page says what went wrong, what was not run, and how to see one round again", () => {
  const page = crashPage({
    results: [
      resultOf({}),
      resultOf({ round: 2, outcome: "unknown", complaints: ["nobody was acknowledged"] }),
    ],
    kinds: KINDS,
    seed: 7,
    fault: undefined,
    notRun: ["disk-full (needs root)"],
    command: "npm run crash -- --seed 7",
    date: "2026-11-22 20:00 UTC",
    machine: "a machine",
  });
  for (const words of [
    "**Round 2: unknown**: nobody was acknowledged",
    "Not run: disk-full (needs root).",
    "`npm run crash -- --round K --seed 7`",
    "1 of 2 rounds passed every check",
  ]) {
    expect(page).toContain(words);
  }
});

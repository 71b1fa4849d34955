import { expect, test } from "vitest";
import type { FaultDescription } from "./fault-list.ts";
import { proofOf, saysNothing } from "./proof.ts";
import type { GateRun } from "./run-gate.ts";
import type { GuardState, Row } from "./schedule.ts";

const FAULT: FaultDescription = {
  name: "max-plus-one",
  incident: "",
  breaks: "",
  shows: "",
  weather: [],
  guard: "blocks",
  checks: ["ids-unique", "sessions-bound"],
};

function runOf(changes: Partial<GateRun>): GateRun {
  return {
    engine: "embedded",
    seed: 1,
    exitCode: 1,
    failed: ["ids-unique"],
    exposures: 0,
    isHalted: false,
    isEngineLate: false,
    reason: "the headline",
    found: { signups: 10, seconds: 0.5 },
    dir: "/tmp/run",
    tookSeconds: 8,
    ...changes,
  };
}

const BLIND: FaultDescription = { ...FAULT, guard: "blind", seenBy: ["gate", "auditor"] };
const WITHHELD: FaultDescription = { ...FAULT, guard: "withholds" };

const rowOf = (fault: FaultDescription | null, guard: GuardState = "off"): Row => ({
  fault,
  engine: "embedded",
  guard,
  weather: [],
  seeds: [1],
});

test("a fault that every run found, and nothing else, is proven, with medians", () => {
  const runs = [
    runOf({}),
    runOf({ found: { signups: 30, seconds: 0.9 }, failed: ["ids-unique", "sessions-bound"] }),
    runOf({ found: { signups: 11, seconds: 0.6 } }),
  ];
  expect(proofOf(rowOf(FAULT), runs)).toMatchObject({
    foundIn: 3,
    signupsMedian: 11,
    secondsMedian: 0.6,
    alsoFailed: ["sessions-bound"],
    unexpected: [],
    complaint: null,
  });
});

test.each([
  {
    name: "one of two runs did not find it",
    fault: FAULT,
    runs: [runOf({}), runOf({ found: null, failed: [], exitCode: 0 })],
    complaint: /ids-unique did not fail \(exit code 0, seed 1, run folder \/tmp\/run\): the headline/,
  },
  {
    name: "only what follows from the fault was found",
    fault: FAULT,
    runs: [runOf({ found: null, failed: ["sessions-bound"] })],
    complaint: /ids-unique did not fail/,
  },
  {
    name: "a check failed that the fault does not explain",
    fault: FAULT,
    runs: [runOf({ failed: ["ids-unique", "telemetry-clean"] })],
    complaint: /failed as well: telemetry-clean/,
  },
  {
    name: "it was found, but the gate did not say fail",
    fault: FAULT,
    runs: [runOf({ exitCode: 3 })],
    complaint: /exit code 3, not 1/,
  },
  {
    name: "a healthy run was unknown",
    fault: null,
    runs: [runOf({ exitCode: 3, failed: [], found: null })],
    complaint: /did not pass \(exit code 3, .*the headline/,
  },
  {
    name: "a healthy run failed",
    fault: null,
    runs: [runOf({ found: null })],
    complaint: /did not pass \(exit code 1/,
  },
])("is not proven when $name", ({ fault, runs, complaint }) => {
  expect(proofOf(rowOf(fault), runs).complaint).toMatch(complaint);
});

test("a healthy run that passed is proven", () => {
  const runs = [runOf({ exitCode: 0, failed: [], found: null })];
  expect(proofOf(rowOf(null), runs).complaint).toBeNull();
});

const blocked = { exitCode: 3, failed: [], found: null, isHalted: true };

test.each([
  { name: "blocks", fault: FAULT, run: blocked },
  { name: "withholds, which halts nothing", fault: WITHHELD, run: { ...blocked, isHalted: false } },
  { name: "is blind to, and the gate finds", fault: BLIND, run: {} },
  { name: "is blind to, and the auditor halts for", fault: BLIND, run: blocked },
])("a fault that the guard $name is proven with the guard on", ({ fault, run }) => {
  expect(proofOf(rowOf(fault, "on"), [runOf(run)]).complaint).toBeNull();
});

test.each([
  { name: "left", fault: FAULT, run: { ...blocked, exposures: 1 }, complaint: /left in spite of the guard/ },
  {
    name: "was withheld and left as well",
    fault: { ...WITHHELD, checks: ["ids-unique", "reads-own"] as [string, string] },
    run: { ...blocked, failed: ["reads-own"] },
    complaint: /left in spite of the guard/,
  },
  { name: "did not halt", fault: FAULT, run: { ...blocked, isHalted: false }, complaint: /did not halt/ },
  {
    name: "the guard is blind to, and nobody saw",
    fault: BLIND,
    run: { ...blocked, isHalted: false },
    complaint: /ids-unique did not fail/,
  },
  {
    name: "was withheld in a gate that judged nothing",
    fault: WITHHELD,
    run: { ...blocked, failed: [], exitCode: 70 },
    complaint: /was not judged \(exit code 70/,
  },
  {
    name: "the guard is blind to, in a gate that was ended by its time limit",
    fault: BLIND,
    run: { ...blocked, exitCode: -1 },
    complaint: /was not judged/,
  },
  {
    name: "made a check fail that it does not explain",
    fault: FAULT,
    run: { ...blocked, failed: ["accounting"] },
    complaint: /failed as well: accounting/,
  },
])("with the guard on, what $name is not proven", ({ fault, run, complaint }) => {
  expect(proofOf(rowOf(fault, "on"), [runOf(run)]).complaint).toMatch(complaint);
});

test("a healthy run that halted is not proven", () => {
  const runs = [runOf({ exitCode: 0, failed: [], found: null, isHalted: true })];
  expect(proofOf(rowOf(null, "on"), runs).complaint).toMatch(/^halted/);
});

test.each([
  { name: "for no other reason than a late engine", run: { exitCode: 3, isEngineLate: true }, is: true },
  { name: "for another reason", run: { exitCode: 3, isEngineLate: false }, is: false },
  {
    name: "for a late engine, and was halted",
    run: { exitCode: 3, isEngineLate: true, isHalted: true },
    is: false,
  },
  { name: "not at all: it passed", run: { exitCode: 0, isEngineLate: false }, is: false },
])("a healthy run that is unknown $name may be sent again: $is", ({ run, is }) => {
  expect(saysNothing(proofOf(rowOf(null), [runOf({ ...run, failed: [], found: null })]))).toBe(is);
});

test.each([
  { name: "was not found", run: { failed: [], found: null }, is: false },
  { name: "was found, but the verdict is unknown", run: {}, is: true },
  { name: "was found with something else", run: { failed: ["ids-unique", "accounting"] }, is: false },
])("a fault whose engine was late and that $name may be sent again: $is", ({ run, is }) => {
  const runs = [runOf({ exitCode: 3, isEngineLate: true, ...run })];
  expect(saysNothing(proofOf(rowOf(FAULT), runs))).toBe(is);
});

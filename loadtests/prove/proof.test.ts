import { expect, test } from "vitest";
import type { FaultDescription } from "./fault-list.ts";
import { proofOf } from "./proof.ts";
import type { GateRun } from "./run-gate.ts";

const FAULT: FaultDescription = {
  name: "max-plus-one",
  incident: "",
  breaks: "",
  shows: "",
  checks: ["ids-unique", "sessions-bound"],
};

function runOf(changes: Partial<GateRun>): GateRun {
  return {
    engine: "embedded",
    seed: 1,
    exitCode: 1,
    failed: ["ids-unique"],
    reason: "the headline",
    found: { signups: 10, seconds: 0.5 },
    dir: "/tmp/run",
    tookSeconds: 8,
    ...changes,
  };
}

const rowOf = (fault: FaultDescription | null) => ({ fault, engine: "embedded" as const, seeds: [1] });

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
    complaint: /ids-unique did not fail \(exit code 0; seed 1, run folder \/tmp\/run\): the headline/,
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
    complaint: /did not pass \(exit code 3; .*the headline/,
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

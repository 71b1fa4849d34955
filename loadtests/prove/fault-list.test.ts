import { expect, test } from "vitest";
import { CHECKS } from "../src/checks/check-table.ts";
import { listFaults } from "./fault-list.ts";
import { WEATHERS } from "./weather.ts";

test("the service tells its faults, and each names checks that there are", async () => {
  const faults = await listFaults();
  expect(faults.length).toBeGreaterThanOrEqual(32);
  const invariants = CHECKS.filter(({ kind }) => kind === "invariant").map(({ name }) => name);
  // An objective of the target file's own.
  const names = [...invariants, "bounds"];
  for (const { checks } of faults) expect(names).toEqual(expect.arrayContaining(checks));
});

test("whatever weather a fault needs is made here, and none that no fault needs", async () => {
  const needed = new Set((await listFaults()).flatMap(({ weather }) => weather));
  expect(Object.keys(WEATHERS).sort()).toEqual([...needed].sort());
});

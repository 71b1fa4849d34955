import { expect, test } from "vitest";
import { CHECKS } from "../src/checks/check-table.ts";
import { listFaults } from "./fault-list.ts";

test("the service tells its faults, and each names checks that there are", async () => {
  const faults = await listFaults();
  expect(faults.length).toBeGreaterThanOrEqual(12);
  const invariants = CHECKS.filter(({ kind }) => kind === "invariant").map(({ name }) => name);
  for (const { checks } of faults) expect(invariants).toEqual(expect.arrayContaining(checks));
});

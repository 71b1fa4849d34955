import { expect, it } from "vitest";
import { ALWAYS_JUDGED, OBJECTIVES, WAIVABLE_CHECKS } from "./check-names.ts";
import { ALERT_CHECKS, CHECKS } from "./check-table.ts";

it("names each check once, as one that may be waived or is always judged, and nothing that is no check", () => {
  const judged = [...CHECKS, ...ALERT_CHECKS].map(({ name }) => name);
  expect([...WAIVABLE_CHECKS, ...ALWAYS_JUDGED].sort()).toEqual([...judged, "control", ...OBJECTIVES].sort());
});

it("lets every invariant be waived but those without which a pass would say nothing", () => {
  const invariants = CHECKS.filter(({ kind }) => kind === "invariant").map(({ name }) => name);
  expect(invariants.filter((name) => !ALWAYS_JUDGED.includes(name))).toEqual(WAIVABLE_CHECKS);
  expect(invariants.filter((name) => ALWAYS_JUDGED.includes(name))).toEqual([
    "reads-own",
    "acks-durable",
    "accounting",
  ]);
});

import { expect, it } from "vitest";
import { ALERT_CHECKS, CHECKS } from "./checks/check-table.ts";
import { counted } from "./counted.ts";

it.each([
  { number: 0, says: "0 limits of lateness were passed" },
  { number: 1, says: "1 limit of lateness was passed" },
  { number: 1_200, says: "1,200 limits of lateness were passed" },
  { number: null, says: "0 limits of lateness were passed" },
])("says $says", ({ number, says }) => {
  expect(counted(number, "{limit of lateness was|limits of lateness were} passed")).toBe(says);
});

it("is needed by all that a check says of how many", () => {
  const words = [...CHECKS, ...ALERT_CHECKS].flatMap(({ violations, unknowns }) => [violations, unknowns]);
  expect(words.length).toBeGreaterThan(0);
  expect(words.filter((each) => counted(1, each).slice(2) === counted(2, each).slice(2))).toEqual([]);
});

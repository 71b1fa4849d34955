import { BUDGET_TESTS } from "./cases/budget.ts";
import { CAPACITY_TESTS } from "./cases/capacity.ts";
import { IDENTITY_TESTS } from "./cases/identity.ts";
import { PROCESSING_TESTS } from "./cases/processing.ts";
import { WATCHING_TESTS } from "./cases/watching.ts";
import type { AlertTests } from "./rule-test.ts";

/** The stories of every alert. */
export const ALL_TESTS: readonly AlertTests[] = [
  ...IDENTITY_TESTS,
  ...PROCESSING_TESTS,
  ...BUDGET_TESTS,
  ...CAPACITY_TESTS,
  ...WATCHING_TESTS,
];

import { cruise } from "dependency-cruiser";
import { expect, it } from "vitest";
// @ts-expect-error a tool file in plain JavaScript
import config from "../../.dependency-cruiser.mjs";

/** TypeScript 7 has no JavaScript API: with it dependency-cruiser is green on 0 modules. */
const MODULES_MIN = 500;
/** The whole house is some 900 modules: 14 s on a machine that is busy ten times over. */
const CRUISE_MS_MAX = 120_000;

const { options, ...ruleSet } = config;

it("lets nobody import what the house forbids, and has looked at the whole house", {
  timeout: CRUISE_MS_MAX,
}, async () => {
  const { output } = await cruise(["service", "loadtests", "monitoring", "dashboards"], {
    ...options,
    validate: true,
    ruleSet,
  });
  if (typeof output === "string") throw new Error("expected the cruise result as an object");
  expect(output.summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  expect(output.summary.totalCruised).toBeGreaterThan(MODULES_MIN);
});

it("goes red when a door is crossed", { timeout: CRUISE_MS_MAX }, async () => {
  const swapped = ruleSet.forbidden.map((rule: { name: string }) =>
    rule.name === "door-undici" ? { ...rule, from: { path: "^loadtests/src/engine/embedded/" } } : rule,
  );
  const { output } = await cruise(["loadtests/src/engine"], {
    ...options,
    validate: true,
    ruleSet: { ...ruleSet, forbidden: swapped },
  });
  if (typeof output === "string") throw new Error("expected the cruise result as an object");
  expect(output.summary.violations.map(({ rule }) => rule.name)).toContain("door-undici");
});

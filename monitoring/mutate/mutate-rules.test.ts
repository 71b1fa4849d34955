import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { describeWith } from "../../loadtests/test/needs.ts";
import { production } from "../rules/parameters.ts";
import { rulesFor } from "../rules/rules-for.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { isGoodEnough, scoreOf } from "./score.ts";
import { SURVIVORS } from "./survivors.ts";
import { tryAll } from "./try-all.ts";

/** Others each day: whole days since 1970. SEED=20780 in the environment tries the same again. */
const SEED = process.env["SEED"] ?? String(Math.floor(Date.now() / 86_400_000));
const SAMPLE = 12;
const groups = rulesFor(production);
const all = mutantsOf(groups);
const explained = SURVIVORS.flatMap(({ mutants }) => mutants);

describe("the mutants of the rules", () => {
  it("are many, each with a name of its own", () => {
    expect(all.length).toBeGreaterThan(1_000);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });

  it("are there for every survivor that has a reason", () => {
    const ids = new Set(all.map(({ id }) => id));
    expect(explained.filter((id) => !ids.has(id))).toEqual([]);
  });
});

describeWith("promtool", "a sample of the mutants", (promtool) => {
  const trials = { promtool, parameters: production, processes: 2 };

  // The whole run takes half an hour: npm run mutate-rules, whose result is docs/mutation.md.
  it(`of ${SAMPLE} (seed ${SEED}) is killed by the stories`, { timeout: 600_000 }, async () => {
    const sample = drawn(all.filter(({ id }) => !explained.includes(id)));
    const results = await tryAll(sample, trials);
    const others = results.filter(({ fate }) => fate.fate === "survived").map(({ mutant }) => mutant.id);
    expect(others).toEqual([]);
  });

  it("does not count rules that nobody has changed as killed", async () => {
    const mutant: Mutant = { id: "none", rule: "Watchdog", operator: "threshold", groups };
    const results = await tryAll([mutant], trials);
    expect(results.map(({ fate }) => fate.fate)).toEqual(["survived"]);
    expect(isGoodEnough(scoreOf(results))).toBe(false);
  });

  it("does not count what is no rule", async () => {
    const broken = groups.map((group) => ({
      ...group,
      alerts: group.alerts.map((alert) =>
        alert.alert === "Watchdog" ? { ...alert, expr: "vector(time()) +" } : alert,
      ),
    }));
    const mutant: Mutant = { id: "broken", rule: "Watchdog", operator: "threshold", groups: broken };
    await expect(tryAll([mutant], trials)).rejects.toThrow("no PromQL");
  });
});

/** The same of the same seed, whatever was added elsewhere. */
function drawn(mutants: readonly Mutant[]): Mutant[] {
  const keyOf = ({ id }: Mutant) => createHash("sha256").update(`${SEED} ${id}`).digest("hex");
  return mutants.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).slice(0, SAMPLE);
}

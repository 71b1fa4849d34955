import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Plan } from "../src/plan/plan.ts";
import { type Desk, type Ended, openDesk, readVerdict } from "./command-line.ts";
import { describeWith } from "./needs.ts";

/** Service, Prometheus, a campaign of some seconds, and two judgings, on two cores that everybody shares. */
const RUN_MS_MAX = 180_000;

/** A run that other tests starve says nothing of pages, and is sent again; one with a page is not. */
const TRIES_MAX = 3;

const STARVED = ["TargetDown", "SignupsBelowOffered", "SignupsSlowInCampaign", "NewcomersQueueTooLong"];

let desk: Desk;
beforeAll(() => {
  desk = openDesk();
});
afterAll(async () => {
  const left = await desk.processesAfter(15);
  await desk.close();
  expect(left).toEqual([]);
});

const verdictOf = (run: string) => readVerdict(join(desk.path, run));
function outcomesOf(run: string): Record<string, string> {
  const names = ["watching", "unexpected-pages", "expected-alerts"];
  const checks = verdictOf(run).checks.filter(({ name }) => names.includes(name));
  return Object.fromEntries(checks.map((check) => [check.name, check.judged ? check.outcome : "not judged"]));
}
const gate = (args: string[]) => desk.run(["gate", "smoke", "--engine", "embedded", ...args]);

describeWith("prometheus", "a gate that demands alerts", () => {
  it("passes a healthy run, in which nobody was paged", { timeout: TRIES_MAX * RUN_MS_MAX }, async () => {
    for (let tries = 1; ; tries++) {
      rmSync(join(desk.path, "healthy"), { recursive: true, force: true });
      const { stderr } = await gate(["--alerts", "--out", "healthy"]);
      expect(stderr).toBe("");
      const { watching, "unexpected-pages": pages } = outcomesOf("healthy");
      expect(pages, JSON.stringify(verdictOf("healthy").alerts)).not.toBe("fail");
      if (watching === "pass" && pages === "pass") break;
      expect(tries, `watching is ${watching}, unexpected-pages ${pages}`).toBeLessThan(TRIES_MAX);
    }
    const watching = verdictOf("healthy").checks.find(({ name }) => name === "unexpected-pages");
    expect(watching?.observed).toBeGreaterThan(0);
  });

  describe("where somebody was about to get somebody else's data", () => {
    let ended: Ended;
    beforeAll(async () => {
      const demand = ["--expect-alert", "IdAnomaly", "--out", "fault"];
      ended = await gate(["--fault", "shared-cache-key", ...demand]);
    }, RUN_MS_MAX);

    it("sees the demanded page, and no other than what the auditor sees of the same", () => {
      expect(ended.stderr).toBe("");
      expect(outcomesOf("fault")).toMatchObject({ watching: "pass", "expected-alerts": "pass" });
      // A service that other tests starve has something to page about as well: that is not the matter here.
      const others = verdictOf("fault").checks.find(({ name }) => name === "unexpected-pages")?.evidence;
      expect(others?.filter(({ alert }) => !STARVED.includes(String(alert)))).toEqual([]);
      const page = verdictOf("fault").alerts.find(({ alert }) => alert === "IdAnomaly");
      expect(page).toMatchObject({ severity: "page", isExpected: true });
      expect(page?.notifiedMicroseconds).not.toBeNull();
      expect(ended.stdout).toMatch(/alerts +IdAnomaly kind="[a-z-]+": page, as demanded/);
    });

    it("says the same again from its folder alone", { timeout: RUN_MS_MAX }, async () => {
      const { checks, alerts, outcome } = verdictOf("fault");
      await desk.run(["judge", "fault"]);
      const again = verdictOf("fault");
      expect({ checks: again.checks, alerts: again.alerts, outcome: again.outcome }).toEqual({
        checks,
        alerts,
        outcome,
      });
      expect(readFileSync(join(desk.path, "fault", "junit.xml"), "utf8")).toContain(
        'name="expected-alerts" classname="crowdproof.alert"',
      );
    });

    it("is red where nobody expected that page, and where another was demanded", {
      timeout: RUN_MS_MAX,
    }, async () => {
      demand("fault", []);
      await desk.run(["judge", "fault"]);
      expect(outcomesOf("fault")).toEqual({ watching: "pass", "unexpected-pages": "fail" });
      demand("fault", ["IdAnomaly", "ProbeSilent"]);
      await desk.run(["judge", "fault"]);
      expect(outcomesOf("fault")).toMatchObject({ watching: "pass", "expected-alerts": "fail" });
    });
  });
});

/** The very record of a run, under another demand. */
function demand(run: string, expected: string[]): void {
  const file = join(desk.path, run, "plan.json");
  const plan = JSON.parse(readFileSync(file, "utf8")) as Plan;
  writeFileSync(file, JSON.stringify({ ...plan, alerts: { expected, alongside: [] } }));
}

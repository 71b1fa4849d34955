import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JudgedHistory } from "../checks/judged-history.ts";
import { decideVerdict, outcomeOf } from "./decide-verdict.ts";
import type { CheckKind, CheckResult, Outcome } from "./verdict.ts";

const KINDS: CheckKind[] = ["invariant", "validity", "objective", "alert"];
const OUTCOMES: Outcome[] = ["pass", "fail", "unknown"];

function result(kind: CheckKind, outcome: Outcome | "not judged", name = `${kind}-${outcome}`): CheckResult {
  const base = { name, kind, observed: 1, summary: `${name} says so`, evidence: [] };
  return outcome === "not judged"
    ? { ...base, judged: false, reason: "it is somebody else's" }
    : { ...base, judged: true, outcome };
}

const anyResult = fc.record({
  kind: fc.constantFrom(...KINDS),
  outcome: fc.constantFrom<Outcome | "not judged">(...OUTCOMES, "not judged"),
  name: fc.string({ minLength: 1, maxLength: 6 }),
});
const anyResults = fc
  .array(anyResult, { maxLength: 12 })
  .map((rows) => rows.map(({ kind, outcome, name }) => result(kind, outcome, name)));

function judged(
  checks: CheckResult[],
  change: Partial<JudgedHistory["strength"]> = {},
  exposuresTotal = 0,
  bypassed: string[] = [],
): JudgedHistory {
  return {
    checks,
    exposures: [],
    exposuresTotal,
    alerts: [],
    bypassed,
    strength: {
      answersWithOwnData: 41_203,
      signupsAcknowledged: 9_120,
      overlapRatio: 0.63,
      bursts: 12,
      burstVisitorsMax: 128,
      claim: "crowd",
      isClaimEarned: true,
      ...change,
    },
    run: {
      runId: "cp-0123456789abc",
      seed: 1,
      campaign: "c",
      target: "t",
      engine: "embedded",
      engineVersion: "1",
      startedAt: "2026-11-22T12:00:00Z",
      seconds: 1,
      visitorsPlanned: 1,
      visitorsStarted: 1,
      requests: 1,
      fault: null,
      expectedAlerts: null,
      stopped: null,
      scale: 1,
      campaignFile: null,
      targetFile: null,
      crowdproofVersion: "0.1.0",
      node: "v26",
      machine: "m",
    },
  };
}

describe("the order of judgement", () => {
  const rows: { name: string; results: CheckResult[]; outcome: Outcome }[] = [
    { name: "nothing at all", results: [], outcome: "unknown" },
    { name: "nothing judged", results: [result("invariant", "not judged")], outcome: "unknown" },
    { name: "an objective met and nothing else", results: [result("objective", "pass")], outcome: "unknown" },
    { name: "everything well", results: KINDS.map((kind) => result(kind, "pass")), outcome: "pass" },
    {
      name: "an invariant broken in a run that was not valid",
      results: [result("invariant", "fail"), result("validity", "unknown")],
      outcome: "fail",
    },
    {
      name: "an objective missed in a run that was not valid",
      results: [result("invariant", "pass"), result("objective", "fail"), result("validity", "unknown")],
      outcome: "unknown",
    },
    {
      name: "an objective missed beside an unknown invariant",
      results: [result("invariant", "unknown"), result("objective", "fail")],
      outcome: "unknown",
    },
    {
      name: "an objective missed",
      results: [result("invariant", "pass"), result("objective", "fail")],
      outcome: "fail",
    },
    {
      name: "a demanded alert that did not come",
      results: [result("invariant", "pass"), result("alert", "fail")],
      outcome: "fail",
    },
    {
      name: "an objective of which nobody knows",
      results: [result("invariant", "pass"), result("objective", "unknown")],
      outcome: "unknown",
    },
    {
      name: "a validity that says fail",
      results: [result("invariant", "pass"), result("validity", "fail")],
      outcome: "unknown",
    },
  ];
  it.each(rows)("$name: $outcome", ({ results, outcome }) => {
    expect(decideVerdict(judged(results)).outcome).toBe(outcome);
  });

  it("does not depend on the order of the results, in outcome and in words", () => {
    fc.assert(
      fc.property(anyResults, fc.infiniteStream(fc.nat()), (results, keys) => {
        const shuffled = results
          .map((one) => ({ one, key: keys.next().value }))
          .sort((a, b) => a.key - b.key);
        const again = decideVerdict(judged(shuffled.map(({ one }) => one)));
        const first = decideVerdict(judged(results));
        expect(again.outcome).toBe(first.outcome);
        expect([...again.reasons].sort()).toEqual([...first.reasons].sort());
      }),
    );
  });

  it("never becomes a pass by adding something that is unknown or failed", () => {
    fc.assert(
      fc.property(
        anyResults,
        fc.constantFrom(...KINDS),
        fc.constantFrom<Outcome>("unknown", "fail"),
        (results, kind, outcome) => {
          expect(outcomeOf([...results, result(kind, outcome)])).not.toBe("pass");
        },
      ),
    );
  });

  it("is fail whenever an invariant failed", () => {
    fc.assert(
      fc.property(anyResults, (results) => outcomeOf([...results, result("invariant", "fail")]) === "fail"),
    );
  });

  it("is never changed by a result that was not judged", () => {
    fc.assert(
      fc.property(anyResults, fc.constantFrom(...KINDS), (results, kind) => {
        expect(outcomeOf([...results, result(kind, "not judged")])).toBe(outcomeOf(results));
      }),
    );
  });
});

describe("the headline", () => {
  it("of a pass claims what was earned, and names what was not judged in the same line", () => {
    const verdict = decideVerdict(
      judged([result("invariant", "pass"), result("invariant", "not judged", "telemetry-clean")]),
    );
    expect(verdict.reasons).toEqual([
      "not falsified: 0 exposures in 41,203 answers that showed people their own data; 9,120 signups, 63 % with another " +
        "in flight; 12 bursts; claim: crowd; 95 % sure that fewer than 25 % of such bursts show one; this build, this " +
        "data mix; not judged: telemetry-clean (it is somebody else's)",
    ]);
  });

  it.each<Outcome>(["pass", "fail", "unknown"])(
    "of a %s names what the headers stepped around",
    (outcome) => {
      const checks = [result("invariant", outcome), result("invariant", "not judged", "telemetry-clean")];
      const { reasons } = decideVerdict(judged(checks, {}, 0, ["captcha", "the gateway"]));
      expect(reasons[0]).toMatch(
        /; not judged: telemetry-clean \(it is somebody else's\), captcha \(bypassed\), the gateway \(bypassed\)$/,
      );
    },
  );

  it("of a fail names the exposures first", () => {
    const checks = [
      result("objective", "fail"),
      result("invariant", "fail", "accounting"),
      result("invariant", "fail", "reads-own"),
    ];
    expect(decideVerdict(judged(checks, {}, 34)).reasons).toEqual([
      "34 exposures; reads-own: reads-own says so",
      "accounting: accounting says so",
      "objective-fail: objective-fail says so",
    ]);
  });
});

describe("the strength", () => {
  const strengthOf = (change: Partial<JudgedHistory["strength"]>, exposures = 0) =>
    decideVerdict(judged([result("invariant", "pass")], change, exposures)).strength;

  it("counts bursts as episodes, and a run without any as one", () => {
    expect(strengthOf({ bursts: 12 })).toMatchObject({ episodes: 12, episodeBound95: 0.25 });
    expect(strengthOf({ bursts: 0 })).toMatchObject({ episodes: 1, episodeBound95: null });
  });

  it("gives no bound where an exposure was seen, or over too few episodes", () => {
    expect(strengthOf({ bursts: 12 }, 1).episodeBound95).toBeNull();
    expect(strengthOf({ bursts: 3 }).episodeBound95).toBeNull();
  });

  it("says that a claim was not earned", () => {
    expect(strengthOf({ isClaimEarned: false, overlapRatio: null }).sentence).toContain(
      "claim: crowd (not earned)",
    );
  });

  it("has a bound that is never below the exact one, (1 − p)^k = 5 %", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 10_000 }), (bursts) => {
        expect(strengthOf({ bursts }).episodeBound95).toBeGreaterThanOrEqual(1 - 0.05 ** (1 / bursts));
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Campaign, campaignSchema } from "../campaign/campaign.ts";
import { loadCampaign } from "../campaign/load-campaign.ts";
import type { Target } from "../target/target.ts";
import { UsageError } from "../usage-error.ts";
import { assignBehaviours, type BehaviourShares } from "./assign-behaviours.ts";
import { compilePlan } from "./compile-plan.ts";
import { BEHAVIOURS, type Behaviour, type Plan, VISITORS_MAX } from "./plan.ts";

/** A plan only carries its target along. */
const target = { name: "none" } as Target;
const NO_SHARES = campaignSchema.parse({ claim: "wiring", arrivals: { pieces: [] } }).behaviour;
const OPTIONS = { runId: "cp-0000000000000", scale: 1 };

describe("a compiled plan", () => {
  test("is the same for the same seed, and another for another seed", async () => {
    const campaign = await loadCampaign("default");
    const plan = compilePlan(campaign, target, OPTIONS);
    expect(compilePlan(campaign, target, { ...OPTIONS, seed: campaign.seed })).toEqual(plan);
    const other = compilePlan(campaign, target, { ...OPTIONS, seed: 2 });
    expect(other.seed).toBe(2);
    expect(other.arrivals).not.toEqual(plan.arrivals);
  });

  test("survives JSON", async () => {
    const plan = compilePlan(await loadCampaign("smoke"), target, OPTIONS);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test("is multiplied by the scale: rates and bursts, not seconds", async () => {
    const campaign = await loadCampaign("default");
    const [one, double] = [1, 2].map((scale) => compilePlan(campaign, target, { ...OPTIONS, scale }));
    expect(double!.durationSeconds).toBe(one!.durationSeconds);
    expect(double!.bursts.map(({ visitors }) => visitors)).toEqual(
      one!.bursts.map(({ visitors }) => visitors * 2),
    );
    const ratio = double!.arrivals.dueMicroseconds.length / one!.arrivals.dueMicroseconds.length;
    expect(Math.abs(ratio - 2)).toBeLessThan(0.15);
  });

  test("makes a spike of a line up and an exponential down", () => {
    const spike = {
      shape: "spike",
      name: "push",
      riseSeconds: 2,
      fadeSeconds: 10,
      fromPerSecond: 5,
      peakPerSecond: 50,
      toPerSecond: 10,
    };
    const { pieces, durationSeconds } = compilePlan(campaignOf({ pieces: [spike] }), target, {
      ...OPTIONS,
      scale: 2,
    });
    expect(durationSeconds).toBe(12);
    expect(pieces).toEqual([
      { name: "push, rise", shape: "linear", seconds: 2, fromPerSecond: 10, toPerSecond: 100 },
      { name: "push, fade", shape: "exponential", seconds: 10, fromPerSecond: 100, toPerSecond: 20 },
    ]);
  });

  test("numbers its bursts in the order of time, whatever the file's", () => {
    const bursts = [
      { atSeconds: 8, visitors: 3 },
      { atSeconds: 2, visitors: 5 },
    ];
    const plan = compilePlan(campaignOf({ perSecond: 10, bursts }), target, OPTIONS);
    expect(plan.bursts.map(({ atSeconds }) => atSeconds)).toEqual([2, 8]);
    for (const [at, { atSeconds, visitors }] of plan.bursts.entries()) {
      const due = plan.arrivals.dueMicroseconds.filter(
        (_, visitor) => plan.arrivals.burst[visitor] === at + 1,
      );
      expect(due).toEqual(new Array(visitors).fill(atSeconds * 1e6));
    }
  });

  test("of the default campaign lets half of its couples meet in one microsecond", async () => {
    const plan = compilePlan(await loadCampaign("default"), target, OPTIONS);
    const couples = couplesOf(plan);
    const meeting = couples.filter(([one, other]) => dueOf(plan, one) === dueOf(plan, other));
    expect(meeting.length / couples.length).toBeGreaterThan(0.3);
    for (const kind of ["pair", "shared-key", "other-session"] as const) {
      expect(
        meeting.some(([, other]) => behaviourOf(plan, other) === kind),
        kind,
      ).toBe(true);
      expect(
        couples.some((couple) => behaviourOf(plan, couple[1]) === kind && !meeting.includes(couple)),
        kind,
      ).toBe(true);
    }
  });
});

describe("behaviours", () => {
  const shares = fc
    .array(fc.double({ min: 0, max: 0.1, noNaN: true }), { minLength: 10, maxLength: 10 })
    .map(sharesOf);
  const bursts = fc
    .array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 600, size: "max" })
    .map((list) => list.sort());

  test("meet their shares as nearly as whole people allow, and each that is asked for is there", () => {
    fc.assert(
      fc.property(shares, bursts, fc.integer({ min: 0, max: 2 ** 32 }), (asked, burst, seed) => {
        const { behaviour } = assignBehaviours({ burst, shares: asked, seed });
        expect(behaviour).toHaveLength(burst.length);
        for (const [name, share] of Object.entries(asked) as [Exclude<Behaviour, "plain">, number][]) {
          const count = behaviour.filter((index) => BEHAVIOURS[index] === name).length;
          const unit = name === "pair" || name === "shared-key" ? 2 : 1;
          if (burst.length < 40) continue;
          expect(Math.abs(count - share * burst.length), name).toBeLessThanOrEqual(unit);
          expect(count > 0, name).toBe(share > 0);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("that need two are neighbours in one group, and nobody else is in it", () => {
    fc.assert(
      fc.property(shares, bursts, fc.integer({ min: 0, max: 2 ** 32 }), (asked, burst, seed) => {
        const { behaviour, group } = assignBehaviours({ burst, shares: asked, seed });
        const names = behaviour.map((index) => BEHAVIOURS[index]);
        for (const [visitor, first] of group.entries()) {
          expect([visitor, visitor - 1]).toContain(first);
          if (first === visitor - 1) {
            expect(group[first]).toBe(first);
            expect([`pair pair`, `shared-key shared-key`, `plain other-session`]).toContain(
              `${names[first]} ${names[visitor]}`,
            );
          }
        }
        const inCouples = group.flatMap((first, visitor) => (first === visitor ? [] : [first, visitor]));
        expect(new Set(inCouples).size).toBe(inCouples.length);
        const needy = names.filter((name) => name === "pair" || name === "shared-key").length;
        const readers = names.filter((name) => name === "other-session").length;
        expect(inCouples.length).toBe(needy + 2 * readers);
      }),
      { numRuns: 200 },
    );
  });

  test("of few people, or of all of them, leave nobody over", () => {
    for (const visitors of [1, 2, 3, 7]) {
      const { behaviour, group } = assignBehaviours({
        burst: new Array(visitors).fill(1),
        shares: { ...NO_SHARES, pair: 0.5, "other-session": 0.5 },
        seed: 1,
      });
      expect([behaviour.length, group.length]).toEqual([visitors, visitors]);
    }
  });
});

describe("a plan that cannot be is refused with what to type next", () => {
  const rows = [
    { name: "a scale of nothing", options: { scale: 0 }, says: /scale is 0.*--scale 1/ },
    { name: "a scale that is no number", options: { scale: Number.NaN }, says: /scale is NaN/ },
    { name: "an endless scale", options: { scale: Number.POSITIVE_INFINITY }, says: /scale is Infinity/ },
    { name: "a seed below zero", options: { seed: -1 }, says: /seed is -1.*--seed 1/ },
    { name: "half a seed", options: { seed: 0.5 }, says: /seed is 0.5/ },
    { name: "nobody at all", campaign: campaignOf({ perSecond: 0 }), says: /no visitors.*--scale/ },
    { name: "a curve without pieces", campaign: campaignOf({ pieces: [] }), says: /no visitors/ },
    {
      name: "more than its own limit",
      options: { scale: 5_000 },
      says: /500000 visitors, more than 200000.*visitorsMax/,
    },
    {
      name: "more than there are numbers",
      campaign: campaignOf({ perSecond: 100_000, limits: { visitorsMax: VISITORS_MAX - 1 } }),
      options: { scale: 10 },
      says: /more than 1048575.*end of the numbers/,
    },
    {
      name: "longer than its limit",
      campaign: campaignOf({ perSecond: 1, limits: { secondsMax: 10 } }),
      says: /18 s with drain and read-back.*secondsMax/,
    },
    { name: "a rate below zero, made by code", campaign: withRate(-1), says: /from -1\/s/ },
    { name: "a rate that is no number, made by code", campaign: withRate(Number.NaN), says: /from NaN\/s/ },
  ];
  test.each(rows)("$name", ({ campaign = campaignOf({ perSecond: 10 }), options = {}, says }) => {
    const compile = () => compilePlan(campaign, target, { ...OPTIONS, ...options });
    expect(compile).toThrow(says);
    expect(compile).toThrow(UsageError);
  });
});

function campaignOf(wanted: {
  perSecond?: number;
  pieces?: unknown[];
  bursts?: unknown[];
  limits?: object;
}): Campaign {
  const { perSecond = 10, bursts = [], limits = {} } = wanted;
  const pieces = wanted.pieces ?? [{ name: "flat", shape: "constant", seconds: 10, perSecond }];
  return campaignSchema.parse({ claim: "wiring", arrivals: { pieces, bursts }, limits });
}

function withRate(perSecond: number): Campaign {
  const campaign = campaignOf({});
  return {
    ...campaign,
    arrivals: { pieces: [{ name: "bad", shape: "constant", seconds: 1, perSecond }], bursts: [] },
  };
}

function sharesOf(numbers: number[]): BehaviourShares {
  const names = BEHAVIOURS.filter((name) => name !== "plain");
  return Object.fromEntries(names.map((name, at) => [name, numbers[at]!])) as unknown as BehaviourShares;
}

function couplesOf({ arrivals }: Plan): [number, number][] {
  return arrivals.group.flatMap((first, visitor): [number, number][] =>
    first === visitor ? [] : [[first, visitor]],
  );
}

function dueOf({ arrivals }: Plan, visitor: number): number {
  return arrivals.dueMicroseconds[visitor]!;
}

function behaviourOf({ arrivals }: Plan, visitor: number): Behaviour {
  return BEHAVIOURS[arrivals.behaviour[visitor]!]!;
}

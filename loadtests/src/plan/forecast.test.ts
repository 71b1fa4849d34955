import { describe, expect, test } from "vitest";
import { type Campaign, campaignSchema } from "../campaign/campaign.ts";
import { loadCampaign, shippedCampaigns } from "../campaign/load-campaign.ts";
import type { Target } from "../target/target.ts";
import { UsageError } from "../usage-error.ts";
import { compilePlan } from "./compile-plan.ts";
import { drawPlan } from "./draw-plan.ts";
import {
  forecastPlan,
  generatorNeed,
  lateEngines,
  latenessOf,
  type MachineLimits,
  machineLimits,
  requireCapacity,
} from "./forecast.ts";
import { expectedOverlapRatio, signupSecondsForOverlap } from "./overlap.ts";
import type { Plan } from "./plan.ts";

/** What forecasts look at in a target: how long an answer may take, and how it is connected to. */
const target = {
  name: "a signup",
  connections: "fresh",
  steps: [{ timeoutSeconds: 10 }, { timeoutSeconds: 10 }],
} as Target;
const ROOMY: MachineLimits = {
  openFilesMax: 1_048_576,
  memoryBytes: 16 * 2 ** 30,
  cores: 16,
  ports: 28_232,
  portHoldSeconds: 1,
};

describe("expected overlap", () => {
  test("is 1 − e^(−2λs) at a constant rate: 35 % at 43/s and 5 ms", () => {
    const pieces = [
      { name: "flat", shape: "constant", seconds: 60, fromPerSecond: 43, toPerSecond: 43 } as const,
    ];
    expect(expectedOverlapRatio(pieces, 0.005)).toBeCloseTo(1 - Math.exp(-2 * 43 * 0.005), 10);
  });

  test("is what a drawn crowd has, on a curve of every shape", async () => {
    const campaign = await loadCampaign("default");
    for (const signupSeconds of [0.001, 0.004, 0.01]) {
      const shares = [1, 2, 3, 4, 5].map((seed) => overlapDrawn(compile(campaign, seed), signupSeconds));
      const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
      const { pieces } = compile(campaign, 1);
      expect(Math.abs(mean - expectedOverlapRatio(pieces, signupSeconds))).toBeLessThan(0.02);
    }
  });

  test("reaches its target from the signup time that is named", async () => {
    const { pieces } = compile(await loadCampaign("default"));
    const signupSeconds = signupSecondsForOverlap(pieces, 0.3)!;
    expect(expectedOverlapRatio(pieces, signupSeconds)).toBeCloseTo(0.3, 3);
    expect(signupSecondsForOverlap(pieces, 0)).toBe(0);
    expect(signupSecondsForOverlap([], 0.3)).toBeNull();
  });
});

describe("a claim", () => {
  test("is within reach of every shipped campaign", async () => {
    for (const name of await shippedCampaigns()) {
      expect(forecastPlan(compile(await loadCampaign(name))).claimObstacles, name).toEqual([]);
    }
  });

  test("of a crowd is out of reach of a tenth of it, and the forecast says why", async () => {
    const { claimObstacles } = forecastPlan(compile(await loadCampaign("default"), 1, 0.1));
    expect(claimObstacles).toEqual([
      "the largest burst has 32, a crowd needs 64 at one instant",
      "the overlap target of 20 % is reached only if a signup takes 14.8 ms or more",
    ]);
  });
});

test("a forecast counts what the plan holds", async () => {
  const plan = compile(await loadCampaign("default"));
  const forecast = forecastPlan(plan);
  expect(forecast).toMatchObject({
    visitors: 1936,
    burstVisitors: 544,
    burstVisitorsMax: 320,
    peakPerSecond: 110,
    peakAtSeconds: 6,
    seconds: 33,
  });
  expect(Object.values(forecast.behaviours).reduce((sum, one) => sum + one, 0)).toBe(forecast.visitors);
});

describe("the generator's need", () => {
  test("is everybody due before the longest step times out, two sockets for a double-tap", () => {
    const plan = compile(flat({ seconds: 30, perSecond: 100, behaviour: { "double-tap": 1 } }));
    const need = generatorNeed(plan, 1);
    expect(need.visitorsInFlightMax).toBeGreaterThan(950);
    expect(need.visitorsInFlightMax).toBeLessThan(1_120);
    expect(need.openFiles).toBe(64 + 2 * need.visitorsInFlightMax);
  });

  test("holds ports for a minute where the machine does not use them again", () => {
    const plan = compile(flat({ seconds: 120, perSecond: 100 }));
    expect(generatorNeed(plan, 60).ports).toBeGreaterThan(2 * generatorNeed(plan, 1).ports);
  });

  test("of the default campaign is small: a machine of 4,096 files and 1 GiB is enough", async () => {
    const plan = compile(await loadCampaign("default"));
    expect(() =>
      requireCapacity(plan, { ...ROOMY, openFilesMax: 4_096, memoryBytes: 2 ** 30 }),
    ).not.toThrow();
  });

  const rows = [
    {
      name: "too few open files",
      limits: { openFilesMax: 1_024 },
      says: /open files are needed, 1024 are allowed\. Type: ulimit -n \d+/,
    },
    {
      name: "too little memory",
      limits: { memoryBytes: 100 * 2 ** 20 },
      says: /MiB of memory are needed, 100 are free/,
    },
    {
      name: "too few ports",
      limits: { ports: 100 },
      says: /client ports are needed, there are 100\. Type: sysctl/,
    },
  ];
  test.each(rows)("$name is refused with what to type next", ({ limits, says }) => {
    const plan = compile(flat({ seconds: 30, perSecond: 200 }));
    expect(() => requireCapacity(plan, ROOMY)).not.toThrow();
    expect(() => requireCapacity(plan, { ...ROOMY, ...limits })).toThrow(says);
    expect(() => requireCapacity(plan, { ...ROOMY, ...limits })).toThrow(UsageError);
  });

  test("names a scale that this machine can send", () => {
    const campaign = flat({ seconds: 30, perSecond: 200 });
    const limits = { ...ROOMY, openFilesMax: 1_024 };
    const scale = Number(
      /--scale ([\d.]+)/.exec(messageOf(() => requireCapacity(compile(campaign), limits)))?.[1],
    );
    expect(scale).toBeGreaterThan(0.2);
    expect(() => requireCapacity(compile(campaign, 1, scale), limits)).not.toThrow();
  });

  test("says which engine would start people late, and refuses neither", () => {
    const need = generatorNeed(compile(flat({ seconds: 10, perSecond: 200 })), 1);
    const late = (cores: number) => lateEngines(need, { ...ROOMY, cores });
    expect(need.cores.k6).toBeGreaterThan(need.cores.embedded);
    expect(late(64)).toEqual([]);
    expect(late(0.01)).toEqual(["k6", "embedded"]);
    expect(late(need.cores.embedded + need.cores.k6)).toEqual(["k6"]);
  });

  test("says of the engine that was chosen that it may be late, and what to try", () => {
    const plan = compile(flat({ seconds: 10, perSecond: 200 }));
    const need = generatorNeed(plan, 1);
    const onlyK6Late = { ...ROOMY, cores: need.cores.embedded + need.cores.k6 };
    expect(latenessOf(plan, "embedded", onlyK6Late)).toBeNull();
    expect(latenessOf(plan, "k6", onlyK6Late)).toMatch(
      /^The k6 engine may .* try --engine embedded, a smaller --scale/,
    );
    expect(latenessOf(plan, "embedded", { ...ROOMY, cores: 0.01 })).toMatch(/try a smaller --scale/);
    expect(latenessOf(plan, "k6", { ...ROOMY, cores: 64 })).toBeNull();
  });

  test("is compared with what this machine really has", () => {
    const limits = machineLimits();
    expect(limits.openFilesMax).toBeGreaterThan(0);
    expect(limits.memoryBytes).toBeGreaterThan(2 ** 20);
    expect(limits.ports).toBeGreaterThan(1_000);
  });
});

describe("a drawing", () => {
  test("fits its width at any width, without a colour code where none is wanted", async () => {
    for (const name of await shippedCampaigns()) {
      const plan = compile(await loadCampaign(name));
      for (const width of [40, 61, 80, 120]) {
        const drawing = drawPlan(plan, { width, color: false });
        expect(drawing).not.toContain("\u001b");
        const tooLong = drawing.split("\n").filter((line) => line.length > width);
        expect(tooLong, `${name} at ${width}`).toEqual([]);
      }
    }
  });

  test("marks each burst with its visitors, and its axes with units", async () => {
    const drawing = drawPlan(compile(await loadCampaign("default")), { width: 80, color: false });
    expect(drawing.match(/▼\d+/g)).toEqual(["▼64", "▼96", "▼320", "▼64"]);
    expect(drawing).toMatch(/120\/s ┤/);
    expect(drawing).toMatch(/0 +5 +10 +15 +s$/m);
    expect(drawing).toMatch(/^claim +crowd ✓ within reach$/m);
  });

  test("is as tall as the curve: a flat one fills its columns evenly, nobody leaves them empty", () => {
    const rowsOf = (perSecond: number) =>
      drawPlan(compile(flat({ seconds: 10, perSecond, bursts: [{ atSeconds: 5, visitors: 1 }] })), {
        width: 60,
        color: false,
      })
        .split("\n")
        .filter((line) => /[│┤]/.test(line));
    expect(rowsOf(100).every((row) => /[│┤]█{51}$/.test(row))).toBe(true);
    expect(rowsOf(0).every((row) => !row.includes("█"))).toBe(true);
  });

  test("is coloured where colour is wanted, and says the same", async () => {
    const plan = compile(await loadCampaign("spike"));
    const coloured = drawPlan(plan, { width: 80, color: true });
    expect(coloured).toContain("\u001b[36m");
    const stripped = coloured.replace(/\u001b\[\d+m/g, "");
    expect(stripped.replace(/ +$/gm, "").split("\n").slice(0, 14)).toEqual(
      drawPlan(plan, { width: 80, color: false }).split("\n").slice(0, 14),
    );
  });
});

/** The share of the curve's visitors with another of them within a signup's time, before or after. */
function overlapDrawn({ arrivals }: Plan, signupSeconds: number): number {
  const due = arrivals.dueMicroseconds.filter((_, at) => arrivals.burst[at] === 0);
  const window = signupSeconds * 1e6;
  const meeting = due.filter(
    (one, at) =>
      one - (due[at - 1] ?? Number.NEGATIVE_INFINITY) < window ||
      (due[at + 1] ?? Number.POSITIVE_INFINITY) - one < window,
  );
  return meeting.length / due.length;
}

function compile(campaign: Campaign, seed?: number, scale = 1): Plan {
  return compilePlan(campaign, target, {
    runId: "cp-0000000000000",
    scale,
    ...(seed === undefined ? {} : { seed }),
  });
}

function flat(wanted: {
  seconds: number;
  perSecond: number;
  behaviour?: object;
  bursts?: object[];
}): Campaign {
  const { seconds, perSecond, behaviour = {}, bursts = [] } = wanted;
  const pieces = [{ name: "flat", shape: "constant", seconds, perSecond }];
  return campaignSchema.parse({ claim: "wiring", arrivals: { pieces, bursts }, behaviour });
}

function messageOf(act: () => void): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("did not throw");
}

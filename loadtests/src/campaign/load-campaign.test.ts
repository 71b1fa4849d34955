import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BEHAVIOURS } from "../plan/plan.ts";
import { type Campaign, campaignSchema } from "./campaign.ts";
import { CAMPAIGNS_DIR, loadCampaign, shippedCampaigns } from "./load-campaign.ts";

const SHIPPED = ["breakpoint", "default", "double-tap", "ramp", "retry-storm", "smoke", "soak", "spike"];

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "crowdproof-campaign-"));
});
afterAll(() => rm(dir, { recursive: true }));

test("eight campaigns are shipped, found by their bare names and called as their files", async () => {
  expect(await shippedCampaigns()).toEqual(SHIPPED);
  for (const name of SHIPPED) expect((await loadCampaign(name)).name).toBe(name);
});

test("the default campaign earns a crowd and leaves the gate a third of its minute, with every behaviour in it", async () => {
  const campaign = await loadCampaign("default");
  const { arrivals, behaviour, drainSeconds, readBackSeconds } = campaign;
  expect(campaign.claim).toBe("crowd");
  expect(Object.keys(behaviour).sort()).toEqual(BEHAVIOURS.filter((one) => one !== "plain").sort());
  expect(Object.values(behaviour).every((share) => share > 0)).toBe(true);
  expect(arrivals.bursts.every(({ visitors }) => visitors >= 64)).toBe(true);
  expect(arrivalSecondsOf(campaign) + drainSeconds + readBackSeconds).toBeLessThanOrEqual(40);
});

test("a name nobody knows is answered with the nearest and with the list", async () => {
  await expect(loadCampaign("defualt")).rejects.toThrow(
    /no campaign "defualt"\. Did you mean "default"\? Shipped: breakpoint, default, .*\.\/defualt\.yaml/,
  );
});

test("a file's own name comes before that of its file, and the same file can be named by its path", async () => {
  const file = join(dir, "other.yaml");
  await writeFile(
    file,
    "name: noon push\nclaim: wiring\narrivals: { pieces: [{ name: a, shape: constant, seconds: 1, perSecond: 1 }] }\n",
  );
  expect((await loadCampaign(file)).name).toBe("noon push");
  expect(await loadCampaign(join(CAMPAIGNS_DIR, "spike.yaml"))).toEqual(await loadCampaign("spike"));
});

test("a campaign needs a claim and a curve; all else has a default", () => {
  const least = { claim: "wiring", arrivals: { pieces: [] } };
  expect(campaignSchema.parse(least)).toMatchObject({
    seed: 1,
    overlapTargetRatio: 0,
    objectives: {},
    behaviour: { pair: 0 },
  });
  expect(campaignSchema.safeParse({ arrivals: { pieces: [] } }).success).toBe(false);
  expect(campaignSchema.safeParse({ claim: "wiring" }).success).toBe(false);
});

describe("a file that asks for what cannot be is refused at its line", () => {
  const head =
    "claim: crowd\narrivals:\n  pieces:\n    - { name: a, shape: constant, seconds: 5, perSecond: 1 }\n";
  const rows = [
    {
      name: "a negative rate",
      text: head.replace("perSecond: 1", "perSecond: -1"),
      says: ":4:58: arrivals.pieces[0].perSecond: found -1, expected at least 0",
    },
    {
      name: "a rate that is not a number",
      text: head.replace("perSecond: 1", "perSecond: .nan"),
      says: ":4:58: found .nan, expected a finite number",
    },
    {
      name: "a piece of no seconds",
      text: head.replace("seconds: 5", "seconds: 0"),
      says: ":4:44: arrivals.pieces[0].seconds: found 0, expected more than 0",
    },
    {
      name: "a decay to nothing",
      text: head.replace(
        "shape: constant, seconds: 5, perSecond: 1",
        "shape: decay, seconds: 5, fromPerSecond: 5, toPerSecond: 0",
      ),
      says: "toPerSecond: found 0, expected more than 0",
    },
    {
      name: "a shape nobody knows",
      text: head.replace("constant", "spyke"),
      says: ':4:25: arrivals.pieces[0].shape: found "spyke", expected one of: constant, ramp, spike, decay; did you mean "spike"?',
    },
    {
      name: "a burst after the end",
      text: `${head}  bursts: [{ atSeconds: 5, visitors: 64 }]\n`,
      says: ":5:25: arrivals.bursts[0].atSeconds: found 5, expected less than 5, the seconds of all pieces together",
    },
    {
      name: "half a visitor",
      text: `${head}  bursts: [{ atSeconds: 1, visitors: 6.5 }]\n`,
      says: "visitors: found 6.5, expected a whole number",
    },
    {
      name: "shares above one",
      text: `${head}behaviour: { pair: 0.6, retry: 0.5 }\n`,
      says: ":5:12: behaviour: found shares that add up to 1.1, expected at most 1 (plain takes the rest)",
    },
    {
      name: "a behaviour nobody knows",
      text: `${head}behaviour: { doubleTap: 0.6 }\n`,
      says: ':5:14: behaviour.doubleTap: found an unknown key; did you mean "double-tap"?',
    },
    {
      name: "a pause that ends before it begins",
      text: `${head}thinkTimes: { patience: { kind: uniform, fromSeconds: 2, toSeconds: 1 } }\n`,
      says: ":5:69: thinkTimes.patience.toSeconds: found less than fromSeconds",
    },
    {
      name: "more visitors than there are numbers",
      text: `${head}limits: { visitorsMax: 1048576 }\n`,
      says: "limits.visitorsMax: found 1048576, expected at most 1048575",
    },
  ];
  test.each(rows)("$name", async ({ text, says }) => {
    const file = join(dir, "wrong.yaml");
    await writeFile(file, text);
    await expect(loadCampaign(file)).rejects.toThrow(says);
  });
});

test("shares that add up to one in a person's head are accepted, whatever doubles make of it", () => {
  const behaviour = { "double-tap": 0.01, retry: 0.2, impatient: 0.68, pair: 0.11 };
  expect(0.01 + 0.2 + 0.68 + 0.11).toBeGreaterThan(1);
  expect(campaignSchema.safeParse({ claim: "wiring", arrivals: { pieces: [] }, behaviour }).success).toBe(
    true,
  );
});

function arrivalSecondsOf({ arrivals }: Campaign): number {
  return arrivals.pieces.reduce(
    (total, piece) =>
      total + (piece.shape === "spike" ? piece.riseSeconds + piece.fadeSeconds : piece.seconds),
    0,
  );
}

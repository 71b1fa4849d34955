import { describe, expect, it } from "vitest";
import { describeWith } from "../../loadtests/test/needs.ts";
import { LANES, type LaneName } from "./lanes.ts";
import { latencyPage, quantile } from "./latency-page.ts";
import { proveAlert } from "./prove-alert.ts";
import { SCENES } from "./scenes.ts";

/** A service, a stack and its rules, on two cores that everybody shares: arrival is what is asserted, the time is printed. */
const PROOF_MS_MAX = 240_000;

describeWith("prometheus", "from a fault to somebody who knows", () => {
  describeWith("alertmanager", "with Alertmanager", () => {
    it.each(["halt", "push", "rules", "dead-process"] satisfies LaneName[])(
      "by %s alone",
      { timeout: PROOF_MS_MAX },
      async (name) => {
        const lane = await LANES.find((each) => each.name === name)?.open();
        if (lane === undefined) throw new Error(`no lane ${name}`);
        try {
          const seconds = await lane.measure();
          process.stdout.write(`${name}: ${seconds.toFixed(3)} s\n`);
          expect(seconds).toBeGreaterThanOrEqual(0);
        } finally {
          await lane.close();
        }
      },
    );

    it("has an alert fire, tell, and end", { timeout: PROOF_MS_MAX }, async () => {
      const scene = SCENES.find(({ alert }) => alert === "CampaignOverPlan");
      if (scene === undefined) throw new Error("no scene");
      const proof = await proveAlert(scene);
      process.stdout.write(`${JSON.stringify(proof)}\n`);
      // What else fired is printed, and judged on a quiet machine: on a busy one scrapes time out, and that pages.
      expect(proof).toMatchObject({ alert: "CampaignOverPlan", severity: "ticket" });
      expect(proof.toldSeconds).not.toBeNull();
    });
  });
});

describe("the latency table", () => {
  it("takes values that were measured for its percentiles", () => {
    const values = [0.3, 0.1, 0.2, 0.4];
    expect([0.5, 0.95, 1].map((of) => quantile(values, of))).toEqual([0.2, 0.4, 0.4]);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it("says what was not measured, not often enough, or not as promised", () => {
    const page = latencyPage(
      { halt: [0.01, 0.2], watchdog: Array.from({ length: 10 }, () => 9) },
      { sentence: "here" },
    );
    expect(page).toMatch(/\| halt \| 2 of 300 \| 10 ms \| 200 ms .*\*\*no\*\*/);
    expect(page).toMatch(/\| watchdog \| 10 \| 9\.00 s .*\| yes \|/);
    expect(page).toMatch(/\| rules \| 0 of 60 .* not measured \|/);
  });
});

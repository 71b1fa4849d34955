import { describe, expect, it } from "vitest";
import { describeWith } from "../../loadtests/test/needs.ts";
import { STATES } from "../states/states.ts";
import { alertTablePage, type Proven } from "./alert-table-page.ts";
import { someOf } from "./arguments.ts";
import { LANES } from "./lanes.ts";
import { latencyPage, quantile } from "./latency-page.ts";
import { SCENES } from "./scenes.ts";

/** A service, a stack and its rules, on two cores that everybody shares: a loose bound is asserted, the time is printed. */
const PROOF_MS_MAX = 240_000;
/** Of what is promised on a quiet machine; the promise itself is held by `npm run bench-alerts`. */
const LOOSE = 5;

describeWith("prometheus", "from a fault to somebody who knows", () => {
  describeWith("alertmanager", "with Alertmanager", () => {
    it.each(LANES)("by $name alone", { timeout: PROOF_MS_MAX }, async ({ name, limit, open }) => {
      const lane = await open();
      try {
        const seconds = await lane.measure();
        process.stdout.write(`${name}: ${seconds.toFixed(3)} s\n`);
        expect(seconds).toBeLessThanOrEqual(LOOSE * limit.seconds);
      } finally {
        await lane.close();
      }
    });
  });
});

describe("what CI proves each day", () => {
  const names = SCENES.map(({ alert }) => alert);
  const days = Array.from({ length: 9 }, (_value, day) => someOf(names, 3, day));

  it("is everything in nine days, three at a time", () => {
    expect(days.map((day) => day.length)).toEqual(Array(9).fill(3));
    expect(days.flat().sort()).toEqual(names.toSorted());
  });

  it("is always a page among others", () => {
    const pages = STATES.map(({ alert }) => alert);
    expect(days.filter((day) => !day.some((alert) => pages.includes(alert)))).toEqual([]);
  });
});

describe("the latency table", () => {
  const trials = (seconds: number[], build = "new") => ({ build, circumstances: "here", seconds });

  it("marks what was measured on another build", () => {
    const page = latencyPage({ push: trials([0.01]), halt: trials([0.01], "old") }, "new");
    expect(page).toMatch(/^\| push \|/m);
    expect(page).toMatch(/^\| halt \* \|/m);
  });

  it("takes values that were measured for its percentiles", () => {
    const values = [0.3, 0.1, 0.2, 0.4];
    expect([0.5, 0.95, 1].map((of) => quantile(values, of))).toEqual([0.2, 0.4, 0.4]);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it("says what was not measured, not often enough, or not as promised", () => {
    const page = latencyPage(
      {
        halt: trials([0.01, 0.2]),
        push: trials([0.01, 0.02]),
        watchdog: trials(Array.from({ length: 10 }, () => 9)),
      },
      "new",
    );
    expect(page).toMatch(/\| halt \| 2 of 300 \| 10 ms \| 200 ms .*\*\*no\*\*/);
    expect(page).toMatch(/\| push \| 2 of 300 .* unknown: too few \|/);
    expect(page).toMatch(/\| watchdog \| 10 \| 9\.00 s .*\| yes \|/);
    expect(page).toMatch(/\| rules \| 0 of 60 .* not measured \|/);
  });

  it("says no where nobody heard of one, however fast the other 299 were", () => {
    const page = latencyPage({ push: trials([...Array.from({ length: 299 }, () => 0.01), 60]) }, "new");
    expect(page).toMatch(/\| push \| 300 \| 10 ms .*\| \*\*1\*\* \| p99 ≤ 0\.75 s \| \*\*no\*\* \|/);
  });
});

describe("the alert table", () => {
  const proof = (alert: string, build: string): Proven => ({
    alert,
    build,
    how: "so",
    severity: "page",
    firedSeconds: 1,
    toldSeconds: 2,
    overSeconds: 3,
    others: [],
    unexpected: [],
  });

  it("marks what another build did, and bounds nothing by it", () => {
    const quiet = ["a", "b", "c", "d", "e"].map((campaign, at) => ({
      campaign,
      scale: 0.25,
      build: at === 0 ? "old" : "new",
      pages: [[]],
    }));
    const proven = { IdAnomaly: proof("IdAnomaly", "old"), TargetDown: proof("TargetDown", "new") };
    const page = alertTablePage({ proven, failed: {} }, quiet, { sentence: "here", build: "new" });
    expect(page).toMatch(/^\| IdAnomaly \* \| page \| so \|/m);
    expect(page).toMatch(/^\| TargetDown \|/m);
    expect(page).toMatch(/^\| a \* \|/m);
    expect(page).toContain("0 of 4. With 95 % confidence fewer than 75 %");
  });

  it("keeps what failed beside what was proven later", () => {
    const proven = { TargetDown: proof("TargetDown", "new") };
    const failed = {
      IdAnomaly: { build: "old", whys: ["nobody fired"] },
      TargetDown: { build: "new", whys: ["waited 90 s", "waited 91 s"] },
    };
    const page = alertTablePage({ proven, failed }, [], { sentence: "here", build: "new" });
    for (const line of [
      "- IdAnomaly *: nobody fired.",
      "- TargetDown: waited 90 s.",
      "- TargetDown: waited 91 s.",
    ])
      expect(page.split("\n")).toContain(line);
    expect(page).toMatch(/^\| TargetDown \|/m);
  });
});

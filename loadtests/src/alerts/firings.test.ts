import { expect, it } from "vitest";
import { type Alerts, firingsIn, isWithin, labelsText, type Samples } from "./firings.ts";

const NOW_SECONDS = 1_000;

function series(labels: Record<string, string>, seconds: number[], value = "1"): Samples {
  return { metric: labels, values: seconds.map((at) => [at, value]) };
}

const firing = (seconds: number[], labels: Record<string, string> = {}) =>
  series(
    { __name__: "ALERTS", alertname: "IdAnomaly", alertstate: "firing", severity: "page", ...labels },
    seconds,
  );

function firings(states: Samples[], since: Samples[] = []) {
  const alerts: Alerts = { states, since, intervalMs: () => 1_000, nowMs: NOW_SECONDS * 1_000 };
  return firingsIn(alerts).map(({ firedMs, resolvedMs, pendingMs }) => [
    firedMs / 1e3,
    resolvedMs === null ? null : resolvedMs / 1e3,
    pendingMs === null ? null : pendingMs / 1e3,
  ]);
}

it("has no firing where nothing fired, or was only about to", () => {
  const pending = series({ alertname: "IdAnomaly", alertstate: "pending" }, [10, 11]);
  expect(firings([])).toEqual([]);
  expect(firings([pending])).toEqual([]);
});

it("ends a firing an evaluation after its last sample, and leaves open what still fires", () => {
  expect(firings([firing([10, 11, 12])])).toEqual([[10, 13, null]]);
  expect(firings([firing([997, 998, 999])])).toEqual([[997, null, null]]);
});

it("takes a pause for a second firing, and some evaluations that were left out for none", () => {
  expect(firings([firing([10, 11, 14, 20, 21])])).toEqual([
    [10, 15, null],
    [20, 22, null],
  ]);
});

it("knows since when the condition held, by the sample before it fired", () => {
  const began: Samples = {
    metric: { __name__: "ALERTS_FOR_STATE", alertname: "IdAnomaly", severity: "page" },
    values: [
      [5, "5"],
      [10, "5"],
      [20, "19"],
    ],
  };
  expect(firings([firing([10, 20])], [began])).toEqual([
    [10, 11, 5],
    [20, 21, 19],
  ]);
  const ofAnother = { ...began, metric: { ...began.metric, kind: "malformed" } };
  expect(firings([firing([10])], [ofAnother])).toEqual([[10, 11, null]]);
});

it("puts what fired first before what fired later, whatever series it was in", () => {
  const states = [firing([30], { kind: "unbound" }), firing([10], { kind: "malformed" })];
  expect(firings(states).map(([fired]) => fired)).toEqual([10, 30]);
});

it("says the labels that tell an alert from its like, and not those that all have", () => {
  const labels = {
    severity: "page",
    run: "cp-1",
    lane: "rule",
    kind: "duplicate",
    halt: "true",
    job: "service",
  };
  expect(labelsText(labels)).toBe('job="service" kind="duplicate"');
  expect(labelsText(labels, ["job"])).toBe('kind="duplicate"');
  expect(labelsText({ lane: "push" })).toBe('lane="push"');
});

it("finds labels within more labels, and not within others", () => {
  expect(isWithin({ kind: "a" }, { kind: "a", run: "r" })).toBe(true);
  expect(isWithin({ kind: "a", check: "b" }, { kind: "a", run: "r" })).toBe(false);
});

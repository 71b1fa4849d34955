import { describe, expect, it } from "vitest";
import {
  addSnapshots,
  anomaliesOf,
  lastingOf,
  type MetricsSnapshot,
  mergeSnapshots,
  renderSnapshots,
} from "./snapshot.ts";
import { createTallies } from "./tallies.ts";

interface Counted {
  failedPushes?: number;
  queued?: number;
  lineWaitSeconds?: number;
  capacityPerSecond?: number;
  anomalyAtSeconds?: number;
  commitSeconds?: number;
}

function snapshotOf(counted: Counted): MetricsSnapshot {
  const { failedPushes = 0, queued = 0, lineWaitSeconds = 0, capacityPerSecond = 0 } = counted;
  const { anomalyAtSeconds = 0, commitSeconds } = counted;
  const tallies = createTallies();
  tallies.counts("crowdproof_pushes_total").failed.value = failedPushes;
  tallies.level("crowdproof_signups_queued", () => queued);
  tallies.level("crowdproof_line_wait_seconds", () => lineWaitSeconds);
  tallies.level("crowdproof_capacity_signups_per_second", () => capacityPerSecond);
  const none = { duplicate: 0, malformed: 0, "wrong-person": 0, "foreign-session": 0, unbound: 0 };
  tallies.levels("crowdproof_last_anomaly_timestamp_seconds", () => ({ ...none, unbound: anomalyAtSeconds }));
  const commits = tallies.spread("crowdproof_commit_seconds", {});
  if (commitSeconds !== undefined) commits.observe(commitSeconds);
  return tallies.snapshot("all");
}

/** The values that are not 0, by series. */
function told(snapshot: MetricsSnapshot): Record<string, number> {
  const samples = snapshot.flatMap(({ name, values }) =>
    values.map(
      ({ metricName, labels, value }) =>
        [[metricName ?? name, ...Object.values(labels)].join(" "), value] as const,
    ),
  );
  return Object.fromEntries(samples.filter(([series, value]) => value !== 0 && !series.includes("_bucket")));
}

describe("the processes of one service", () => {
  it("are one by each metric's own aggregation", async () => {
    const one = snapshotOf({
      failedPushes: 2,
      queued: 3,
      lineWaitSeconds: 8,
      anomalyAtSeconds: 100,
      commitSeconds: 0.25,
    });
    const other = snapshotOf({
      failedPushes: 5,
      queued: 4,
      lineWaitSeconds: 6,
      anomalyAtSeconds: 90,
      commitSeconds: 0.5,
    });
    expect(told(await addSnapshots([one, other]))).toEqual({
      "crowdproof_pushes_total failed": 7,
      crowdproof_signups_queued: 7,
      crowdproof_line_wait_seconds: 8,
      "crowdproof_last_anomaly_timestamp_seconds unbound": 100,
      crowdproof_commit_seconds_sum: 0.75,
      crowdproof_commit_seconds_count: 2,
    });
  });

  it("are taken to be like those that were full, where some never were", async () => {
    const told = async (...perSecond: number[]) => {
      const page = await renderSnapshots(perSecond.map((each) => snapshotOf({ capacityPerSecond: each })));
      return Number(/^crowdproof_capacity_signups_per_second (.+)$/m.exec(page)?.[1]);
    };
    expect(await told(20, 0, 30)).toBe(75);
    expect(await told(20, 40)).toBe(60);
    expect(await told(0, 0)).toBe(0);
  });

  it("leave behind what they counted and when, but no level", () => {
    const ended = snapshotOf({
      failedPushes: 2,
      queued: 3,
      lineWaitSeconds: 8,
      anomalyAtSeconds: 100,
      commitSeconds: 0.25,
    });
    expect(told(lastingOf(ended))).toEqual({
      "crowdproof_pushes_total failed": 2,
      "crowdproof_last_anomaly_timestamp_seconds unbound": 100,
      crowdproof_commit_seconds_sum: 0.25,
      crowdproof_commit_seconds_count: 1,
    });
  });

  it("are on the small page with what a page must follow", () => {
    const names = anomaliesOf(snapshotOf({})).map(({ name }) => name);
    expect(names).toEqual(["crowdproof_pushes_total", "crowdproof_last_anomaly_timestamp_seconds"]);
  });

  it("are told by their newest word, and where it was on the small page by the one before for the rest", () => {
    const before = snapshotOf({ failedPushes: 1, queued: 3 });
    const now = anomaliesOf(snapshotOf({ failedPushes: 2, queued: 9 }));
    expect(told(mergeSnapshots(before, now))).toEqual({
      "crowdproof_pushes_total failed": 2,
      crowdproof_signups_queued: 3,
    });
  });
});

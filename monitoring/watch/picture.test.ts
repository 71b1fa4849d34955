import { describe, expect, it } from "vitest";
import type { FiringAlert, Sample, Sight } from "./ask-prometheus.ts";
import { picture } from "./picture.ts";
import { QUESTIONS, type Question } from "./questions.ts";

const NOW_MS = Date.UTC(2026, 11, 4, 10, 0, 0);
const NONE: Readonly<Record<string, Sample[]>> = Object.fromEntries(
  Object.keys(QUESTIONS).map((name) => [name, []]),
);
const one = (value: number, labels: Record<string, string> = {}): Sample[] => [{ value, labels }];

const HEALTHY: Partial<Record<Question, Sample[]>> = {
  phase: [...one(1, { phase: "open" }), ...one(0, { phase: "halted" })],
  share: one(1),
  reopenedSeconds: one(0),
  members: one(9_120),
  membersPerSecond: one(43.2),
  offeredPerSecond: one(44),
  capacityPerSecond: one(100),
  waitingPeople: one(312),
  toldSeconds: one(14),
  p99Seconds: one(0.21),
  queued: one(0),
  working: one(12),
  limit: one(256),
  connectionsBusy: one(3),
  connectionsLimit: one(40),
  workers: one(2),
  workersWanted: one(2),
  anomalies: [...one(0, { kind: "wrong-person" }), ...one(0, { kind: "malformed" })],
  lastAnomalyAgeSeconds: one(NOW_MS / 1_000),
  findings: one(0, { kind: "ghost" }),
  lookAgeSeconds: one(1),
  lost: one(0),
  targetsUp: one(6),
  targets: one(6),
};

const LOAD_TEST: Partial<Record<Question, Sample[]>> = {
  runPlanned: one(1_235),
  runStarted: one(1_234),
  runInFlight: one(56),
  exposures: one(0, { run: "night" }),
};

function see(samples: Partial<Record<Question, Sample[]>>, more: Partial<Sight> = {}): Sight {
  return {
    atMs: NOW_MS,
    samples: { ...NONE, ...samples } as Sight["samples"],
    firing: [],
    isGuarded: true,
    ...more,
  };
}

const plainly = (sight: Sight, columns = 80, rows = 22) =>
  picture(sight, { columns, rows, paint: (_, text) => text }).join("\n");

function alert(name: string, severity: string, labels: Record<string, string> = {}): FiringAlert {
  return {
    name,
    labels: { severity, ...labels },
    annotations: {
      summary: `The summary of ${name}.`,
      runbook_url: `http://127.0.0.1:9095/runbooks/${name}`,
    },
    sinceMs: NOW_MS - 90_000,
  };
}

describe("the picture of a campaign", () => {
  it("says how it goes", () => {
    expect(plainly(see(HEALTHY)).split("\n")).toEqual([
      "  OPEN   to 100 % of newcomers, since its start",
      "",
      " members    9,120          43.2 each second, 44.0 ask",
      " capacity   44 %           is asked for, of 100.0 signups each second",
      " waiting    about 312      who comes now is told 14 s",
      " p99        210 ms         signups acknowledged in the last minute",
      " at work    12 of 256      0 queued, 3 of 40 connections busy",
      " workers    2 of 2",
      "",
      " anomalies  0              withheld by the guard, none so far",
      " auditor    0              looked at the database 1 s ago",
      " probe      no data        seen by the probe's visitors",
      " lost       0              anomalies and accesses that are written nowhere",
      " load test  no data        no run shows its numbers",
      "",
      " alerts     none; 6 of 6 targets answer",
    ]);
  });

  it("says no data where there is none, and never 0", () => {
    const lines = plainly(see({})).split("\n");
    expect(lines[0]).toContain("NO DATA");
    for (const label of [
      "members",
      "capacity",
      "waiting",
      "p99",
      "at work",
      "workers",
      "anomalies",
      "auditor",
      "probe",
      "lost",
      "load test",
    ])
      expect(
        lines.find((line) => line.startsWith(` ${label}`)),
        label,
      ).toMatch(/^ \w+( \w+)? +no data/);
    expect(lines.join("\n")).not.toContain("exposures");
  });

  it("says since when it is halted, by whom, and what was found", () => {
    const text = plainly(
      see({
        ...HEALTHY,
        phase: [...one(0, { phase: "open" }), ...one(1, { phase: "halted" })],
        lastOpenSeconds: one(NOW_MS / 1_000 - 130),
        haltedBy: [...one(1, { by: "guard" }), ...one(2, { by: "operator" })],
        haltedBySeconds: [
          ...one(NOW_MS / 1_000 - 900, { by: "operator" }),
          ...one(NOW_MS / 1_000 - 100, { by: "alert" }),
          ...one(NOW_MS / 1_000 - 105, { by: "guard" }),
        ],
        anomalies: [...one(3, { kind: "wrong-person" }), ...one(1, { kind: "malformed" })],
        exposures: one(7, { run: "night" }),
      }),
    );
    expect(text).toMatch(/HALTED {3}since \d\d:\d\d:\d\d \(2 min ago\), by guard and alert$/m);
    expect(text).toContain("about 312      who comes now is not let in");
    expect(text).toContain("3 wrong-person · 1 malformed");
    expect(text).toContain("7 night");
  });

  it("says that a campaign whose state nobody can read is closed, and that a share is a share", () => {
    expect(plainly(see({ ...HEALTHY, phase: one(1, { phase: "unreadable" }) }))).toContain("CLOSED");
    const shared = plainly(see({ ...HEALTHY, share: one(0.01), reopenedSeconds: one(NOW_MS / 1_000 - 30) }));
    expect(shared).toMatch(/OPEN {3}to 1 % of newcomers, reopened \d\d:\d\d:\d\d \(30 s ago\)/);
  });

  const rowOf = (label: string, samples: Partial<Record<Question, Sample[]>>) =>
    picture(see({ ...HEALTHY, ...samples }), {
      columns: 80,
      rows: 22,
      paint: (tone, text) => (text.trim() === "0" ? `<${tone}>` : text),
    }).find((line) => line.startsWith(` ${label}`));

  it("does not call it good that an auditor who does not look has found nothing", () => {
    const auditor = (lookAgeSeconds: number) => rowOf("auditor", { lookAgeSeconds: one(lookAgeSeconds) });
    expect(auditor(1)).toMatch(/<good> +looked at the database 1 s ago$/);
    expect(auditor(600)).toMatch(/<look> +has not looked at the database for 10 min$/);
    expect(auditor(NOW_MS / 1_000)).toMatch(/<look> +has not looked at the database yet$/);
  });

  it("does not call it good that a probe that sees nothing has found nothing", () => {
    const probeViolations = one(0, { target: "shop", check: "reads-own" });
    const probe = (...probeAgeSeconds: Sample[]) => rowOf("probe", { probeViolations, probeAgeSeconds });
    expect(probe(...one(20, { target: "shop" }))).toMatch(/<good> +saw its own data 20 s ago$/);
    expect(probe(...one(600, { target: "shop" }))).toMatch(/<look> +saw its own data 10 min ago$/);
    expect(probe(...one(20, { target: "other" }))).toMatch(/<look> +has not seen its own data yet$/);
  });

  it("says of a load test how much of it was sent, and what it saw", () => {
    const text = plainly(see({ ...HEALTHY, ...LOAD_TEST }));
    expect(text).toContain(" load test  99.9 %         1,234 of 1,235 due have started, 56 in flight");
    expect(text).toContain(" exposures  0              seen by the load test's visitors");
    expect(plainly(see({ ...LOAD_TEST, runPlanned: one(0), runStarted: one(0) }))).toContain(
      " load test  nobody is due  0 started, 56 in flight",
    );
    expect(plainly(see({ ...LOAD_TEST, runPlanned: [] }))).toContain(
      " load test  no data        1,234 of ? due have started, 56 in flight",
    );
  });

  it("does not know the capacity of a service that was never full", () => {
    expect(plainly(see({ ...HEALTHY, capacityPerSecond: one(0) }))).toContain(
      " capacity   not known yet  the service has not been full yet",
    );
  });

  it("says how long ago the last anomaly was, on a line of its own where many kinds leave no room", () => {
    const last = (samples: Partial<Record<Question, Sample[]>>) => plainly(see({ ...HEALTHY, ...samples }));
    const lastAnomalyAgeSeconds = one(200);
    expect(last({ lastAnomalyAgeSeconds })).toContain(
      " anomalies  0              withheld by the guard, the last 3 min ago",
    );
    const anomalies = ["wrong-person", "malformed", "duplicate", "unbound"].flatMap((kind) =>
      one(3, { kind }),
    );
    expect(last({ lastAnomalyAgeSeconds, anomalies })).toContain(
      [
        " anomalies  3 wrong-person · 3 malformed · 3 duplicate · 3 unbound",
        "            withheld by the guard, the last 3 min ago",
      ].join("\n"),
    );
    expect(last({ lastAnomalyAgeSeconds: [], anomalies: one(1, { kind: "unbound" }) })).toContain(
      "the last ? ago",
    );
  });

  it.each([
    { name: "capacity near", label: "capacity", samples: { offeredPerSecond: one(80) }, tone: "look" },
    {
      name: "more than the capacity",
      label: "capacity",
      samples: { offeredPerSecond: one(101) },
      tone: "bad",
    },
    { name: "many signups at work", label: "at work", samples: { working: one(210) }, tone: "look" },
    {
      name: "connections near their limit",
      label: "at work",
      samples: { connectionsBusy: one(24) },
      tone: "look",
    },
    { name: "all connections busy", label: "at work", samples: { connectionsBusy: one(40) }, tone: "bad" },
    { name: "nothing full", label: "at work", samples: {}, tone: "bold" },
    { name: "one access lost", label: "lost", samples: { lost: one(1) }, tone: "bad" },
    { name: "nothing lost", label: "lost", samples: {}, tone: "good" },
    {
      name: "a run that is behind",
      label: "load test",
      samples: { ...LOAD_TEST, runStarted: one(1_220) },
      tone: "look",
    },
    {
      name: "a run that is far behind",
      label: "load test",
      samples: { ...LOAD_TEST, runStarted: one(1_000) },
      tone: "bad",
    },
  ])("colours $name as the tile does", ({ label, samples, tone }) => {
    const lines = picture(see({ ...HEALTHY, ...samples }), {
      columns: 80,
      rows: 22,
      paint: (each, text) => (each === "dim" ? text : `<${each}>`),
    });
    expect(lines.find((line) => line.startsWith(` ${label}`))).toContain(`<${tone}>`);
  });

  it("is closed where one of two instances is", () => {
    const phase = [...one(1, { phase: "open" }), ...one(1, { phase: "halted" })];
    expect(plainly(see({ ...HEALTHY, phase }))).toContain("HALTED");
  });

  it("shows pages before tickets, each with its runbook, and counts what does not fit", () => {
    const firing = [
      alert("CommitsSlow", "ticket"),
      alert("CampaignHalted", "campaign"),
      alert("IdAnomaly", "page", { kind: "wrong-person" }),
    ];
    const all = plainly(see(HEALTHY, { firing }), 80, 50);
    const places = ["IdAnomaly wrong-person", "CampaignHalted", "CommitsSlow"].map((name) =>
      all.indexOf(name),
    );
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(all).toContain("http://127.0.0.1:9095/runbooks/CommitsSlow");
    // A terminal of 24 rows, without the two at its head.
    const few = plainly(see(HEALTHY, { firing }), 80, 22);
    expect(few).toContain("3 firing, 1 left out");
    expect(few).not.toContain("runbooks/CommitsSlow");
    expect(few.split("\n").length).toBeLessThanOrEqual(22);
  });

  it("doubts itself where the dead-man's switch is silent", () => {
    expect(plainly(see(HEALTHY, { isGuarded: false }))).toContain("The Watchdog does not fire");
  });

  it.each([40, 80, 160])("is no wider than a terminal of %i columns", (columns) => {
    const firing = [alert("A".repeat(70), "page", { kind: "b".repeat(90) })];
    const lines = plainly(
      see({ ...HEALTHY, anomalies: one(1, { kind: "k".repeat(200) }) }, { firing }),
      columns,
    ).split("\n");
    // A link is not cut: it is there to be opened.
    for (const line of lines.filter((each) => !each.includes("http://")))
      expect(line.length).toBeLessThanOrEqual(columns);
  });

  it("lets no label move the cursor", () => {
    expect(plainly(see({ ...HEALTHY, anomalies: one(1, { kind: "\u001b[2J\u202e" }) }))).not.toMatch(
      /\u001b|\u202e/,
    );
  });
});

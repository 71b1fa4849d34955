import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkHistory } from "../src/checks/check-history.ts";
import type { AlertEvent, Event } from "../src/events/event.ts";
import type { Plan } from "../src/plan/plan.ts";
import { decideVerdict } from "../src/verdict/decide-verdict.ts";
import { healthyHistory, observation, writeRun } from "./history-builder.ts";

let dir: string;
let runs = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "crowdproof-alert-checks-"));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

const RUN = healthyHistory().plan.runId;

function alert(change: Partial<AlertEvent> = {}): AlertEvent {
  return {
    type: "alert",
    run: RUN,
    control: null,
    alert: "IdAnomaly",
    severity: "page",
    labels: 'kind="duplicate"',
    isInhibited: false,
    pendingMicroseconds: 1_000_000,
    firedMicroseconds: 1_000_000,
    resolvedMicroseconds: 2_500_000,
    notifiedMicroseconds: 1_400_000,
    ...change,
  };
}

interface Watched {
  plan?: Plan["alerts"];
  alerts?: AlertEvent[];
  evaluations?: number;
  gapSeconds?: number;
  scrapes?: number;
  /** Why the alerts are not known. */
  why?: string;
  /** How many alerts there must be. */
  told?: number;
}

/** A healthy run that was watched, and what this made of it. */
async function judge({
  alerts = [],
  evaluations = 30,
  gapSeconds = 1.1,
  scrapes = 29,
  why,
  told,
  plan,
}: Watched) {
  const history = healthyHistory();
  history.plan.alerts = plan ?? { expected: [], alongside: [] };
  const seen = [
    { kind: "watch", name: "evaluations", value: evaluations },
    { kind: "watch", name: "gap", value: gapSeconds },
    { kind: "watch", name: "scrapes", value: scrapes },
    { kind: "alerts-end", name: why ?? null, value: why === undefined ? (told ?? alerts.length) : null },
  ] as const;
  const end = history.events.at(-1);
  if (end?.type !== "end") throw new Error("a healthy history ends with its end");
  const added: Event[] = [...alerts, ...seen.map((one) => observation({ ...one, atMicroseconds: 1 }))];
  history.events = [
    ...history.events.slice(0, -1),
    ...added,
    { ...end, observations: end.observations + seen.length },
  ];
  const verdict = decideVerdict(await checkHistory(await writeRun(join(dir, String(runs++)), history)));
  const of = (name: string) => {
    const check = verdict.checks.find((one) => one.name === name);
    return check?.judged === true ? check.outcome : "not there";
  };
  return {
    outcome: verdict.outcome,
    watching: of("watching"),
    unexpected: of("unexpected-pages"),
    expected: of("expected-alerts"),
    verdict,
  };
}

describe("a run that was watched", () => {
  it("passes without a page, and says how often somebody looked", async () => {
    const { verdict, ...outcomes } = await judge({});
    expect(outcomes).toEqual({
      outcome: "pass",
      watching: "pass",
      unexpected: "pass",
      expected: "not there",
    });
    const check = verdict.checks.find(({ name }) => name === "unexpected-pages");
    expect(check).toMatchObject({ kind: "alert", observed: 30 });
  });

  it("fails by a page that nobody expected, and names it", async () => {
    const { verdict, ...outcomes } = await judge({ alerts: [alert()] });
    expect(outcomes).toMatchObject({ outcome: "fail", watching: "pass", unexpected: "fail" });
    expect(verdict.reasons[0]).toContain('IdAnomaly kind="duplicate"');
    expect(verdict.alerts).toEqual([
      {
        alert: "IdAnomaly",
        severity: "page",
        labels: 'kind="duplicate"',
        isExpected: false,
        isInhibited: false,
        pendingMicroseconds: 1_000_000,
        firedMicroseconds: 1_000_000,
        resolvedMicroseconds: 2_500_000,
        notifiedMicroseconds: 1_400_000,
      },
    ]);
  });

  it("is not judged by tickets, nor by what concerns the campaign alone", async () => {
    const alerts = ["ticket", "campaign", "none"].map((severity) => alert({ severity }));
    const { outcome, verdict } = await judge({ alerts });
    expect(outcome).toBe("pass");
    expect(verdict.alerts).toHaveLength(3);
  });

  it("is not judged by a page of which nobody was told, because another alert says the same", async () => {
    const kept = alert({ isInhibited: true, notifiedMicroseconds: null });
    expect(await judge({ alerts: [kept] })).toMatchObject({ outcome: "pass", unexpected: "pass" });
  });

  it("takes critical, as the rules of others call it, for a page", async () => {
    expect(await judge({ alerts: [alert({ severity: "critical" })] })).toMatchObject({ unexpected: "fail" });
  });

  it("passes when what was demanded fired, also along with what another layer sees of it", async () => {
    const plan = { expected: ["IdAnomaly"], alongside: ["IdAnomalyInDatabase"] };
    const alerts = [alert(), alert({ alert: "IdAnomalyInDatabase" })];
    const { verdict, ...outcomes } = await judge({ plan, alerts });
    expect(outcomes).toEqual({ outcome: "pass", watching: "pass", unexpected: "pass", expected: "pass" });
    expect(verdict.alerts.map(({ isExpected }) => isExpected)).toEqual([true, false]);
    expect(verdict.run.expectedAlerts).toEqual(["IdAnomaly"]);
  });

  it("fails when what was demanded did not fire, and names it", async () => {
    const plan = { expected: ["IdAnomaly", "TargetDown"], alongside: [] };
    const { verdict, ...outcomes } = await judge({ plan, alerts: [alert()] });
    expect(outcomes).toEqual({ outcome: "fail", watching: "pass", unexpected: "pass", expected: "fail" });
    expect(verdict.reasons[0]).toMatch(/1 of 2 demanded alerts fired/);
    expect(verdict.reasons[0]).toContain("(TargetDown)");
  });
});

describe("a run that was not watched", () => {
  it.each([
    { name: "nothing could be read", watched: { why: "Prometheus is not installed", evaluations: 0 } },
    { name: "the rules were never evaluated", watched: { evaluations: 0 } },
    { name: "nobody was scraped", watched: { scrapes: 0 } },
    { name: "nobody looked for longer than the watchdog's time", watched: { gapSeconds: 15.5 } },
    { name: "an alert is missing from the history", watched: { told: 1 } },
  ])("is unknown: $name", async ({ watched }) => {
    const plan = { expected: ["IdAnomaly"], alongside: [] };
    expect(await judge({ ...watched, plan })).toMatchObject({ outcome: "unknown", watching: "unknown" });
  });

  it("says why in its headline, and judges no alert", async () => {
    const why = "Prometheus is not installed; apt-get install prometheus";
    const { verdict, ...outcomes } = await judge({
      why,
      evaluations: 0,
      plan: { expected: ["IdAnomaly"], alongside: [] },
    });
    expect(outcomes).toMatchObject({ unexpected: "unknown", expected: "unknown" });
    expect(verdict.reasons.join("\n")).toContain(why);
  });

  it("is unknown too where the run ended before anybody asked", async () => {
    const history = healthyHistory();
    history.plan.alerts = { expected: [], alongside: [] };
    const verdict = decideVerdict(await checkHistory(await writeRun(join(dir, String(runs++)), history)));
    expect(verdict.outcome).toBe("unknown");
    expect(verdict.reasons.join("\n")).toContain("the alerts were never read");
  });
});

it("judges no alerts where none were demanded", async () => {
  const verdict = decideVerdict(
    await checkHistory(await writeRun(join(dir, String(runs++)), healthyHistory())),
  );
  expect(verdict.checks.filter(({ name, kind }) => kind === "alert" || name === "watching")).toEqual([]);
  expect({ outcome: verdict.outcome, alerts: verdict.alerts, expected: verdict.run.expectedAlerts }).toEqual({
    outcome: "pass",
    alerts: [],
    expected: null,
  });
});

import { type AlertTests, failed, firesAt, hold, late, metric, saying, silentAt } from "../rule-test.ts";
import { firstEventTests } from "./first-event.ts";

type Shape = Parameters<typeof metric>[2];
const reopenedAt = (...shape: Shape[]) => metric("crowdproof_reopened_timestamp_seconds", {}, ...shape);
const LAST_FOUND = "crowdproof_last_finding_timestamp_seconds";
const lastFound = (kind: "ghost" | "doctored-row", ...shape: Shape[]) =>
  metric(LAST_FOUND, { kind }, ...shape);
const findings = (kind: "ghost" | "doctored-row", ...shape: Shape[]) =>
  metric("crowdproof_auditor_findings", { kind }, ...shape);

const LEAK = { check: "reads-own", target: "shop" } as const;
const violations = (...shape: Shape[]) => metric("crowdproof_probe_violations_total", LEAK, ...shape);
const lastViolation = (...shape: Shape[]) =>
  metric("crowdproof_probe_last_violation_timestamp_seconds", LEAK, ...shape);

export const IDENTITY_TESTS: readonly AlertTests[] = [
  {
    alert: "IdAnomaly",
    tests: firstEventTests({
      counter: "crowdproof_anomalies_total",
      timestamp: "crowdproof_last_anomaly_timestamp_seconds",
      one: { kind: "wrong-person" },
      other: { kind: "duplicate" },
      keptSeconds: 60,
    }),
  },
  {
    alert: "ProbeSawForeignData",
    tests: [
      ...firstEventTests({
        counter: "crowdproof_probe_violations_total",
        timestamp: "crowdproof_probe_last_violation_timestamp_seconds",
        one: { check: "reads-own", target: "shop" },
        // Paged, and closes nothing: its label halt is false.
        other: { check: "responses-private", target: "shop" },
        keptSeconds: 0,
      }),
      {
        // The service takes an alert that began before the reopening for an old one, and nobody else sees what the probe does.
        name: "begins anew for what is seen ten seconds after a reopening, four minutes after what the campaign was closed for",
        proves: ["over", "now"],
        everySeconds: 1,
        given: [
          reopenedAt(hold(0, 340), hold(340, 100)),
          violations(hold(0, 100), hold(1, 250), hold(2, 90)),
          lastViolation(hold(0, 100), hold(99, 250), hold(349, 90)),
        ],
        expect: [
          firesAt(100, saying("1", LEAK)),
          firesAt(339, saying("1", LEAK)),
          ...silentAt(340, 341, 345, 349),
          firesAt(350, saying("2", LEAK)),
        ],
      },
      {
        name: "does not begin anew where scrapes failed soon after the event",
        proves: ["late scrape"],
        everySeconds: 1,
        given: [
          reopenedAt(hold(0, 500)),
          violations(hold(0, 100), hold(1, 20), failed(3), hold(1, 400)),
          lastViolation(hold(0, 100), hold(99, 20), failed(3), hold(99, 400)),
        ],
        expect: [
          firesAt(100, saying("1", LEAK)),
          firesAt(121, saying("1", LEAK)),
          firesAt(398, saying("1", LEAK)),
          ...silentAt(399, 419, 420, 421, 422, 423, 424, 458),
        ],
      },
    ],
  },
  {
    alert: "IdAnomalyInDatabase",
    tests: [
      {
        name: "fires from the look that finds something until it is handled, and a minute longer",
        proves: ["not yet", "now", "over"],
        given: [
          reopenedAt(hold(0, 1_200)),
          findings("ghost", hold(0, 300), hold(2, 600), hold(0, 300)),
          lastFound("ghost", hold(0, 300), hold(299, 600), hold(0, 300)),
        ],
        expect: [
          ...silentAt(0, 295),
          firesAt(300, saying("2", { kind: "ghost" })),
          firesAt(895, saying("2", { kind: "ghost" })),
          firesAt(955, saying("2", { kind: "ghost" })),
          ...silentAt(960, 1_100),
        ],
      },
      {
        name: "fires when the first sample has something already, for a state is no event",
        proves: ["first sample"],
        given: [
          reopenedAt(late(300), hold(0, 300)),
          findings("ghost", late(300), hold(1, 300)),
          lastFound("ghost", late(300), hold(10, 300)),
        ],
        expect: [
          ...silentAt(295),
          firesAt(300, saying("1", { kind: "ghost" })),
          firesAt(595, saying("1", { kind: "ghost" })),
        ],
      },
      {
        name: "is silent for what was there at the last reopening, also where nobody watched until now",
        proves: ["first sample", "reset"],
        everySeconds: 1,
        given: [
          reopenedAt(late(30), hold(20, 30), failed(60), hold(20, 120)),
          findings("ghost", late(30), hold(2, 30), failed(60), hold(0, 10), hold(2, 110)),
          lastFound("ghost", late(30), hold(19, 30), failed(60), hold(0, 10), hold(19, 110)),
        ],
        expect: silentAt(0, 29, 30, 31, 35, 59, 60, 119, 120, 129, 130, 131, 200),
      },
      {
        name: "is over a minute after a reopening with the finding in it, and fires for what is first seen later",
        proves: ["over", "now"],
        given: [
          reopenedAt(hold(0, 600), hold(598, 1_200)),
          findings("ghost", hold(0, 300), hold(1, 600), hold(2, 300), hold(1, 600)),
          lastFound("ghost", hold(0, 300), hold(298, 600), hold(899, 300), hold(298, 600)),
          findings("doctored-row", hold(0, 1_000), hold(1, 800)),
          lastFound("doctored-row", hold(0, 1_000), hold(999, 800)),
        ],
        expect: [
          firesAt(300, saying("1", { kind: "ghost" })),
          firesAt(655, saying("1", { kind: "ghost" })),
          ...silentAt(660, 895),
          firesAt(900, saying("2", { kind: "ghost" })),
          firesAt(1_000, saying("2", { kind: "ghost" }), saying("1", { kind: "doctored-row" })),
          // The new ghost is handled; the old one was accepted.
          firesAt(1_260, saying("1", { kind: "doctored-row" })),
          firesAt(1_795, saying("1", { kind: "doctored-row" })),
        ],
      },
      {
        name: "has its limit at the moment of the reopening",
        proves: ["not yet", "now"],
        given: [
          reopenedAt(hold(100, 600)),
          ...(["ghost", "doctored-row"] as const).map((kind) => findings(kind, hold(0, 300), hold(1, 300))),
          lastFound("ghost", hold(0, 300), hold(100, 300)),
          lastFound("doctored-row", hold(0, 300), hold(101, 300)),
        ],
        expect: [...silentAt(295), firesAt(300, saying("1", { kind: "doctored-row" }))],
      },
      {
        name: "fires on where the halt does not work and the campaign stays open",
        proves: ["now"],
        given: [
          reopenedAt(hold(5, 4_000)),
          findings("ghost", hold(0, 300), hold(1, 3_700)),
          lastFound("ghost", hold(0, 300), hold(299, 3_700)),
        ],
        expect: [
          ...silentAt(295),
          firesAt(300, saying("1", { kind: "ghost" })),
          firesAt(3_995, saying("1", { kind: "ghost" })),
        ],
      },
      {
        name: "remembers a reopening while the service is away",
        proves: ["late scrape"],
        given: [
          reopenedAt(hold(200, 300), failed(240), hold(200, 300)),
          findings("ghost", hold(1, 840)),
          lastFound("ghost", hold(100, 840)),
        ],
        expect: silentAt(295, 300, 400, 535, 540, 800),
      },
      {
        name: "fires with the scrape that comes back, for what was found while scrapes failed",
        proves: ["late scrape"],
        given: [
          reopenedAt(hold(200, 300), failed(60), hold(200, 300)),
          findings("ghost", hold(0, 300), failed(60), hold(2, 300)),
          lastFound("ghost", hold(0, 300), failed(60), hold(320, 300)),
        ],
        expect: [...silentAt(295, 355), firesAt(360, saying("2", { kind: "ghost" }))],
      },
      {
        name: "is silent without findings, and fires where neither a reopening nor a finding's time is told",
        proves: ["series absent"],
        given: [findings("ghost", late(300), hold(1, 300)), findings("doctored-row", hold(0, 600))],
        expect: [...silentAt(0, 295), firesAt(300, saying("1", { kind: "ghost" }))],
      },
      {
        name: "takes the instances for one service: the most findings, the latest of them, the latest reopening",
        proves: ["several instances"],
        given: [
          metric("crowdproof_reopened_timestamp_seconds", { instance: "a" }, hold(150, 600)),
          metric("crowdproof_reopened_timestamp_seconds", { instance: "b" }, hold(0, 600)),
          metric("crowdproof_auditor_findings", { kind: "ghost", instance: "a" }, hold(1, 600)),
          metric("crowdproof_auditor_findings", { kind: "ghost", instance: "b" }, hold(1, 300), hold(3, 300)),
          metric(LAST_FOUND, { kind: "ghost", instance: "a" }, hold(100, 600)),
          metric(LAST_FOUND, { kind: "ghost", instance: "b" }, hold(100, 300), hold(299, 300)),
        ],
        expect: [
          ...silentAt(0, 295),
          firesAt(300, saying("3", { kind: "ghost" })),
          firesAt(595, saying("3", { kind: "ghost" })),
        ],
      },
      {
        name: "accepts what the reopened run had, and not what another has that was never closed",
        proves: ["several instances"],
        given: ["reopened", "never-closed"].flatMap((run) => [
          metric("crowdproof_reopened_timestamp_seconds", { run }, hold(run === "reopened" ? 50 : 0, 600)),
          metric("crowdproof_auditor_findings", { run, kind: "ghost" }, hold(1, 600)),
          metric(LAST_FOUND, { run, kind: "ghost" }, hold(49, 600)),
        ]),
        expect: [firesAt(300, saying("1", { kind: "ghost", run: "never-closed" }))],
      },
    ],
  },
  {
    alert: "BreakGlassUsed",
    tests: [
      {
        name: "fires for ten minutes after the glass was broken",
        proves: ["not yet", "now", "over"],
        given: [metric("crowdproof_break_glass_timestamp_seconds", {}, hold(0, 900), hold(900, 900))],
        expect: [
          ...silentAt(700, 895),
          firesAt(900, saying("0s")),
          firesAt(1_495, saying("9m 55s")),
          ...silentAt(1_500),
        ],
      },
      {
        name: "fires when the first scrape comes late and shows it already, and not when it is an old story",
        proves: ["first sample"],
        given: [
          metric("crowdproof_break_glass_timestamp_seconds", { run: "a" }, late(900), hold(400, 300)),
          metric("crowdproof_break_glass_timestamp_seconds", { run: "b" }, late(900), hold(300, 300)),
        ],
        expect: [...silentAt(895), firesAt(900, saying("8m 20s", { run: "a" }))],
      },
      {
        // A new process tells 0 until it has read the trail.
        name: "goes on after a restart, as soon as the audit trail has been read again",
        proves: ["reset", "late scrape"],
        given: [
          metric(
            "crowdproof_break_glass_timestamp_seconds",
            {},
            hold(0, 900),
            hold(900, 60),
            failed(30),
            hold(0, 10),
            hold(900, 300),
          ),
        ],
        expect: [firesAt(955, saying("55s")), ...silentAt(960, 990, 995), firesAt(1_000, saying("1m 40s"))],
      },
      {
        name: "is silent where nobody tells",
        proves: ["series absent"],
        given: [],
        expect: silentAt(0, 900),
      },
      {
        name: "is one page for several instances, and takes the latest",
        proves: ["several instances"],
        given: [
          metric("crowdproof_break_glass_timestamp_seconds", { instance: "a" }, hold(0, 900), hold(890, 300)),
          metric("crowdproof_break_glass_timestamp_seconds", { instance: "b" }, hold(0, 900), hold(250, 300)),
        ],
        expect: [...silentAt(895), firesAt(900, saying("10s"))],
      },
    ],
  },
  {
    alert: "CampaignHalted",
    tests: [
      {
        name: "fires while the campaign is halted, with the number of the halt",
        proves: ["not yet", "now", "over"],
        given: [
          metric("crowdproof_campaign_state", { phase: "halted" }, hold(0, 300), hold(1, 300), hold(0, 300)),
          metric("crowdproof_halts_total", { by: "guard" }, hold(1, 300), hold(2, 600)),
          metric("crowdproof_halts_total", { by: "operator" }, hold(3, 900)),
        ],
        expect: [...silentAt(0, 295), firesAt(300, saying("5")), firesAt(595, saying("5")), ...silentAt(600)],
      },
      {
        name: "fires from the first sample on, however late it comes",
        proves: ["first sample"],
        given: [
          metric("crowdproof_campaign_state", { phase: "halted" }, late(300), hold(1, 300)),
          metric("crowdproof_halts_total", { by: "guard" }, late(300), hold(1, 300)),
        ],
        expect: [...silentAt(295), firesAt(300, saying("1"))],
      },
      {
        // A new process tells no phase and 0 halts until it has read the database.
        name: "goes on after a restart with the same number, for phase and halts are in the database",
        proves: ["reset", "late scrape"],
        given: [
          metric(
            "crowdproof_campaign_state",
            { phase: "halted" },
            hold(1, 300),
            failed(20),
            hold(0, 10),
            hold(1, 300),
          ),
          metric(
            "crowdproof_halts_total",
            { by: "guard" },
            hold(4, 300),
            failed(20),
            hold(0, 10),
            hold(4, 300),
          ),
        ],
        expect: [firesAt(295, saying("4")), ...silentAt(300, 320, 325), firesAt(330, saying("4"))],
      },
      {
        name: "is silent where nobody tells the phase",
        proves: ["series absent"],
        given: [metric("crowdproof_halts_total", { by: "guard" }, hold(1, 300))],
        expect: silentAt(0, 295),
      },
      {
        name: "is silent where the service only cannot read the phase",
        proves: ["not yet"],
        given: [
          metric("crowdproof_campaign_state", { phase: "unreadable" }, hold(1, 300)),
          metric("crowdproof_campaign_state", { phase: "halted" }, hold(0, 300)),
          metric("crowdproof_halts_total", { by: "guard" }, hold(1, 300)),
        ],
        expect: silentAt(0, 295),
      },
      {
        name: "fires once for several instances, when one of them says so, and for each run",
        proves: ["several instances"],
        given: [
          ...["a", "b"].flatMap((instance) => [
            metric("crowdproof_campaign_state", { phase: "halted", instance, run: "both" }, hold(1, 300)),
            metric("crowdproof_halts_total", { by: "guard", instance, run: "both" }, hold(2, 300)),
          ]),
          metric("crowdproof_campaign_state", { phase: "halted", instance: "a", run: "x" }, hold(1, 300)),
          metric("crowdproof_campaign_state", { phase: "halted", instance: "b", run: "x" }, hold(0, 300)),
          metric("crowdproof_campaign_state", { phase: "halted", instance: "c", run: "y" }, hold(0, 300)),
          metric("crowdproof_halts_total", { by: "guard", instance: "a", run: "x" }, hold(7, 300)),
          metric("crowdproof_halts_total", { by: "guard", instance: "b", run: "x" }, hold(6, 300)),
          metric("crowdproof_halts_total", { by: "guard", instance: "c", run: "y" }, hold(6, 300)),
        ],
        expect: [firesAt(100, saying("7", { run: "x" }), saying("2", { run: "both" }))],
      },
    ],
  },
];

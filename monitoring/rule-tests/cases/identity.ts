import { type AlertTests, failed, firesAt, hold, late, metric, saying, silentAt } from "../rule-test.ts";
import { firstEventTests } from "./first-event.ts";

const never = metric("crowdproof_reopened_timestamp_seconds", {}, hold(0, 3_000));
const open = (...shape: Parameters<typeof metric>[2][]) =>
  metric("crowdproof_campaign_state", { phase: "open" }, ...shape);
const findings = (kind: "ghost" | "doctored-row", ...shape: Parameters<typeof metric>[2][]) =>
  metric("crowdproof_auditor_findings", { kind }, ...shape);

export const IDENTITY_TESTS: readonly AlertTests[] = [
  {
    alert: "IdAnomaly",
    tests: firstEventTests({
      counter: "crowdproof_anomalies_total",
      timestamp: "crowdproof_last_anomaly_timestamp_seconds",
      one: { kind: "wrong-person" },
      other: { kind: "duplicate" },
    }),
  },
  {
    alert: "ProbeSawForeignData",
    tests: firstEventTests({
      counter: "crowdproof_probe_violations_total",
      timestamp: "crowdproof_probe_last_violation_timestamp_seconds",
      one: { check: "reads-own", target: "shop" },
      // Paged, and closes nothing: its label halt is false.
      other: { check: "responses-private", target: "shop" },
    }),
  },
  {
    alert: "IdAnomalyInDatabase",
    tests: [
      {
        name: "fires from the look that finds something until it is handled, and a minute longer",
        proves: ["not yet", "now", "over"],
        given: [
          never,
          open(hold(1, 300), hold(0, 900)),
          findings("ghost", hold(0, 300), hold(2, 600), hold(0, 300)),
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
        proves: ["first sample", "late scrape"],
        given: [never, open(late(300), hold(1, 300)), findings("ghost", late(300), hold(1, 300))],
        expect: [
          ...silentAt(295),
          firesAt(300, saying("1", { kind: "ghost" })),
          firesAt(595, saying("1", { kind: "ghost" })),
        ],
      },
      {
        name: "is over a minute after a reopening with the finding in it, and stays so when the campaign is closed for something else",
        proves: ["over"],
        given: [
          metric("crowdproof_reopened_timestamp_seconds", {}, hold(0, 600), hold(598, 900)),
          open(hold(1, 300), hold(0, 300), hold(1, 300), hold(0, 600)),
          findings("ghost", hold(0, 300), hold(1, 1_200)),
        ],
        expect: [
          firesAt(300, saying("1", { kind: "ghost" })),
          firesAt(600, saying("1", { kind: "ghost" })),
          // Five seconds until it counts as accepted, then kept for a minute.
          firesAt(660, saying("1", { kind: "ghost" })),
          ...silentAt(665, 895, 900, 1_000, 1_490),
        ],
      },
      {
        name: "fires for what is new after a reopening with something else in it",
        proves: ["now"],
        given: [
          metric("crowdproof_reopened_timestamp_seconds", {}, hold(5, 1_500)),
          open(hold(1, 600), hold(0, 900)),
          findings("ghost", hold(1, 600), hold(2, 300), hold(1, 600)),
          findings("doctored-row", hold(0, 700), hold(1, 800)),
        ],
        expect: [
          ...silentAt(100, 595),
          firesAt(600, saying("2", { kind: "ghost" })),
          firesAt(700, saying("2", { kind: "ghost" }), saying("1", { kind: "doctored-row" })),
          // The new ghost is handled; the old one stays accepted.
          firesAt(970, saying("1", { kind: "doctored-row" })),
        ],
      },
      {
        name: "counts anew what comes after the accepted ones were handled",
        proves: ["now"],
        given: [
          metric("crowdproof_reopened_timestamp_seconds", {}, hold(5, 1_800)),
          open(hold(1, 600), hold(0, 1_200)),
          findings("ghost", hold(1, 700), hold(0, 310), hold(1, 600)),
        ],
        expect: [...silentAt(100, 600, 695, 1_005), firesAt(1_010, saying("1", { kind: "ghost" }))],
      },
      {
        name: "stays silent when a restarted service finds the accepted ones again",
        proves: ["reset"],
        given: [
          metric("crowdproof_reopened_timestamp_seconds", {}, hold(5, 600), failed(10), hold(5, 900)),
          open(hold(1, 600), failed(10), hold(1, 900)),
          findings("ghost", hold(2, 600), failed(10), hold(0, 280), hold(2, 600)),
        ],
        expect: silentAt(300, 595, 600, 605, 610, 885, 890, 895, 900, 1_200),
      },
      {
        name: "pages for a minute where the halt does not work and the campaign stays open",
        proves: ["now"],
        given: [
          metric("crowdproof_reopened_timestamp_seconds", {}, hold(5, 900)),
          open(hold(1, 900)),
          findings("ghost", hold(0, 300), hold(1, 600)),
        ],
        expect: [
          ...silentAt(295),
          firesAt(300, saying("1", { kind: "ghost" })),
          firesAt(360, saying("1", { kind: "ghost" })),
          ...silentAt(370),
        ],
      },
      {
        name: "pages from the second of a new finding where the halt does not work",
        proves: ["now", "over"],
        everySeconds: 1,
        given: [
          metric("crowdproof_reopened_timestamp_seconds", {}, hold(5, 150)),
          open(hold(1, 150)),
          findings("ghost", hold(0, 60), hold(1, 90)),
        ],
        // Five seconds, then kept for a minute.
        expect: [
          ...silentAt(59),
          firesAt(60, saying("1", { kind: "ghost" })),
          firesAt(123, saying("1", { kind: "ghost" })),
          ...silentAt(127),
        ],
      },
      {
        name: "is silent without findings, and fires where neither the phase nor a reopening is told",
        proves: ["series absent"],
        given: [findings("ghost", late(300), hold(1, 300))],
        expect: [...silentAt(0, 295), firesAt(300, saying("1", { kind: "ghost" }))],
      },
      {
        name: "fires while one of two instances says that the campaign is not open",
        proves: ["several instances"],
        given: [
          metric("crowdproof_reopened_timestamp_seconds", { instance: "a" }, hold(5, 600)),
          metric("crowdproof_campaign_state", { phase: "open", instance: "a" }, hold(1, 600)),
          metric("crowdproof_campaign_state", { phase: "open", instance: "b" }, hold(1, 300), hold(0, 300)),
          metric("crowdproof_auditor_findings", { kind: "ghost", instance: "a" }, hold(0, 300), hold(1, 300)),
          metric("crowdproof_auditor_findings", { kind: "ghost", instance: "b" }, hold(0, 300), hold(2, 300)),
        ],
        expect: [
          ...silentAt(295),
          firesAt(300, saying("2", { kind: "ghost" })),
          firesAt(595, saying("2", { kind: "ghost" })),
        ],
      },
      {
        name: "accepts what the reopened run had, and not what another has that was never closed, or is",
        proves: ["several instances"],
        given: ["reopened", "never-closed", "closed"].flatMap((run) => [
          metric("crowdproof_reopened_timestamp_seconds", { run }, hold(run === "never-closed" ? 0 : 5, 600)),
          metric("crowdproof_campaign_state", { run, phase: "open" }, hold(run === "closed" ? 0 : 1, 600)),
          metric("crowdproof_campaign_state", { run, phase: "halted" }, hold(run === "closed" ? 1 : 0, 600)),
          metric("crowdproof_auditor_findings", { run, kind: "ghost" }, hold(1, 600)),
        ]),
        expect: [
          firesAt(
            300,
            saying("1", { kind: "ghost", run: "never-closed" }),
            saying("1", { kind: "ghost", run: "closed" }),
          ),
        ],
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
        proves: ["first sample", "late scrape"],
        given: [
          metric("crowdproof_break_glass_timestamp_seconds", { run: "a" }, late(900), hold(400, 300)),
          metric("crowdproof_break_glass_timestamp_seconds", { run: "b" }, late(900), hold(300, 300)),
        ],
        expect: [...silentAt(895), firesAt(900, saying("8m 20s", { run: "a" }))],
      },
      {
        name: "goes on through a restart, for the audit trail keeps it",
        proves: ["reset"],
        given: [
          metric(
            "crowdproof_break_glass_timestamp_seconds",
            {},
            hold(0, 900),
            hold(900, 60),
            failed(30),
            hold(900, 300),
          ),
        ],
        expect: [firesAt(955, saying("55s")), ...silentAt(960), firesAt(990, saying("1m 30s"))],
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
        proves: ["first sample", "late scrape"],
        given: [
          metric("crowdproof_campaign_state", { phase: "halted" }, late(300), hold(1, 300)),
          metric("crowdproof_halts_total", { by: "guard" }, late(300), hold(1, 300)),
        ],
        expect: [...silentAt(295), firesAt(300, saying("1"))],
      },
      {
        name: "goes on after a restart, for the phase is in the database",
        proves: ["reset"],
        given: [
          metric("crowdproof_campaign_state", { phase: "halted" }, hold(1, 300), failed(20), hold(1, 300)),
          metric("crowdproof_halts_total", { by: "guard" }, hold(1, 300), failed(20), hold(1, 300)),
        ],
        expect: [firesAt(295, saying("1")), ...silentAt(300), firesAt(320, saying("1"))],
      },
      {
        name: "is silent where nobody tells, and where the service only cannot read the phase",
        proves: ["series absent"],
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

import { METRICS } from "../../../monitoring/catalogue/catalogue.ts";
import type { CampaignState, Halter } from "../halt/campaign-state.ts";
import type { MetricsPage, MetricsSnapshot } from "./snapshot.ts";
import { createTallies, type Tallies } from "./tallies.ts";

/** What the auditor can find: states of the database that nothing in the service makes. */
export const FINDING_KINDS = METRICS.crowdproof_auditor_findings.labels.kind;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** Totals of the audit trail, so that what a process did that died right after is counted. */
export interface Trail {
  readonly halts: Readonly<Partial<Record<Halter, number>>>;
  readonly breakGlass: number;
  readonly brokenGlassAtMs: number | null;
  readonly reopenedAtMs: number | null;
}

export interface Look {
  readonly atMs: number;
  readonly seconds: number;
  readonly findings: Readonly<Record<FindingKind, number>>;
  /** When the newest of each kind was first seen, by the database's clock, since 1970; 0: there is none. */
  readonly lastFindingSeconds: Readonly<Record<FindingKind, number>>;
  /** New rows were left for the next look, because a look has a limit. */
  readonly isBehind: boolean;
}

/** The numbers of the campaign's state and of the auditor: once for the whole service, not once a worker. */
export interface CampaignMetrics {
  showTrail(trail: Trail): void;
  showLook(look: Look): void;
  snapshot(page?: MetricsPage): MetricsSnapshot;
}

export function createCampaignMetrics(state: () => CampaignState): CampaignMetrics {
  const tallies = createTallies();
  tallies.levels("crowdproof_campaign_state", () => ({ ...NO_PHASE, [state().phase]: 1 }));
  tallies.level("crowdproof_campaign_share_ratio", () => {
    const now = state();
    return now.phase === "open" ? now.share : 0;
  });
  return {
    ...createTrailMetrics(tallies),
    ...createLookMetrics(tallies),
    snapshot: (page = "all") => tallies.snapshot(page),
  };
}

const NO_PHASE: Readonly<Record<CampaignState["phase"], number>> = { open: 0, halted: 0, unreadable: 0 };

function createTrailMetrics(tallies: Tallies): Pick<CampaignMetrics, "showTrail"> {
  let shown: Trail = { halts: {}, breakGlass: 0, brokenGlassAtMs: null, reopenedAtMs: null };
  const halts = tallies.counts("crowdproof_halts_total");
  const breakGlass = tallies.count("crowdproof_break_glass_total");
  tallies.level("crowdproof_break_glass_timestamp_seconds", () => (shown.brokenGlassAtMs ?? 0) / 1_000);
  tallies.level("crowdproof_reopened_timestamp_seconds", () => (shown.reopenedAtMs ?? 0) / 1_000);
  return {
    showTrail(trail) {
      shown = trail;
      for (const [by, cell] of Object.entries(halts)) cell.value = trail.halts[by as Halter] ?? 0;
      breakGlass.value = trail.breakGlass;
    },
  };
}

function createLookMetrics(tallies: Tallies): Pick<CampaignMetrics, "showLook"> {
  let last: Look | undefined;
  const seconds = tallies.spread("crowdproof_auditor_look_seconds", {});
  tallies.levels("crowdproof_auditor_findings", () => last?.findings ?? NO_FINDINGS);
  tallies.levels("crowdproof_last_finding_timestamp_seconds", () => last?.lastFindingSeconds ?? NO_FINDINGS);
  tallies.level("crowdproof_auditor_last_look_timestamp_seconds", () => (last?.atMs ?? 0) / 1_000);
  tallies.level("crowdproof_auditor_behind", () => (last?.isBehind === true ? 1 : 0));
  return {
    showLook(look) {
      last = look;
      seconds.observe(look.seconds);
    },
  };
}

const NO_FINDINGS = Object.fromEntries(FINDING_KINDS.map((kind) => [kind, 0])) as Record<FindingKind, number>;

import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { type CampaignState, HALTERS, type Halter } from "../halt/campaign-state.ts";
import type { MetricsSnapshot } from "./snapshot.ts";

const PHASES = ["open", "halted", "unreadable"] as const satisfies readonly CampaignState["phase"][];

/** What the auditor can find: states of the database that nothing in the service makes. */
export const FINDING_KINDS = [
  "duplicate-number",
  "duplicate-email",
  "shared-session",
  "shared-ticket",
  "ghost",
  "half-member",
  "foreign-number",
  "doctored-row",
  "unhandled-anomaly",
] as const;
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
  /** New rows were left for the next look, because a look has a limit. */
  readonly isBehind: boolean;
}

/** The numbers of the campaign's state and of the auditor: once for the whole service, not once a worker. */
export interface CampaignMetrics {
  showTrail(trail: Trail): void;
  showLook(look: Look): void;
  snapshot(): Promise<MetricsSnapshot>;
}

export function createCampaignMetrics(state: () => CampaignState): CampaignMetrics {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: "crowdproof_campaign_state",
    help: "1 for the phase the campaign is in, as the parent process knows it.",
    labelNames: ["phase"],
    registers,
    collect() {
      const { phase } = state();
      for (const each of PHASES) this.set({ phase: each }, each === phase ? 1 : 0);
    },
  });
  new Gauge({
    name: "crowdproof_campaign_share_ratio",
    help: "Share of newcomers let in; 0 while the campaign is closed.",
    registers,
    collect() {
      const now = state();
      this.set(now.phase === "open" ? now.share : 0);
    },
  });
  const trail = createTrailMetrics(registers);
  const looks = createLookMetrics(registers);
  return { ...trail, ...looks, snapshot: () => registry.getMetricsAsJSON() };
}

function createTrailMetrics(registers: Registry[]): Pick<CampaignMetrics, "showTrail"> {
  const halts = new Counter({
    name: "crowdproof_halts_total",
    help: "Halts in the audit trail, by who halted.",
    labelNames: ["by"],
    registers,
  });
  const breakGlass = new Counter({
    name: "crowdproof_break_glass_total",
    help: "Reopenings by one person alone, in the audit trail.",
    registers,
  });
  const brokenGlassAt = new Gauge({
    name: "crowdproof_break_glass_timestamp_seconds",
    help: "When one person alone reopened the campaign last; 0: never.",
    registers,
  });
  const reopenedAt = new Gauge({
    name: "crowdproof_reopened_timestamp_seconds",
    help: "When the campaign was reopened last; 0: never.",
    registers,
  });
  for (const by of HALTERS) halts.inc({ by }, 0);
  return {
    showTrail(trail) {
      // Set to the trail's totals: within one turn of the event loop, so that no scrape sees the moment in between.
      halts.reset();
      for (const by of HALTERS) halts.inc({ by }, trail.halts[by] ?? 0);
      breakGlass.reset();
      breakGlass.inc(trail.breakGlass);
      brokenGlassAt.set((trail.brokenGlassAtMs ?? 0) / 1_000);
      reopenedAt.set((trail.reopenedAtMs ?? 0) / 1_000);
    },
  };
}

function createLookMetrics(registers: Registry[]): Pick<CampaignMetrics, "showLook"> {
  const findings = new Gauge({
    name: "crowdproof_auditor_findings",
    help: "Impossible states in the database at the auditor's last look, by kind.",
    labelNames: ["kind"],
    registers,
  });
  const lastLook = new Gauge({
    name: "crowdproof_auditor_last_look_timestamp_seconds",
    help: "When the auditor's last look that ended well ended; 0: none yet.",
    registers,
  });
  const seconds = new Histogram({
    name: "crowdproof_auditor_look_seconds",
    help: "How long a look of the auditor took.",
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  const behind = new Gauge({
    name: "crowdproof_auditor_behind",
    help: "1 where the last look left new rows for the next one because a look has a limit.",
    registers,
  });
  for (const kind of FINDING_KINDS) findings.set({ kind }, 0);
  return {
    showLook(look) {
      for (const kind of FINDING_KINDS) findings.set({ kind }, look.findings[kind]);
      lastLook.set(look.atMs / 1_000);
      seconds.observe(look.seconds);
      behind.set(look.isBehind ? 1 : 0);
    },
  };
}

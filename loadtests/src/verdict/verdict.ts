import type { RUN_FORMAT } from "../plan/plan.ts";

export type Outcome = "pass" | "fail" | "unknown";
export type CheckKind = "invariant" | "validity" | "objective" | "alert";

/** What one check says. `not judged` is never an outcome: it stands with the target file's reason. */
export type CheckResult = {
  name: string;
  kind: CheckKind;
  /** The denominator: how many positive observations the outcome rests on. */
  observed: number;
  /** One sentence for a person, with the numbers. */
  summary: string;
  /** At most EVIDENCE_MAX rows; `summary` has the whole count. */
  evidence: Evidence[];
} & ({ judged: true; outcome: Outcome } | { judged: false; reason: string });

/** One row of evidence: visitors, IDs, times. Column name → value. */
export type Evidence = Record<string, string | number | boolean | null>;

/** Who saw whose what, when. */
export interface Exposure {
  /** Null: a mail went to an address of nobody in this run. */
  viewer: number | null;
  victim: number;
  /** Tag of an older run, where the victim is not of this one. */
  victimRunTag: number | null;
  fields: string[];
  step: string;
  place: string;
  firstSeenMicroseconds: number;
  answers: number;
}

/** How hard the run tried, in numbers; `sentence` is what a pass may say. */
export interface Strength {
  answersWithOwnData: number;
  signupsAcknowledged: number;
  /** Share of distinct visitors who had another visitor's signup in flight at the same time; null where nobody signed up. */
  overlapRatio: number | null;
  bursts: number;
  burstVisitorsMax: number;
  claim: "wiring" | "crowd" | "saturated";
  isClaimEarned: boolean;
  /** Independent episodes of the run, and the 95 % bound 3/k over them. */
  episodes: number;
  episodeBound95: number | null;
  sentence: string;
}

/** An alert that fired during the run; times are microseconds from its start. */
export interface AlertSeen {
  alert: string;
  severity: string;
  labels: string;
  isExpected: boolean;
  /** Nobody was told of it, because another alert says the same. */
  isInhibited: boolean;
  pendingMicroseconds: number | null;
  firedMicroseconds: number;
  /** Null: it still fired when the watching ended. */
  resolvedMicroseconds: number | null;
  /** When the first notification arrived; null where none did, or where nobody could be asked. */
  notifiedMicroseconds: number | null;
}

export interface Verdict {
  format: typeof RUN_FORMAT;
  outcome: Outcome;
  /** The reasons, most important first; the first is the headline. */
  reasons: string[];
  checks: CheckResult[];
  /** What the target file's own headers step around, in its words: not judged either. */
  bypassed: string[];
  exposures: Exposure[];
  exposuresTotal: number;
  /** In the order in which they fired; none where nobody watched. */
  alerts: AlertSeen[];
  strength: Strength;
  run: RunFacts;
}

export interface RunFacts {
  runId: string;
  seed: number;
  scale: number;
  campaign: string;
  target: string;
  /** As named on the command line, to repeat the run; no target file where the gate started the reference service. */
  campaignFile: string | null;
  targetFile: string | null;
  engine: string;
  engineVersion: string;
  startedAt: string;
  seconds: number;
  visitorsPlanned: number;
  visitorsStarted: number;
  requests: number;
  fault: string | null;
  /** The alerts that had to fire; null where alerts were not demanded. */
  expectedAlerts: string[] | null;
  stopped: string | null;
  crowdproofVersion: string;
  node: string;
  machine: string;
}

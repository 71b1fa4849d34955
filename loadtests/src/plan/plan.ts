import type { Target } from "../target/target.ts";

/** The version of plan.json, events.ndjson and verdict.json together. A run folder of another version is not judged. */
export const RUN_FORMAT = 1;

/** 2²⁰: a visitor number has 20 bits in a canary. */
export const VISITORS_MAX = 1_048_576;

export const CLAIMS = ["wiring", "crowd", "saturated"] as const;
export type Claim = (typeof CLAIMS)[number];

/** How one visitor behaves. Each is a share in the campaign file; `plain` takes what is left. */
export const BEHAVIOURS = [
  "plain",
  "double-tap",
  "retry",
  "impatient",
  "pair",
  "shared-key",
  "re-reader",
  "no-session",
  "forged-session",
  "other-session",
  "invalid-input",
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** The campaign as compiled: everything an engine, a check or the report needs, and nothing that is drawn later. */
export interface Plan {
  format: typeof RUN_FORMAT;
  /** `cp-` and 13 base-32 characters (65 random bits): decides who the people are. */
  runId: string;
  /** Decides arrivals and behaviour. */
  seed: number;
  campaign: string;
  claim: Claim;
  scale: number;
  /** The curve, after scaling. */
  pieces: CurvePiece[];
  bursts: Burst[];
  arrivals: Arrivals;
  /** Arrivals lie in [0, durationSeconds). */
  durationSeconds: number;
  warmUpSeconds: number;
  /** After the last arrival, before reading back. */
  drainSeconds: number;
  /** Over which reading back of acknowledged members is spread, after the drain. */
  readBackSeconds: number;
  /** Until when those who are told to wait come back, from the run's start; the end of the drain where it is absent. */
  waitEndSeconds?: number;
  thinkTimes: ThinkTimes;
  objectives: Objectives;
  overlapTargetRatio: number;
  limits: Limits;
  target: Target;
  /** Campaign and target as they were named on the command line; no target file where the gate starts the reference service itself. */
  campaignFile?: string;
  targetFile?: string;
  /** The fault switched on in the reference service, so that a report never shows a broken service as a real one. */
  fault?: string;
  /**
   * Alerts are demanded: `expected` must fire, `alongside` may, because another layer sees the same; no other page may.
   * Absent: nobody watches, and nothing is judged.
   */
  alerts?: { expected: string[]; alongside: string[] };
}

/** One piece of the arrival curve: the rate runs from `fromPerSecond` to `toPerSecond`, by a line or an exponential. */
export interface CurvePiece {
  name: string;
  shape: "constant" | "linear" | "exponential";
  seconds: number;
  fromPerSecond: number;
  toPerSecond: number;
}

/** `visitors` people at one instant. */
export interface Burst {
  atSeconds: number;
  visitors: number;
}

/** One entry per visitor, sorted by due time; visitor n is at index n of every column. */
export interface Arrivals {
  /** Whole microseconds from the run's start. */
  dueMicroseconds: number[];
  /** Index into BEHAVIOURS. */
  behaviour: number[];
  /** Visitor number of the group's first; one's own where there is no group. A group stays in one VU. */
  group: number[];
  /** 1-based number of the burst; 0 = none. */
  burst: number[];
}

/** Pauses in seconds, drawn per visitor by the seed. */
export type Distribution =
  | { kind: "constant"; seconds: number }
  | { kind: "uniform"; fromSeconds: number; toSeconds: number }
  | { kind: "exponential"; meanSeconds: number; maxSeconds: number }
  | { kind: "log-normal"; medianSeconds: number; sigma: number; maxSeconds: number };

export interface ThinkTimes {
  /** Between the steps of one person. */
  betweenSteps: Distribution;
  /** After which an impatient person drops the connection. */
  patience: Distribution;
  /** Before a retry with the same key. */
  beforeRetry: Distribution;
}

/** All optional: what is absent is not judged as an objective. */
export interface Objectives {
  /** First of all: the share of all due visitors who are members within x seconds. */
  membersWithin?: { seconds: number; shareMin: number };
  /** Latency of the first step, from the due time. */
  firstStepSeconds?: Percentiles;
  /** Latency of later steps, from the intended send. */
  laterStepSeconds?: Percentiles;
  errorRatioMax?: number;
}

export type Percentiles = Partial<Record<"p50" | "p95" | "p99", number>>;

export interface Limits {
  visitorsMax: number;
  secondsMax: number;
  /** Start-time error allowed, 99th percentile. */
  startErrorSecondsP99Max: number;
  /** Share of answers that may be the target's limiter (refused) before nothing can be said. */
  limiterShareMax: number;
  /** Answers larger than this are cut and recorded as lost. */
  answerBytesMax: number;
  /** Attempts of one visitor who is told to come back. */
  comeBacksMax: number;
}

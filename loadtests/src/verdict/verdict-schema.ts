import { z } from "zod";
import { CLAIMS, RUN_FORMAT } from "../plan/plan.ts";
import type { Verdict } from "./verdict.ts";

const count = z.int().min(0);
const outcome = z.enum(["pass", "fail", "unknown"]);

const check = {
  name: z.string(),
  kind: z.enum(["invariant", "validity", "objective", "alert"]),
  observed: count,
  summary: z.string(),
  evidence: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))),
};

const checkResult = z.discriminatedUnion("judged", [
  z.strictObject({ ...check, judged: z.literal(true), outcome }),
  z.strictObject({ ...check, judged: z.literal(false), reason: z.string() }),
]);

const exposure = z.strictObject({
  viewer: count.nullable(),
  victim: count,
  victimRunTag: count.nullable(),
  fields: z.array(z.string()),
  step: z.string(),
  place: z.string(),
  firstSeenMicroseconds: z.int(),
  answers: count,
});

const alertSeen = z.strictObject({
  alert: z.string(),
  severity: z.string(),
  labels: z.string(),
  isExpected: z.boolean(),
  isInhibited: z.boolean(),
  pendingMicroseconds: z.int().nullable(),
  firedMicroseconds: z.int(),
  resolvedMicroseconds: z.int().nullable(),
  notifiedMicroseconds: z.int().nullable(),
});

const strength = z.strictObject({
  answersWithOwnData: count,
  signupsAcknowledged: count,
  overlapRatio: z.number().nullable(),
  bursts: count,
  burstVisitorsMax: count,
  claim: z.enum(CLAIMS),
  isClaimEarned: z.boolean(),
  episodes: count,
  episodeBound95: z.number().nullable(),
  sentence: z.string(),
});

const run = z.strictObject({
  runId: z.string(),
  seed: z.number(),
  campaign: z.string(),
  target: z.string(),
  engine: z.string(),
  engineVersion: z.string(),
  startedAt: z.string(),
  seconds: z.number(),
  visitorsPlanned: count,
  visitorsStarted: count,
  requests: count,
  fault: z.string().nullable(),
  expectedAlerts: z.array(z.string()).nullable(),
  stopped: z.string().nullable(),
  scale: z.number(),
  campaignFile: z.string().nullable(),
  targetFile: z.string().nullable(),
  crowdproofVersion: z.string(),
  node: z.string(),
  machine: z.string(),
});

/** verdict.json, for whoever reads verdicts without our types. */
export const VERDICT_SCHEMA = z.strictObject({
  format: z.literal(RUN_FORMAT),
  outcome,
  reasons: z.array(z.string()),
  checks: z.array(checkResult),
  bypassed: z.array(z.string()),
  exposures: z.array(exposure),
  exposuresTotal: count,
  alerts: z.array(alertSeen),
  strength,
  run,
});

type Written = z.infer<typeof VERDICT_SCHEMA>;
type AssignableBothWays = Verdict extends Written ? (Written extends Verdict ? true : false) : false;

/** The types of verdict.ts are the truth; this line does not compile when the schema says something else. */
export const IS_VERDICT_SCHEMA_EQUAL_TO_TYPES: AssignableBothWays = true;

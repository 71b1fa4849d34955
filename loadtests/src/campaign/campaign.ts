import { z } from "zod";
import { BEHAVIOURS, CLAIMS, VISITORS_MAX } from "../plan/plan.ts";

/**
 * The campaign file: who comes when, how they behave, and what is demanded of the signup. Settings are spelled
 * in camelCase with their unit last; behaviours keep the names they have in events and reports (`double-tap`).
 * The JSON Schema for editors is generated from this (`npm run schemas`).
 */
export type Campaign = z.infer<typeof campaignSchema>;

/** One piece of the arrival curve as a person writes it. */
export type Piece = Campaign["arrivals"]["pieces"][number];

/** A day: longer is a soak on a machine somebody forgot. */
const SECONDS_MAX = 86_400;
/** Fifty times what one machine was measured to send on time; a typing error, not a plan. */
const PER_SECOND_MAX = 100_000;
/** The curve stays readable, and a person can still say what each piece is for. */
const PIECES_MAX = 200;
const BURSTS_MAX = 1_000;

const seconds = z.number().min(0).max(SECONDS_MAX);
const pieceSeconds = z.number().gt(0).max(SECONDS_MAX);
const perSecond = z.number().min(0).max(PER_SECOND_MAX);
const share = z.number().min(0).max(1);
const name = z.string().min(1).max(60);

/** An exponential never reaches zero: it needs a rate above it at both ends. */
const perSecondAboveZero = z.number().gt(0).max(PER_SECOND_MAX);

const piece = z.discriminatedUnion("shape", [
  z
    .strictObject({ shape: z.literal("constant"), name, seconds: pieceSeconds, perSecond })
    .describe("The same rate all along: a baseline, a plateau."),
  z
    .strictObject({
      shape: z.literal("ramp"),
      name,
      seconds: pieceSeconds,
      fromPerSecond: perSecond,
      toPerSecond: perSecond,
    })
    .describe("A straight line from one rate to another."),
  z
    .strictObject({
      shape: z.literal("spike"),
      name,
      riseSeconds: pieceSeconds,
      fadeSeconds: pieceSeconds,
      fromPerSecond: perSecond,
      peakPerSecond: perSecondAboveZero,
      toPerSecond: perSecondAboveZero,
    })
    .describe("What a push does: a steep line up to the peak, then an exponential fade."),
  z
    .strictObject({
      shape: z.literal("decay"),
      name,
      seconds: pieceSeconds,
      fromPerSecond: perSecondAboveZero,
      toPerSecond: perSecondAboveZero,
    })
    .describe("An exponential from one rate to another: interest that fades."),
]);

const burst = z.strictObject({
  atSeconds: seconds.describe("From the run's start."),
  visitors: z.int().min(1).max(VISITORS_MAX).describe("People who arrive in the same microsecond."),
});

const distribution = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), seconds }),
  z
    .strictObject({ kind: z.literal("uniform"), fromSeconds: seconds, toSeconds: seconds })
    .refine(({ fromSeconds, toSeconds }) => fromSeconds <= toSeconds, {
      path: ["toSeconds"],
      message: "found less than fromSeconds, expected at least as much",
    }),
  z.strictObject({ kind: z.literal("exponential"), meanSeconds: pieceSeconds, maxSeconds: pieceSeconds }),
  z.strictObject({
    kind: z.literal("log-normal"),
    medianSeconds: pieceSeconds,
    sigma: z.number().min(0).max(5),
    maxSeconds: pieceSeconds,
  }),
]);

const percentiles = z.strictObject({
  p50: pieceSeconds.exactOptional(),
  p95: pieceSeconds.exactOptional(),
  p99: pieceSeconds.exactOptional(),
});

const SHARED_BEHAVIOURS = BEHAVIOURS.filter((behaviour) => behaviour !== "plain");

const behaviourShares = z
  .strictObject(
    Object.fromEntries(SHARED_BEHAVIOURS.map((behaviour) => [behaviour, share.default(0)])) as Record<
      (typeof SHARED_BEHAVIOURS)[number],
      z.ZodDefault<typeof share>
    >,
  )
  .superRefine((shares, context) => {
    const sum = Object.values(shares).reduce((total, one) => total + one, 0);
    // 1e-9: ten shares of 0.1 add up to a hair less or more than one.
    if (sum <= 1 + 1e-9) return;
    const message = `found shares that add up to ${Number(sum.toFixed(6))}, expected at most 1 (plain takes the rest)`;
    context.addIssue({ code: "custom", message });
  });

const limits = z.strictObject({
  visitorsMax: z
    .int()
    .min(1)
    // One number is kept free for the control visitor who never registers.
    .max(VISITORS_MAX - 1)
    .default(200_000),
  secondsMax: pieceSeconds.default(3_600),
  startErrorSecondsP99Max: pieceSeconds
    .default(0.05)
    .describe("Start-time error allowed, 99th percentile; beyond it the run says nothing."),
  limiterShareMax: share
    .default(0.5)
    .describe("Share of answers that may be refusals before nothing can be said."),
  answerBytesMax: z
    .int()
    .min(1_024)
    .max(64 * 1024 * 1024)
    .default(1_048_576),
  comeBacksMax: z.int().min(0).max(100).default(5),
});

const thinkTimes = z.strictObject({
  betweenSteps: distribution.default({
    kind: "log-normal",
    medianSeconds: 0.4,
    sigma: 0.8,
    maxSeconds: 3,
  }),
  patience: distribution
    .default({ kind: "uniform", fromSeconds: 0.001, toSeconds: 0.02 })
    .describe("After which an impatient person drops the connection."),
  beforeRetry: distribution.default({ kind: "uniform", fromSeconds: 0.05, toSeconds: 0.5 }),
});

const arrivals = z
  .strictObject({
    pieces: z.array(piece).max(PIECES_MAX).describe("The curve, piece after piece."),
    bursts: z.array(burst).max(BURSTS_MAX).default([]),
  })
  .superRefine(({ pieces, bursts }, context) => {
    const totalSeconds = pieces.reduce((total, one) => total + secondsOf(one), 0);
    for (const [at, { atSeconds }] of bursts.entries()) {
      if (atSeconds < totalSeconds) continue;
      const message = `found ${atSeconds}, expected less than ${totalSeconds}, the seconds of all pieces together`;
      context.addIssue({ code: "custom", path: ["bursts", at, "atSeconds"], message });
    }
  });

export const campaignSchema = z.strictObject({
  name: name.describe("Defaults to the file's name.").exactOptional(),
  description: z.string().max(500).describe("What crowd this is, in a sentence.").exactOptional(),
  claim: z
    .enum(CLAIMS)
    .describe(
      "wiring: each step works; crowd: overlap target and bursts of 64 or more; saturated: in addition a sign of overload visible from outside.",
    ),
  seed: z.int().min(0).default(1).describe("Decides arrivals and behaviour; the same seed, the same crowd."),
  arrivals,
  behaviour: behaviourShares.prefault({}).describe("Shares of the visitors; what is left are plain signups."),
  thinkTimes: thinkTimes.prefault({}),
  objectives: z
    .strictObject({
      membersWithin: z
        .strictObject({ seconds: pieceSeconds, shareMin: share })
        .describe("The share of all due visitors who are members within so many seconds.")
        .exactOptional(),
      firstStepSeconds: percentiles.describe("From the due time.").exactOptional(),
      laterStepSeconds: percentiles.describe("From the intended send.").exactOptional(),
      errorRatioMax: share.exactOptional(),
    })
    .default({}),
  overlapTargetRatio: share
    .default(0)
    .describe("Share of visitors who must have had another visitor's signup in flight at the same time."),
  warmUpSeconds: seconds.default(0).describe("Left out of objectives, never out of invariants."),
  drainSeconds: seconds
    .default(5)
    .describe("After the last arrival. Who is told to come back later than that ends as still waiting."),
  readBackSeconds: seconds.default(3).describe("Over which reading back of members is spread."),
  limits: limits.prefault({}),
});

function secondsOf(one: z.infer<typeof piece>): number {
  return one.shape === "spike" ? one.riseSeconds + one.fadeSeconds : one.seconds;
}

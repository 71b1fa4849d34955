/** Invariants that a target file may waive, with a reason. */
export const WAIVABLE_CHECKS: readonly string[] = [
  "ids-unique",
  "no-ghost-id",
  "once-per-person",
  "ids-well-formed",
  "refusals-honest",
  "sessions-bound",
  "responses-private",
  "telemetry-clean",
];

/** What a plan may ask for. */
export const OBJECTIVES = [
  "members-within",
  "first-step-latency",
  "later-step-latency",
  "error-ratio",
  "bounds",
] as const;

/** These stand whatever a target file says: without the first three, and a valid run, a pass would say nothing. */
export const ALWAYS_JUDGED: readonly string[] = [
  "reads-own",
  "acks-durable",
  "accounting",
  "history",
  "start-error",
  "claim",
  "generator",
  "limiter",
  "clock",
  "control",
  ...OBJECTIVES,
  "watching",
  "unexpected-pages",
  "expected-alerts",
];

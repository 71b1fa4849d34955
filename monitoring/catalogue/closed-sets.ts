/** The values that labels take. The code that counts has its own lists, and types or tests hold them against these. */
export const SIGNUP_OUTCOMES = [
  "acknowledged",
  "waiting",
  "refused",
  "halted",
  "rejected",
  "indeterminate",
  "failed",
] as const;

/** What the guard sees in an answer. */
export const ANOMALY_KINDS = [
  "duplicate",
  "malformed",
  "wrong-person",
  "foreign-session",
  "unbound",
] as const;

/** What the auditor finds in the database. */
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

export const ERROR_CODES = [
  "invalid-input",
  "key-reused",
  "key-missing",
  "email-taken",
  "no-session",
  "wrong-code",
  "not-found",
  "too-large",
  "unsupported-media-type",
  "ticket-used",
  "waiting",
  "busy",
  "halted",
  "unavailable",
  "indeterminate",
  "bug",
] as const;

export const EDGE_REFUSALS = [
  "target",
  "target-too-long",
  "host",
  "transfer-encoding",
  "method",
  "pipelined",
  "cross-site",
] as const;

export const TICKET_EVENTS = [
  "issued",
  "let-in",
  "early",
  "retold",
  "late",
  "invalid",
  "worn-out",
  "full",
] as const;

/** A route's template, never a path that somebody sent. */
export const ROUTES = [
  "/signups",
  "/me",
  "/members/:number/card",
  "/sign-in-codes",
  "/sessions",
  "/",
  "/join",
  "/member",
  "/leave",
  "/healthz",
  "/readyz",
  "none",
] as const;

export const STATUS_CLASSES = ["2xx", "3xx", "4xx", "5xx", "none"] as const;

/** Who has turns of their own at the door. */
export const VISITOR_CLASSES = ["newcomer", "holder", "member"] as const;

export const KEPT = ["within", "late", "missed"] as const;

export const CAMPAIGN_PHASES = ["open", "halted", "unreadable"] as const;

export const HALTERS = ["guard", "auditor", "alert", "operator"] as const;

export const WORKER_STATES = ["starting", "serving", "leaving", "silent"] as const;

export const EXIT_REASONS = ["asked", "ended", "failed", "killed"] as const;

export const MAIL_OUTCOMES = ["sent", "failed", "refused", "withheld", "dropped"] as const;

export const PUSH_OUTCOMES = ["delivered", "failed"] as const;

export const CONNECTION_STATES = ["busy", "idle", "waiting"] as const;

/** What the probe can say of a system from outside, with its own visitors alone. */
export const PROBE_CHECKS = [
  "reads-own",
  "ids-unique",
  "acks-durable",
  "no-ghost-id",
  "once-per-person",
  "ids-well-formed",
  "refusals-honest",
  "sessions-bound",
  "responses-private",
] as const;

/**
 * Where somebody may be shown, or be, somebody else: these stop the campaign. A missing Cache-Control or a dishonest
 * refusal is paged and closes nothing.
 */
export const STOPPING_CHECKS: readonly (typeof PROBE_CHECKS)[number][] = PROBE_CHECKS.filter(
  (check) => check !== "refusals-honest" && check !== "responses-private",
);

/** What a check that failed says of the target, behind its name. The probe's push and the rule tell it in these words. */
export const PROBE_CHECK_FAILED: Readonly<Record<(typeof PROBE_CHECKS)[number], string>> = {
  "reads-own": "showed a visitor of the probe somebody else's data",
  "ids-unique": "gave one member ID to two people",
  "acks-durable": "lost a member whom it had acknowledged, turned them away, or changed their data",
  "no-ghost-id": "told a member ID to somebody who is no member",
  "once-per-person": "made two members of one person, or of one idempotency key",
  "ids-well-formed": "gave out a malformed member ID, or none",
  "refusals-honest":
    "sends people away wrongly: with no time to come back or one that does not hold, late, or with an ID or a cookie",
  "sessions-bound": "gave one session to two people, or let somebody read without a right one",
  "responses-private": "lets shared caches store answers with personal data",
};

/** What the probe does by itself, beside sending visitors: tells, stops the campaign, removes its people. */
export const PROBE_ACTIONS = ["push", "webhook", "command", "clean-up"] as const;

export const ACTION_OUTCOMES = ["done", "failed"] as const;

/** Where Alertmanager sends what it has to say. */
export const RECEIVER_ROUTES = ["page", "ticket", "campaign", "watchdog"] as const;

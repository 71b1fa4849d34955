import type { CanaryField, FieldName } from "../people/field.ts";
import type { Behaviour } from "../plan/plan.ts";
import type { AnswerClass, StepRole } from "../target/target.ts";

/**
 * One flat, typed record; a history is all events of a run, one JSON object a line. Times are whole
 * microseconds from the run's start on a monotonic clock (integers survive JSON and two JavaScript
 * engines exactly; seconds as floats did not). Order carries no meaning. Unknown values are null, never absent.
 */
export type Event = ArrivalEvent | RequestEvent | DoneEvent | ObservationEvent | AlertEvent | EndEvent;

interface EventBase {
  run: string;
  /** Set on the deliberate wrong answers that every run sends through the real capture; null on all others. */
  control: ControlName | null;
}

export const CONTROLS = ["swapped-answer", "lost-acknowledgement", "duplicate-id"] as const;
export type ControlName = (typeof CONTROLS)[number];

/** A visitor was started. */
export interface ArrivalEvent extends EventBase {
  type: "arrival";
  visitor: number;
  behaviour: Behaviour;
  burst: number;
  dueMicroseconds: number;
  startedMicroseconds: number;
}

/** One request and what became of it. Facts only; bodies are never stored. */
export interface RequestEvent extends EventBase {
  type: "request";
  visitor: number;
  /** 1, 2, 3 … within the visitor. A redirect that was followed is part of the request. */
  request: number;
  step: string;
  role: StepRole;
  phase: "campaign" | "read-back";
  /** Why it was sent: the journey itself, or the second of a double-tap, a retry, a come-back, a check of sessions … */
  purpose: RequestPurpose;
  /** Whose session it carried. `other`: one's own session, asking for what belongs to another member's ID. */
  session: "own" | "none" | "forged" | "other";
  method: string;
  /** The step's path template, never the filled URL. */
  path: string;
  /** When it should have been sent, when it was, when its last byte left, when the first byte of the answer came, when it ended. */
  intendedMicroseconds: number;
  startedMicroseconds: number;
  sentMicroseconds: number | null;
  firstByteMicroseconds: number | null;
  endedMicroseconds: number;
  class: AnswerClass;
  /** Why it is indeterminate or failed. */
  reason: LossReason | "unmarked-5xx" | "unclassified" | null;
  status: number | null;
  bodyBytes: number;
  retryAfterSeconds: number | null;
  memberId: string | null;
  /** SHA-256 (first 32 hex digits) of the session token given by this answer. */
  sessionHash: string | null;
  isCookieSet: boolean;
  /** SHA-256 (first 32 hex digits) of the idempotency key, and of the body, as sent. */
  keyHash: string | null;
  requestBodyHash: string | null;
  /** Fields in which the visitor's own canary came back. */
  own: CanaryField[];
  /** Every canary that is not the visitor's own: whose, which field, and where it stood. */
  foreign: ForeignCanary[];
  /** Compared fields that were at their declared place and were, or were not, what this visitor sent. */
  matched: FieldName[];
  mismatched: FieldName[];
  cacheControl: string | null;
  age: string | null;
  via: string | null;
  xCache: string | null;
  /** The target's own times of this request, where it tells them (`Server-Timing: db;dur=…`), milliseconds summed. */
  originMilliseconds: number | null;
}

export const REQUEST_PURPOSES = [
  "journey",
  "double-tap",
  "retry",
  "abandoned",
  "come-back",
  "re-read",
  "session-check",
  "invalid-input",
  "other-body",
  "read-back",
] as const;
export type RequestPurpose = (typeof REQUEST_PURPOSES)[number];

export const LOSS_REASONS = [
  "timeout",
  "abandoned",
  "connection-refused",
  "reset",
  "cut",
  "too-large",
  "too-many-redirects",
  "redirect-elsewhere",
  "bad-http",
  "not-resolved",
] as const;
export type LossReason = (typeof LOSS_REASONS)[number];

export interface ForeignCanary {
  /** Tag of the run the canary belongs to: a number below 2²⁰; another run's is an exposure too. */
  runTag: number;
  visitor: number;
  field: CanaryField;
  /** `json:/name`, `header:x-user`, `cookie:profile`, or `body`. */
  place: string;
}

/** The visitor ended. `requests` says how many request events there must be. */
export interface DoneEvent extends EventBase {
  type: "done";
  visitor: number;
  requests: number;
  ending: Ending;
  /** When an acknowledgement first came. */
  memberSinceMicroseconds: number | null;
  endedMicroseconds: number;
}

/** `cut-short`: the run was stopped under way. */
export const ENDINGS = [
  "member",
  "still-waiting",
  "refused",
  "rejected",
  "halted",
  "gave-up",
  "lost",
  "failed",
  "cut-short",
] as const;
export type Ending = (typeof ENDINGS)[number];

/** Something seen outside the visitors' own answers. Which columns are set depends on `kind`. */
export interface ObservationEvent extends EventBase {
  type: "observation";
  kind:
    | "row"
    | "rows-end"
    | "mail"
    | "mails-end"
    | "counter"
    | "bound"
    | "scan"
    | "clock"
    | "lag"
    | "watch"
    | "alerts-end"
    | "stop";
  atMicroseconds: number;
  /** row: the visitor whose e-mail canary the row carries; mail: to whose address it went; null for nobody in this run. */
  visitor: number | null;
  memberId: string | null;
  own: CanaryField[];
  foreign: ForeignCanary[];
  matched: FieldName[];
  mismatched: FieldName[];
  /** counter: the answer class; mail: how it came, `smtp` or `folder`; scan: `logs`, `metrics`, `urls`, `mails`; clock: `wall`; lag: the engine; watch: what was counted, `evaluations`, `gap` or `scrapes`; alerts-end: why the alerts are not known, null where they are; stop: why. */
  name: string | null;
  /**
   * rows-end, mails-end, alerts-end: how many row, mail and alert events there must be, said once all were read; mail: bytes; counter:
   * increase over the run; scan: bytes read, null where nothing could be; clock: step in seconds; lag: worst generator lag in seconds;
   * watch: how often the rules were evaluated, the longest pause between two of these in seconds, the good scrapes of whom was scraped
   * least.
   */
  value: number | null;
}

/** An alert that fired while the run was watched, one event for each time and set of labels, as Prometheus and the receiver have it. */
export interface AlertEvent extends EventBase {
  type: "alert";
  alert: string;
  /** `page`, `ticket`, `campaign` or `none` in our own rules; whatever another's rules say. */
  severity: string;
  /** The other labels that tell it from its like: `kind="duplicate"`. */
  labels: string;
  /** Alertmanager told nobody of it, because another alert says the same. */
  isInhibited: boolean;
  /** When its condition began to hold, when it fired, when it was over: null where it still fired when the watching ended. */
  pendingMicroseconds: number | null;
  firedMicroseconds: number;
  resolvedMicroseconds: number | null;
  /** When the first notification of it arrived; null where none did, or where nobody can be asked. */
  notifiedMicroseconds: number | null;
}

/** The run ended, and how much of everything there must be. */
export interface EndEvent extends EventBase {
  type: "end";
  engine: "k6" | "embedded";
  engineVersion: string;
  startedAt: string;
  endedMicroseconds: number;
  arrivals: number;
  requests: number;
  dones: number;
  observations: number;
  /** Set when the run was stopped before its plan was done. */
  stopped: "interrupted" | "exposure" | "target-gone" | "time-limit" | null;
}

/**
 * What a target file says, compiled: plain JSON, so that the same object reaches every engine.
 * Templates (`${person.email}`, `${captured.csrf}`, `${key}`) are still unfilled here, and so are secrets
 * (`${env:NAME}`, `${file:PATH}`): they reach an engine beside the plan and are never written to the run folder.
 */
export interface Target {
  name: string;
  /** Where steps' paths are resolved, without a trailing slash: `http://127.0.0.1:3000`. */
  baseUrl: string;
  /** Host names (no port) that may be spoken to; a redirect elsewhere is not followed. */
  hosts: string[];
  /** Host name → IP address to connect to in its stead. */
  resolve: Record<string, string>;
  tls: { caFile?: string; certFile?: string; keyFile?: string; insecure: boolean };
  http: "1.1" | "2";
  connections: "fresh" | "kept";
  /** Sent with every request. */
  headers: Record<string, string>;
  /** What the static headers step around (captcha, gateway): printed as not judged. */
  bypassed: string[];
  /** Header for the person's own IP address, where the target trusts one. */
  clientIpHeader?: string;
  /** Domain of the people's e-mail addresses. */
  emailDomain: string;
  /** When two addresses are the same person to the target. */
  sameEmail: "exact" | "ignore-case" | "ignore-case-and-blanks";
  /** Name of the header that carries the idempotency key, where the target has one. */
  idempotencyHeader?: string;
  memberId?: MemberIdRule;
  steps: Step[];
  readBack: ReadBack;
  telemetry: Telemetry;
  /** How a run's people are removed again. */
  cleanUp?: { step: string } | { sql: SqlStatement };
  sinks: { mail?: MailSinkFile | string; sms?: string };
  /** Check name → why it cannot be judged here. */
  notJudged: Record<string, string>;
}

/**
 * Where mails to the people end and are looked at: a server of ours that the target sends to, or a folder of .eml files that
 * it writes. Where mails end out of our sight, `sinks.mail` is that in words.
 */
export type MailSinkFile = ({ smtp: string } | { folder: string }) & {
  /** After the run, how long the mails of those who became members are waited for. */
  withinSeconds: number;
  /** Where the member ID is in a mail's text, so that it is held against the ID that was acknowledged. */
  memberId?: Place;
};

export interface MemberIdRule {
  /** Whole-string pattern, as a JavaScript regular expression source without flags. */
  pattern: string;
  checkCharacters?: "iso7064-mod97-10" | "luhn" | "damm";
}

/**
 * The part a step plays. Steps of one role run in the file's order; a journey is
 * prepare → sign-up (→ come-back while waiting) → verify → sign-in → read-own. `clean-up` is no part of it:
 * \`crowdproof cleanup\` sends it once for each person.
 */
export const STEP_ROLES = [
  "prepare",
  "sign-up",
  "come-back",
  "verify",
  "sign-in",
  "read-own",
  "sign-out",
  "clean-up",
] as const;
export type StepRole = (typeof STEP_ROLES)[number];

export interface Step {
  name: string;
  role: StepRole;
  method: string;
  /** Template; begins with `/`, or is an absolute URL on one of the hosts. */
  path: string;
  /** Asks our own mail sink for a mail to the person, and not the target; the path leads there. */
  isMail?: true;
  headers: Record<string, string>;
  body?: Body;
  /** Redirects followed, at most; 0 = the 3xx answer is the answer. */
  redirects: number;
  timeoutSeconds: number;
  /** Captured name → where it is in the answer; later templates say `${captured.NAME}`. */
  captures: Record<string, Place>;
  /** First match decides, in the order of ANSWER_CLASSES; what nothing matches is indeterminate (5xx) or failed. */
  means: Partial<Record<DeclaredClass, AnswerPattern[]>>;
  /** Where the member ID, the session and the person's fields are in an answer. */
  memberId?: Place;
  session?: Place;
  fields: Record<string, Place>;
  /** Where the ticket of somebody waiting is, to be sent by the come-back step as `${captured.ticket}`. */
  ticket?: Place;
}

export type Body =
  | { json: JsonTemplate }
  | { form: Record<string, string> }
  | { multipart: Record<string, string> }
  | { text: string; contentType: string };

export type JsonTemplate =
  | string
  | number
  | boolean
  | null
  | JsonTemplate[]
  | { [key: string]: JsonTemplate };

/** One place in an answer. `json` is an RFC 6901 pointer; `pattern` a regular expression whose first group counts. */
export type Place =
  | { json: string }
  | { header: string }
  | { cookie: string }
  | { html: string; attribute?: string }
  | { pattern: string };

/** All parts given must match. */
export interface AnswerPattern {
  status?: number[];
  /** Header name → regular expression. */
  header?: Record<string, string>;
  /** JSON pointer → exact value. */
  json?: Record<string, string | number | boolean | null>;
  /** Regular expression somewhere in the body. */
  body?: string;
}

/**
 * Every request ends in exactly one class. The first seven are the glossary's; a step that is
 * not a signup is `served` (it got what it asked), `absent` (the target says there is no such thing)
 * or `denied` (not for you).
 */
export const ANSWER_CLASSES = [
  "acknowledged",
  "waiting",
  "refused",
  "rejected",
  "halted",
  "served",
  "absent",
  "denied",
  "indeterminate",
  "failed",
] as const;
export type AnswerClass = (typeof ANSWER_CLASSES)[number];
/** The classes a target file can declare; the other two are what is left over. */
export type DeclaredClass = Exclude<AnswerClass, "indeterminate" | "failed">;

export interface ReadBack {
  /** Seconds after the acknowledgement within which a member must be found; later is late, never is missing. */
  visibleWithinSeconds: number;
  /** Reads every acknowledged member with their own session by the `read-own` steps after the drain. */
  http: boolean;
  /** One row a member; columns `member_id` and one per field (`email`, `latin_name`, …). */
  sql?: SqlStatement;
}

export interface SqlStatement {
  connection: string;
  statement: string;
}

export interface Telemetry {
  /** Log files, scanned for canaries after the run. */
  logFiles: string[];
  /** Prometheus text endpoint, scanned for canaries and read for the counters. */
  metricsUrl?: string;
  /** Answer class of a signup → series whose increase counts it, e.g. `signups_total{outcome="acknowledged"}`. */
  counters: Partial<Record<AnswerClass, string>>;
  /** Series → the most it may say after the run: queues, memory. */
  bounds?: Record<string, number>;
  /** True where nobody else uses the target, so that its counters must agree with ours. */
  exclusive: boolean;
}

import type { LostRequest, Primitives, RawAnswer } from "../engine/port.ts";
import type { RequestEvent } from "../events/event.ts";
import type { CanaryCodec } from "../people/canary.ts";
import type { Person } from "../people/field.ts";
import type { Step, Target } from "../target/target.ts";
import { readCanaries } from "./canaries.ts";
import { classify } from "./classify.ts";
import { compareFields } from "./compare-fields.ts";
import { originMilliseconds, retryAfterSeconds } from "./headers.ts";
import { type OpenAnswer, openAnswer } from "./open-answer.ts";
import { readPlace } from "./read-place.ts";

/** What an answer says, as facts; the request's own columns (who, when, why) are the engine's to add. */
export type AnswerFacts = Pick<
  RequestEvent,
  | "class"
  | "reason"
  | "status"
  | "bodyBytes"
  | "retryAfterSeconds"
  | "memberId"
  | "sessionHash"
  | "isCookieSet"
  | "own"
  | "foreign"
  | "matched"
  | "mismatched"
  | "cacheControl"
  | "age"
  | "via"
  | "xCache"
  | "originMilliseconds"
>;

export interface AnswerContext {
  target: Target;
  step: Step;
  /** Whose answer this is: every other person's canary in it is foreign. */
  person: Person;
  codec: CanaryCodec;
  primitives: Primitives;
}

/** Reads facts and captures from whatever came back; nothing in an answer makes it throw. Pure. */
export function readAnswer(
  context: AnswerContext,
  raw: RawAnswer,
): { facts: AnswerFacts; captured: Record<string, string> } {
  if (raw.kind === "lost") return { facts: readLost(context, raw), captured: {} };
  const { step, primitives } = context;
  const answer = openAnswer(raw, primitives);
  const session = step.session ? readPlace(step.session, answer) : null;
  const { class: answerClass, reason } = classify(step, answer);
  // A mail is judged where it arrives: here its canaries would count twice.
  const { own, foreign } = step.isMail ? { own: [], foreign: [] } : readCanaries(context, answer);
  const { matched, mismatched } = compareFields(context, answer);
  return {
    facts: {
      class: answerClass,
      reason,
      status: raw.status,
      bodyBytes: raw.bodyBytes,
      retryAfterSeconds: retryAfterSeconds(raw.headers),
      memberId: step.memberId ? readPlace(step.memberId, answer) : null,
      sessionHash: session ? hashOf(session, primitives) : null,
      isCookieSet: raw.cookies.some(({ isExpired }) => !isExpired),
      own,
      foreign,
      matched,
      mismatched,
      cacheControl: raw.headers["cache-control"] ?? null,
      age: raw.headers["age"] ?? null,
      via: raw.headers["via"] ?? null,
      xCache: raw.headers["x-cache"] ?? null,
      originMilliseconds: originMilliseconds(raw.headers),
    },
    captured: readCaptures(step, answer),
  };
}

/** SHA-256, first 32 hex digits. */
function hashOf(secret: string, { sha256 }: Pick<Primitives, "sha256">): string {
  return sha256(secret).slice(0, 32);
}

const NO_FACTS: AnswerFacts = {
  class: "indeterminate",
  reason: null,
  status: null,
  bodyBytes: 0,
  retryAfterSeconds: null,
  memberId: null,
  sessionHash: null,
  isCookieSet: false,
  own: [],
  foreign: [],
  matched: [],
  mismatched: [],
  cacheControl: null,
  age: null,
  via: null,
  xCache: null,
  originMilliseconds: null,
};

/** Redirects that led to no answer did come: whom they name was shown. The reader's own in them counts for no answer. */
function readLost(context: AnswerContext, lost: LostRequest): AnswerFacts {
  const facts = { ...NO_FACTS, ...classify(context.step, lost) };
  if (lost.redirects === undefined) return facts;
  const { headers } = lost.redirects;
  return {
    ...facts,
    foreign: readCanaries(context, openAnswer(lost.redirects, context.primitives)).foreign,
    cacheControl: headers["cache-control"] ?? null,
    age: headers["age"] ?? null,
    via: headers["via"] ?? null,
    xCache: headers["x-cache"] ?? null,
  };
}

/** What is not there is left out, so that an earlier capture of the name stays. */
function readCaptures(step: Step, answer: OpenAnswer): Record<string, string> {
  const captured: Record<string, string> = {};
  for (const name in step.captures) {
    const value = readPlace(step.captures[name]!, answer);
    if (value !== null) captured[name] = value;
  }
  const ticket = step.ticket ? readPlace(step.ticket, answer) : null;
  if (ticket !== null) captured["ticket"] = ticket;
  return captured;
}

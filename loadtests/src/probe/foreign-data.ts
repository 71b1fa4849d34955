import type { Event, ForeignCanary, RequestEvent } from "../events/event.ts";
import type { FieldName } from "../people/field.ts";
import { BEHAVIOURS, type Plan } from "../plan/plan.ts";

const BEHAVIOUR_PAIR = BEHAVIOURS.indexOf("pair");

/** What one answer, or mail, showed to whoever it was not meant for. */
export interface ForeignData {
  /** Null: a mail went to an address of nobody. */
  viewer: number | null;
  step: string;
  /** Of visitors; empty where only small fields were not as sent. */
  canaries: ForeignCanary[];
  /** Small fields, at their declared places, that are not the reader's. */
  mismatched: FieldName[];
}

/**
 * reads-own for one event, as it arrives; null where it shows nobody else's data. The check's SQL says the same of a whole
 * history a minute later, and a test holds the two together.
 */
export function foreignDataIn(
  event: Event,
  plan: Pick<Plan, "arrivals">,
  runTag: number,
): ForeignData | null {
  if (event.control !== null) return null;
  if (event.type !== "request" && !(event.type === "observation" && event.kind === "mail")) return null;
  const { visitor: viewer } = event;
  const canaries = event.foreign.filter((canary) => !isSharedAddress(canary, viewer, plan, runTag));
  const mismatched = event.type === "request" && isOwnInput(event) ? event.mismatched : [];
  if (canaries.length === 0 && mismatched.length === 0) return null;
  return { viewer, step: event.type === "request" ? event.step : "mail", canaries, mismatched };
}

/** Two people with one address have the canary of the first. */
function isSharedAddress(
  { field, visitor, runTag }: ForeignCanary,
  viewer: number | null,
  { arrivals }: Pick<Plan, "arrivals">,
  ownTag: number,
): boolean {
  if (field !== "email" || viewer === null || runTag !== ownTag) return false;
  return BEHAVIOUR_PAIR === arrivals.behaviour[viewer] && arrivals.group[viewer] === visitor;
}

/** Small fields of another body were sent by the same person on purpose. */
function isOwnInput({ session, purpose }: RequestEvent): boolean {
  return session === "own" && purpose !== "other-body" && purpose !== "invalid-input";
}

/** A person's own profile, in which nothing of theirs stands: masked, or a stranger's who sent no canary. */
export function isBlank(event: Event): boolean {
  if (event.type !== "request" || event.control !== null) return false;
  const { role, session, own, matched } = event;
  return (
    event.class === "served" && role === "read-own" && session === "own" && own.length + matched.length === 0
  );
}

/** Somebody was shown their own data: the positive observation of reads-own. */
export function isPositive(event: Event): boolean {
  return (
    event.type === "request" && event.control === null && event.session === "own" && event.own.length > 0
  );
}

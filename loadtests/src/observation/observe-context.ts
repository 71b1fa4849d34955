import type { ObservationEvent } from "../events/event.ts";
import type { CanaryCodec } from "../people/canary.ts";
import type { Plan } from "../plan/plan.ts";

export interface ObserveContext {
  plan: Plan;
  codec: CanaryCodec;
  secrets: Record<string, string>;
  say(reason: string): void;
  /** An observation in which nothing was seen yet. */
  blank: Omit<ObservationEvent, "kind">;
}

/** Why something failed, in the words of whatever failed; Node hides them in the cause, or in a list of attempts. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}

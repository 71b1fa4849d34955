import { randomInt } from "node:crypto";
import { ServiceError } from "../service-error.ts";
import type { Halt } from "./campaign-state.ts";

/** Throws `halted` while the campaign takes no newcomers. Cheap: stands in front of everything, and again after a wait. */
export function requireOpen(halt: Pick<Halt, "state">): void {
  if (halt.state().phase === "open") return;
  throw new ServiceError(
    "halted",
    "Signing up is closed at this moment. Nothing was registered; please come back later.",
  );
}

/** People decide about the reopening, in minutes; a crowd told one number would come back as one crowd. */
const RETRY_AFTER_SECONDS = { min: 30, max: 120 } as const;

/** Whole seconds, a new draw for each. */
export function haltedRetryAfterSeconds(): number {
  return randomInt(RETRY_AFTER_SECONDS.min, RETRY_AFTER_SECONDS.max + 1);
}

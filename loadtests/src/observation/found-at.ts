import type { ForeignCanary } from "../events/event.ts";
import type { FoundCanary } from "../people/canary.ts";

/** One event stays one line that can be read: who and how many is said by so many. */
export const CANARIES_KEPT_MAX = 1_000;

export function foundAt(place: string, canaries: readonly FoundCanary[]): ForeignCanary[] {
  return canaries.slice(0, CANARIES_KEPT_MAX).map((canary) => ({ ...canary, place }));
}

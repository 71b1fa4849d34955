import type { Seams } from "../seams.ts";

/** A deliberate, realistic bug, switched on to prove that something notices. */
export interface Fault {
  /** Kebab-case, as in `FAULT=max-plus-one`. */
  readonly name: string;
  /** The incident or thread behind it. */
  readonly incident: string;
  /** The invariant it breaks, in words. */
  readonly breaks: string;
  /** The condition under which it shows. */
  readonly shows: string;
  /** One client after the other, each with an address of their own, sees nothing wrong. */
  readonly isHiddenAlone: boolean;
  /** Names of the checks that fail: the first one must, the others may, as what follows from it; no further one may. */
  readonly checks: readonly [string, ...string[]];
  apply(seams: Seams): Seams;
}

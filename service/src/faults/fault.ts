import type { Seams } from "../seams.ts";

/** A deliberate, realistic bug, switched on to prove that something notices. */
export interface Fault {
  /** Kebab-case, as in `FAULT=max-plus-one`. */
  readonly name: string;
  /** The incident or thread behind it. */
  readonly incident: string;
  /** The check that must fail. */
  readonly breaks: string;
  /** The condition under which it shows. */
  readonly shows: string;
  apply(seams: Seams): Seams;
}

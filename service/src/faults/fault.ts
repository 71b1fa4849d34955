import type { Seams } from "../seams.ts";

/**
 * What has to happen beside a crowd for a bug to show; `npm run prove` makes it.
 * slow-database: its processes stand still, go on for a moment, find the members locked, go on, and stand still again.
 * worker-killed: kill −9 of a worker that is started again. two-workers: two processes serve. clock-steps-back: a worker
 * is told (SIGUSR2) that its clock was set back. deletions: members are removed under way. volume: more than a thousand
 * people. overload: a door so narrow that most of a burst has to wait.
 */
export type Weather =
  | "slow-database"
  | "worker-killed"
  | "two-workers"
  | "clock-steps-back"
  | "deletions"
  | "volume"
  | "overload";

/** Who sees a bug that the guard cannot see in the bytes of one answer. */
export type Layer = "gate" | "auditor";

/**
 * blocks: the answer stays inside and the campaign halts. withholds: the answer stays inside as one that is not in the
 * guard's table, which halts nothing. blind: by construction nothing in the answer's bytes shows it.
 */
export type Guarded =
  | { readonly guard: "blocks" | "withholds" }
  | { readonly guard: "blind"; readonly seenBy: readonly [Layer, ...Layer[]] };

/** A deliberate, realistic bug, switched on to prove that something notices. */
export type Fault = Guarded & {
  /** Kebab-case, as in `FAULT=max-plus-one`. */
  readonly name: string;
  /** The incident or thread behind it. */
  readonly incident: string;
  /** The invariant it breaks, in words. */
  readonly breaks: string;
  /** The condition under which it shows. */
  readonly shows: string;
  /** Empty: a crowd is enough. */
  readonly weather: readonly Weather[];
  /** One client after the other, each with an address of their own, sees nothing wrong. */
  readonly isHiddenAlone: boolean;
  /** Names of the checks that fail: the first one must, the others may, as what follows from it; no further one may. */
  readonly checks: readonly [string, ...string[]];
  apply(seams: Seams): Seams;
};

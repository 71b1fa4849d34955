import type { Field } from "../guard/fields.ts";

/** What a person must be told after a leak, in numbers; `loadtests/schemas/blast-radius.schema.json` has the same shape. */
export interface BlastRadius {
  readonly format: 1;
  readonly range: { readonly from: string; readonly to: string };
  readonly readAt: string;
  /** unknown: nothing was recorded, and the ledger cannot say that there was nothing. */
  readonly outcome: "none" | "exposures" | "unknown";
  /** The ledger has gaps: there may have been more of everything. */
  readonly isLowerBound: boolean;
  readonly ledger: Ledger;
  readonly exposed: Exposed;
  readonly byKind: readonly (Counts & { readonly kind: string })[];
  /** Member numbers that were given to several people. */
  readonly sharedNumbers: { readonly numbers: number; readonly people: number } & Times;
  /** Withheld by the guard: it reached nobody, and is in none of the other numbers. */
  readonly blocked: readonly ({ readonly kind: string; readonly answers: number } & Times)[];
  /** Who saw whose what, by member number; null where it was not asked for. */
  readonly list: readonly Seen[] | null;
}

export interface Times {
  readonly firstAt: string | null;
  readonly lastAt: string | null;
}

export interface Ledger {
  /** Answers with personal data in the range. */
  readonly answers: number;
  readonly isComplete: boolean;
  readonly gaps: readonly Gap[];
}

export type GapCause = "dropped" | "crash" | "database-crash" | "not-yet-written" | "no-ledger";

export interface Gap {
  readonly cause: GapCause;
  readonly worker: string | null;
  readonly from: string;
  readonly until: string;
  /** It goes on: nobody has said since that the ledger is kept again. */
  readonly isOpen: boolean;
  /** Answers that are missing, where that is known. */
  readonly lost: number | null;
}

export interface Counts extends Times {
  /** People whose data could be seen. */
  readonly people: number;
  /** Others who could see it. */
  readonly viewers: number;
  /** Fields shown, each person's field counted once. */
  readonly records: number;
  readonly answers: number;
}

export interface Exposed extends Counts {
  readonly fields: readonly { readonly field: Field; readonly people: number }[];
  /** Answers to requests without a session: their readers are not among `viewers`. */
  readonly answersWithoutReader: number;
  /** Answers with values whose owner was not found: those people are not among `people`. */
  readonly answersWithoutOwner: number;
}

export interface Seen extends Times {
  /** Member number; `not a member …` for who never became one; null where the answer went out without a session. */
  readonly viewer: string | null;
  readonly victim: string | null;
  readonly kinds: readonly string[];
  readonly fields: readonly Field[];
  readonly answers: number;
}

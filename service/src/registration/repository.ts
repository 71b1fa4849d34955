import type { Query } from "../db/database.ts";
import type { MemberNumber } from "../member/member-number.ts";
import type { PersonalFields } from "../member/profile.ts";

/** One registration on its way to the database. */
export interface Candidate {
  /** Internal key (UUIDv7), made before the insert so that an answer finds its person by key, never by position. */
  readonly id: string;
  readonly number: MemberNumber;
  readonly fields: PersonalFields;
  /** The e-mail address by which two people are the same. */
  readonly emailKey: string;
  /** Hash of the idempotency key, where one was sent. All hashes and MACs are hex digits: a Buffer for each costs more than the hash. */
  readonly keyHash: string | null;
  /** Of the ticket they came in with, hex digits; unique among members. */
  readonly ticketNumber: string | null;
  /** Hash of all fields. */
  readonly fingerprint: string;
  /** Binds number and fields of the row to each other. */
  readonly identityMac: string;
  /** Hash of the session token that is handed out if this candidate becomes a member. */
  readonly tokenHash: string;
}

/** What became of a candidate. Only the first two have a place for a number. */
export type RegistrationOutcome =
  | { readonly kind: "registered"; readonly number: MemberNumber }
  | { readonly kind: "replayed"; readonly id: string; readonly number: MemberNumber }
  | { readonly kind: "key-reused" }
  | { readonly kind: "email-taken" }
  | { readonly kind: "ticket-used" };

/** Outcomes of candidates by their `id`. */
export type Outcomes = Map<string, RegistrationOutcome>;

/** Writes members. One candidate's clash never fails another. */
export interface MemberRepository {
  /** Makes members, each statement with its own commit; whoever clashes with a member is left out of the result. */
  insert(query: Query, candidates: readonly Candidate[]): Promise<Outcomes>;
  /** What stands in the way of candidates who were left out, inside the transaction that settles them. */
  findClashes(query: Query, candidates: readonly Candidate[]): Promise<Outcomes>;
}

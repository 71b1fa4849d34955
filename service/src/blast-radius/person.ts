import { FIELDS, type Field } from "../guard/fields.ts";

/**
 * Somebody in the ledger. A person is known by the MAC of number and fields together, so that two people with one number
 * stay two; who asked and never became a member, by the hash of the address; who else held a token, by the token's hash.
 */
export type PersonKey = `person ${string}` | `asked ${string}` | `token ${string}`;

/** Somebody's data in somebody's answer. Viewer null: the answer went out without a session. */
export interface Exposure {
  readonly viewer: PersonKey | null;
  /** Null: values whose owner is not to be found (no member any more, or several have the value). */
  readonly victim: PersonKey | null;
  readonly kind: string;
  readonly fields: number;
  readonly answers: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

export const keyOfPerson = (identityMac: string): PersonKey => `person ${identityMac}`;

export function fieldsOf(bits: number): Field[] {
  return FIELDS.filter((_, at) => (bits & (1 << at)) !== 0);
}

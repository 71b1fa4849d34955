/** Fields that hold a canary, in the order of their number inside it (kana has an alphabet of its own). */
export const CANARY_FIELDS = ["email", "latinName", "address", "freeText", "kana"] as const;
export type CanaryField = (typeof CANARY_FIELDS)[number];

/** Fields too small for a canary: compared with what the reader sent, where the target file says they are. */
export const COMPARED_FIELDS = [
  "birthDate",
  "sex",
  "phone",
  "postalCode",
  "kanjiName",
  "survey1",
  "survey2",
  "survey3",
  "survey4",
  "survey5",
] as const;
export type ComparedField = (typeof COMPARED_FIELDS)[number];

export type FieldName = CanaryField | ComparedField;

/** One synthetic person: every field as it is sent. Who they are follows from the run id and the visitor number. */
export interface Person extends Readonly<Record<FieldName, string>> {
  readonly visitor: number;
  /** Whose canary the e-mail address holds: one's own, or for a `pair` that of the group's first. */
  readonly emailVisitor: number;
  /** IPv4 address for targets that trust a client-address header. From 198.18.0.0/15 (RFC 2544). */
  readonly ipAddress: string;
  /** Sent as the idempotency key of the signup; two people of one `shared-key` group have the same. */
  readonly key: string;
}

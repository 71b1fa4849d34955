import type { FindingKind } from "../metrics/campaign-metrics.ts";

/** A state of the database that nothing in the service makes. */
export interface Finding {
  readonly kind: FindingKind;
  /** Keys of the rows, never a person's values; the same finding has the same subject at every look. */
  readonly subject: string;
}

export const keyOf = ({ kind, subject }: Finding) => `${kind} ${subject}`;

import { z } from "zod";

const count = z.int().min(0);
const moment = z.iso.datetime();
const times = { firstAt: moment.nullable(), lastAt: moment.nullable() };
const kind = z.enum(["duplicate", "malformed", "wrong-person", "foreign-session", "unbound"]);
const counts = { people: count, viewers: count, records: count, answers: count, ...times };

const gap = z.strictObject({
  cause: z.enum(["dropped", "crash", "database-crash", "not-yet-written", "no-ledger"]),
  worker: z.string().nullable(),
  from: moment,
  until: moment,
  isOpen: z.boolean(),
  lost: count.nullable(),
});

const seen = z.strictObject({
  viewer: z.string().nullable(),
  victim: z.string().nullable(),
  kinds: z.array(kind),
  fields: z.array(z.string()),
  answers: count,
  ...times,
});

/** What `crowdproof blast-radius --format json` prints; made by the service, which the harness does not import. */
export const BLAST_RADIUS_SCHEMA = z.strictObject({
  format: z.literal(1),
  range: z.strictObject({ from: moment, to: moment }),
  readAt: moment,
  outcome: z.enum(["none", "exposures", "unknown"]),
  isLowerBound: z.boolean(),
  ledger: z.strictObject({ answers: count, isComplete: z.boolean(), gaps: z.array(gap) }),
  exposed: z.strictObject({
    ...counts,
    fields: z.array(z.strictObject({ field: z.string(), people: count })),
    answersWithoutReader: count,
    answersWithoutOwner: count,
  }),
  byKind: z.array(z.strictObject({ kind, ...counts })),
  sharedNumbers: z.strictObject({ numbers: count, people: count, ...times }),
  blocked: z.array(z.strictObject({ kind, answers: count, ...times })),
  list: z.array(seen).nullable(),
});

export type BlastRadius = z.infer<typeof BLAST_RADIUS_SCHEMA>;

import { ALL_FIELDS, bitsOf, type Field } from "../guard/fields.ts";
import { type Exposure, fieldsOf, keyOfPerson, type PersonKey } from "./person.ts";

/** Answers of one sort to one reader that should have been withheld. Hashes as hex digits. */
export interface Mismatch {
  readonly viewer: string | null;
  readonly readerMac: string | null;
  readonly subjectNumber: string | null;
  readonly identityMac: string;
  readonly kind: string;
  readonly isSignup: boolean;
  /** False: before the range, of interest for the session it gave. */
  readonly isWithin: boolean;
  readonly fields: number;
  readonly ownFields: number | null;
  readonly answers: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Answers that were right by all that the guard can see. */
export type Healthy = Omit<Mismatch, "readerMac" | "kind" | "ownFields"> & { readonly viewer: string };

/** What is known about the people behind the hashes. */
export interface Known {
  /** Identities that are one person's; all others mix people. */
  isPerson(identityMac: string): boolean;
  /** By the hash of the address that was asked with. */
  readerOf(readerMac: string): PersonKey | undefined;
  /** By the database's sessions. */
  holderOf(viewer: string): PersonKey | undefined;
  /** People with this value in this field. */
  ownersOf(identityMac: string, fields: number, field: Field): readonly PersonKey[];
}

const TOLD_FIELDS = ALL_FIELDS & ~bitsOf(["number"]);

/**
 * Who saw whose what. Pure: from the rows of the ledger and what is known about people. Each answer is somebody's data,
 * the reader's own left out; a session given to a stranger makes everything read under it a stranger's reading.
 */
export function traceExposures(
  mismatches: readonly Mismatch[],
  healthy: readonly Healthy[],
  known: Known,
): Exposure[] {
  const holders = findHolders(mismatches, healthy, known);
  const exposures: Exposure[] = [];
  for (const row of mismatches) {
    if (!row.isWithin) continue;
    for (const reader of readersOf(row, holders, known))
      for (const [victim, fields] of shownTo(reader, row, known))
        exposures.push(exposureOf(row, { viewer: reader, victim, fields, kind: row.kind }));
  }
  for (const row of healthy) {
    if (!row.isWithin || row.isSignup) continue;
    const victim = keyOfPerson(row.identityMac);
    for (const viewer of holders.get(row.viewer) ?? [])
      if (viewer !== victim)
        exposures.push(exposureOf(row, { viewer, victim, fields: row.fields, kind: "foreign-session" }));
  }
  return exposures;
}

function exposureOf(
  { answers, firstMs, lastMs }: Pick<Mismatch, "answers" | "firstMs" | "lastMs">,
  who: Pick<Exposure, "viewer" | "victim" | "fields" | "kind">,
): Exposure {
  return { ...who, answers, firstMs, lastMs };
}

/** Everybody to whom a token was given, by the answers that gave it. */
function findHolders(
  mismatches: readonly Mismatch[],
  healthy: readonly Healthy[],
  known: Known,
): ReadonlyMap<string, ReadonlySet<PersonKey>> {
  const holders = new Map<string, Set<PersonKey>>();
  const give = (viewer: string, person: PersonKey) => {
    const people = holders.get(viewer) ?? new Set();
    holders.set(viewer, people.add(person));
  };
  for (const row of healthy) if (row.isSignup) give(row.viewer, keyOfPerson(row.identityMac));
  for (const row of mismatches) {
    const reader = row.isSignup ? askerOf(row, known) : undefined;
    if (row.viewer !== null && reader !== undefined) give(row.viewer, reader);
  }
  return holders;
}

/** Who sent the fields of a signup: the person they make up where all came back, else whoever has the address. */
function askerOf(row: Mismatch, known: Known): PersonKey | undefined {
  if (isOwn(row)) return keyOfPerson(row.identityMac);
  return row.readerMac === null ? undefined : (known.readerOf(row.readerMac) ?? `asked ${row.readerMac}`);
}

/** What came back is what was sent; of a sign-in only the address was, so there it says nothing. */
function isOwn({ ownFields, fields }: Mismatch): boolean {
  return ((ownFields ?? 0) & TOLD_FIELDS) === (fields & TOLD_FIELDS);
}

function readersOf(
  row: Mismatch,
  holders: ReadonlyMap<string, ReadonlySet<PersonKey>>,
  known: Known,
): Iterable<PersonKey | null> {
  const asker = row.isSignup ? askerOf(row, known) : undefined;
  if (asker !== undefined) return [asker];
  if (row.viewer === null) return [null];
  return holders.get(row.viewer) ?? [known.holderOf(row.viewer) ?? `token ${row.viewer}`];
}

/** Victim → fields, of one answer to one reader. */
function shownTo(reader: PersonKey | null, row: Mismatch, known: Known): Map<PersonKey | null, number> {
  const victims = new Map<PersonKey | null, number>();
  const whole = keyOfPerson(row.identityMac);
  if (whole === reader || (row.isSignup && isOwn(row))) return victims;
  if (known.isPerson(row.identityMac)) return victims.set(whole, row.fields);
  const unclear: Field[] = [];
  for (const field of fieldsOf(row.fields & ~(row.ownFields ?? 0))) {
    const owners = known.ownersOf(row.identityMac, row.fields, field);
    if (reader !== null && owners.includes(reader)) continue;
    const [owner] = owners;
    if (owner !== undefined && owners.length === 1)
      victims.set(owner, (victims.get(owner) ?? 0) | bitsOf([field]));
    else unclear.push(field);
  }
  // A value that several have belongs to whoever else of them is in this answer.
  for (const field of unclear) {
    const owners = known.ownersOf(row.identityMac, row.fields, field);
    const owner = owners.find((candidate) => victims.has(candidate)) ?? null;
    victims.set(owner, (victims.get(owner) ?? 0) | bitsOf([field]));
  }
  return victims;
}

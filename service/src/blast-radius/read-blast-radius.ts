import type { Query } from "../db/database.ts";
import { readStatement } from "../db/statement.ts";
import type { Field } from "../guard/fields.ts";
import type { Identity } from "../guard/identity.ts";
import { READER } from "../guard/judge.ts";
import { findOwners, type Owners, ownerKey, type Wanted } from "./find-owners.ts";
import { type Exposure, fieldsOf, keyOfPerson, type PersonKey } from "./person.ts";
import type { GapCause } from "./report.ts";
import { type Healthy, type Known, type Mismatch, traceExposures } from "./trace-exposures.ts";

export interface Range {
  readonly from: Date;
  readonly to: Date;
}

/** What the ledgers say about a range of time. */
export interface Findings {
  readonly exposures: readonly Exposure[];
  /** Number of whoever has one. */
  readonly numbers: ReadonlyMap<PersonKey, string>;
  readonly sharedNumbers: readonly SharedNumber[];
  readonly blocked: readonly BlockedRow[];
  readonly gaps: readonly GapRow[];
  readonly answers: number;
}

export interface SharedNumber {
  readonly number: string;
  readonly people: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface BlockedRow {
  readonly kind: string;
  readonly answers: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface GapRow {
  readonly cause: GapCause;
  readonly worker: string | null;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly isOpen: boolean;
  readonly lost: number | null;
}

const statement = (file: string) => readStatement(import.meta.url, file);
const READ_MISMATCHES = statement("read-mismatches.sql");
const READ_HEALTHY = statement("read-healthy.sql");
const READ_SESSIONS = statement("read-sessions.sql");
const READ_MEMBERS = statement("read-members.sql");
const READ_FIELD_MACS = statement("read-field-macs.sql");
const READ_SHARED_NUMBERS = statement("read-shared-numbers.sql");
const READ_BLOCKED = statement("read-blocked.sql");
const READ_GAPS = statement("read-gaps.sql");
const READ_TOTALS = statement("read-totals.sql");

/** One question after the other, of one snapshot; `query` is of one connection. */
export async function readBlastRadius(query: Query, identity: Identity, range: Range): Promise<Findings> {
  const times = [range.from.toISOString(), range.to.toISOString()];
  const mismatches = await query<Mismatch>(READ_MISMATCHES, times);
  const people = await findPeople(query, identity, mismatches, times);
  const sharedNumbers = await query<SharedNumber>(READ_SHARED_NUMBERS, times);
  const [totals] = await query<{ answers: number }>(READ_TOTALS, times);
  return {
    exposures: traceExposures(mismatches, people.healthy, people.known),
    numbers: people.numbers,
    sharedNumbers,
    blocked: await query<BlockedRow>(READ_BLOCKED, times),
    gaps: await query<GapRow>(READ_GAPS, times),
    answers: totals?.answers ?? 0,
  };
}

interface People {
  readonly healthy: readonly Healthy[];
  readonly known: Known;
  readonly numbers: ReadonlyMap<PersonKey, string>;
}

interface MemberRow {
  readonly number: string;
  readonly identityMac: string;
}

async function findPeople(
  query: Query,
  identity: Identity,
  mismatches: readonly Mismatch[],
  times: readonly string[],
): Promise<People> {
  if (mismatches.length === 0) return { healthy: [], known: NOBODY, numbers: new Map() };
  const macs = distinct(mismatches.map((row) => row.identityMac));
  const tokens = distinct(mismatches.map((row) => row.viewer));
  const healthy = await query<Healthy>(READ_HEALTHY, [...times, tokens, macs]);
  const held = await query<MemberRow & { viewer: string }>(READ_SESSIONS, [tokens]);
  const members = await query<MemberRow>(READ_MEMBERS, [macs]);

  const numbers = new Map<PersonKey, string>();
  for (const { identityMac, subjectNumber } of [...healthy, ...mismatches.filter(isBound)])
    if (subjectNumber !== null) numbers.set(keyOfPerson(identityMac), subjectNumber);
  for (const { identityMac, number } of [...members, ...held]) numbers.set(keyOfPerson(identityMac), number);

  const mixed = distinct(
    mismatches.map((row) => row.identityMac).filter((mac) => !numbers.has(keyOfPerson(mac))),
  );
  const shown = await readShown(query, mixed, times);
  const owners = await findOwners(query, identity, wantedOf(mismatches, shown));
  await nameOwners(query, owners, numbers);
  const holders = new Map(held.map((row) => [row.viewer, keyOfPerson(row.identityMac)]));
  const known: Known = {
    isPerson: (mac) => numbers.has(keyOfPerson(mac)),
    readerOf: (mac) => owners.get(ownerKey(READER, mac))?.[0],
    holderOf: (viewer) => holders.get(viewer),
    ownersOf(mac, fields, field) {
      const fieldMac = shown.get(`${mac} ${fields}`)?.[field];
      return fieldMac === undefined ? [] : (owners.get(ownerKey(field, fieldMac)) ?? []);
    },
  };
  // Only sessions that were given away make what is right in itself a stranger's reading.
  const given = new Set(mismatches.filter((row) => row.isSignup).map((row) => row.viewer));
  return { healthy: healthy.filter((row) => row.isSignup || given.has(row.viewer)), known, numbers };
}

const NOBODY: Known = {
  isPerson: () => false,
  readerOf: () => undefined,
  holderOf: () => undefined,
  ownersOf: () => [],
};

/** The guard held number and fields against token or request, and they fit: an identity that is one person's. */
function isBound({ kind, isSignup, ownFields }: Mismatch): boolean {
  return kind === "duplicate" || (isSignup && ownFields === ALL_TOLD);
}

/** All but bit 0, the number. */
const ALL_TOLD = 0xffe;

type FieldMacs = Readonly<Partial<Record<Field, string>>>;

/** The hashes of the values of answers that mixed people. */
async function readShown(
  query: Query,
  mixed: readonly string[],
  times: readonly string[],
): Promise<Map<string, FieldMacs>> {
  if (mixed.length === 0) return new Map();
  const rows = await query<{ identityMac: string; fields: number; fieldMacs: FieldMacs }>(READ_FIELD_MACS, [
    ...times,
    mixed,
  ]);
  return new Map(rows.map((row) => [`${row.identityMac} ${row.fields}`, row.fieldMacs]));
}

function wantedOf(mismatches: readonly Mismatch[], shown: ReadonlyMap<string, FieldMacs>): Wanted {
  const wanted = new Map<Field | typeof READER, Set<string>>();
  const want = (field: Field | typeof READER, mac: string) =>
    wanted.set(field, (wanted.get(field) ?? new Set()).add(mac));
  for (const { readerMac } of mismatches) if (readerMac !== null) want(READER, readerMac);
  for (const [key, macs] of shown) {
    const bits = Number(key.split(" ")[1]);
    for (const field of fieldsOf(bits)) if (macs[field] !== undefined) want(field, macs[field]);
  }
  return wanted;
}

/** Owners found by their values alone have a number too. */
async function nameOwners(query: Query, owners: Owners, numbers: Map<PersonKey, string>): Promise<void> {
  const nameless = distinct([...owners.values()].flat()).filter((person) => !numbers.has(person));
  if (nameless.length === 0) return;
  const macs = nameless.map((person) => person.slice("person ".length));
  for (const { identityMac, number } of await query<MemberRow>(READ_MEMBERS, [macs]))
    numbers.set(keyOfPerson(identityMac), number);
}

function distinct<Value>(values: readonly (Value | null)[]): Value[] {
  return [...new Set(values)].filter((value) => value !== null) as Value[];
}

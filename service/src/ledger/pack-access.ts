import type { Access } from "../guard/judge.ts";

/** The kinds in the order of their packed codes. */
export const ACCESS_KINDS = ["new-member", "signed-in", "own-profile", "own-card", "own-page"] as const;

const NOBODY = "0".repeat(32);
const NO_NUMBER = "0".repeat(20);
const MS_MAX = 0xffffff;

/**
 * One access as 96 hex digits: milliseconds since `baseMs` (6), kind (2), viewer (32), number (20: its digits are hex
 * digits), identity MAC (32), fields (4). `write-accesses.sql` takes it apart.
 */
export function packAccess(access: Access, baseMs: number): string {
  const { atMs, kind, viewer, subjectNumber, identityMac, fields } = access;
  const ms = Math.min(Math.max(0, atMs - baseMs), MS_MAX);
  const code = ACCESS_KINDS.indexOf(kind);
  return `${hex(ms, 6)}0${code}${viewer ?? NOBODY}${subjectNumber ?? NO_NUMBER}${identityMac}${hex(fields, 4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** An access that the guard would have withheld, with the hashes by which its values' owners are found. */
export function rowOfMismatch({ atMs, kind, viewer, subjectNumber, identityMac, fields, mismatch }: Access) {
  return {
    at: atMs,
    kind,
    viewer,
    subject_number: subjectNumber,
    identity_mac: identityMac,
    fields,
    mismatch_kind: mismatch?.kind,
    field_macs: mismatch?.fieldMacs,
    reader_mac: mismatch?.readerMac,
    own_fields: mismatch?.ownFields,
  };
}

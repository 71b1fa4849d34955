import { hash } from "node:crypto";
import type { Query } from "../db/database.ts";
import { readStatement } from "../db/statement.ts";
import type { FindingKind } from "../metrics/campaign-metrics.ts";
import type { Finding } from "./finding.ts";
import type { MemberRow, Recompute } from "./recompute.ts";

const FIND_SHARED = readStatement(import.meta.url, "find-shared.sql");

/** What is wrong with these rows, and the ids of the rows to look at again. */
export interface MembersAudit {
  readonly findings: readonly Finding[];
  readonly suspectIds: ReadonlySet<string>;
}

export async function auditMembers(
  query: Query,
  rows: readonly MemberRow[],
  recompute: Recompute,
  serialMax: number,
): Promise<MembersAudit> {
  const findings: Finding[] = [];
  const suspectIds = new Set<string>();
  for (const row of rows) {
    for (const kind of faultsOf(row, recompute, serialMax)) {
      // With what the row says now: doctored another time, it is another finding.
      findings.push({ kind, subject: `${row.id} ${digestOf(row)}` });
      suspectIds.add(row.id);
    }
  }
  for (const { kind, value, ids } of await findShared(query, rows)) {
    findings.push({
      kind,
      subject: `${hash("sha256", value, "hex").slice(0, 16)} ${ids.join(" ")}`.slice(0, 200),
    });
    for (const id of ids) suspectIds.add(id);
  }
  return { findings, suspectIds };
}

function* faultsOf(row: MemberRow, recompute: Recompute, serialMax: number): Generator<FindingKind> {
  const serial = recompute.serialOf(row.number);
  if (serial === undefined || serial > serialMax) yield "foreign-number";
  if (!recompute.isWhole(row)) yield "doctored-row";
  if (!row.hasSession) yield "half-member";
}

function digestOf({ number, identityMac, ...rest }: MemberRow): string {
  const { hasSession: _hasSession, ...fields } = rest;
  return hash("sha256", JSON.stringify([number, identityMac, Object.values(fields)]), "hex").slice(0, 16);
}

interface Shared {
  readonly kind: FindingKind;
  readonly value: string;
  readonly ids: readonly string[];
}

async function findShared(query: Query, rows: readonly MemberRow[]): Promise<Shared[]> {
  if (rows.length === 0) return [];
  const tickets = rows.flatMap(({ ticketNumber }) => ticketNumber ?? []);
  return query<Shared>(FIND_SHARED, [
    rows.map(({ number }) => number),
    rows.map(({ emailKey }) => emailKey),
    tickets,
    rows.map(({ id }) => id),
  ]);
}

import type { Query, Statement } from "../db/database.ts";
import { readStatement } from "../db/statement.ts";
import type { MemberNumber } from "../member/member-number.ts";
import type { SeamContext } from "../seam-context.ts";
import type { Candidate, MemberRepository, Outcomes, RegistrationOutcome } from "./repository.ts";

export const REGISTER_MEMBERS = readStatement(import.meta.url, "register-members.sql");
const FIND_CLASHES = readStatement(import.meta.url, "find-clashes.sql");

export function createSqlRepository({ config }: Pick<SeamContext, "config">): MemberRepository {
  return {
    insert: (query, candidates) => insertMembers(query, candidates, config.sessionSeconds),
    findClashes,
  };
}

/** Members and their first sessions; whoever clashes with a row is left out of the result. */
export async function insertMembers(
  query: Query,
  candidates: readonly Candidate[],
  sessionSeconds: number,
  statement: Statement = REGISTER_MEMBERS,
): Promise<Outcomes> {
  const rows = JSON.stringify(candidates.map(rowOf));
  const inserted = await query<{ id: string }>(statement, [rows, sessionSeconds]);
  const insertedIds = new Set(inserted.map((row) => row.id));
  const outcomes: Outcomes = new Map();
  for (const { id, number } of candidates)
    if (insertedIds.has(id)) outcomes.set(id, { kind: "registered", number });
  return outcomes;
}

/** What stands in the way of each candidate; whoever clashes with nothing is left out of the result. */
export async function findClashes(query: Query, candidates: readonly Candidate[]): Promise<Outcomes> {
  const clashes = await query<Clash>(FIND_CLASHES, [JSON.stringify(candidates.map(rowOf))]);
  const outcomes: Outcomes = new Map();
  for (const clash of clashes) {
    const outcome = outcomeOf(clash);
    if (outcome !== undefined) outcomes.set(clash.candidateId, outcome);
  }
  return outcomes;
}

interface Clash {
  candidateId: string;
  memberId: string | null;
  number: MemberNumber | null;
  isSameBody: boolean | null;
  isEmailTaken: boolean;
  isTicketUsed: boolean;
}

/** The key decides before the e-mail address: the same person trying again also has the address they registered. */
function outcomeOf(clash: Clash): RegistrationOutcome | undefined {
  const { memberId, number, isSameBody, isEmailTaken, isTicketUsed } = clash;
  if (memberId !== null && number !== null) {
    return isSameBody === true ? { kind: "replayed", id: memberId, number } : { kind: "key-reused" };
  }
  if (isEmailTaken) return { kind: "email-taken" };
  return isTicketUsed ? { kind: "ticket-used" } : undefined;
}

const byteaOf = (hexDigits: string) => `\\x${hexDigits}`;

function rowOf(candidate: Candidate) {
  const { id, number, fields, emailKey, keyHash, ticketNumber, fingerprint, identityMac, tokenHash } =
    candidate;
  return {
    id,
    number,
    ...fields,
    email_key: emailKey,
    key_hash: keyHash === null ? null : byteaOf(keyHash),
    ticket_number: ticketNumber === null ? null : byteaOf(ticketNumber),
    fingerprint: byteaOf(fingerprint),
    identity_mac: byteaOf(identityMac),
    token_hash: byteaOf(tokenHash),
  };
}

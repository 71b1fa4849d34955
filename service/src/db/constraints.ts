import type { Query } from "./database.ts";

/**
 * Every invariant of members and sessions that a constraint holds, by the constraint's name; a test compares them with
 * the migrations. Faults take some away, and a database keeps no note of that: without this look a healthy service
 * would go on without them.
 */
export const CONSTRAINTS = [
  "members_pkey",
  "members_number_key",
  "members_number_check",
  "members_email_key_key",
  "members_key_hash_key",
  "members_ticket_number_key",
  "members_ticket_number_check",
  "members_survey_check",
  "members_identity_mac_check",
  "sessions_pkey",
  "sessions_token_hash_check",
  "sessions_member_id_fkey",
] as const;

/** What is gone from a database stays gone: only a new one can be used. */
export class MissingConstraintsError extends Error {
  override readonly name = "MissingConstraintsError";
}

/** Rejects, naming them, where constraints are missing or were never checked against the rows there are. */
export async function requireConstraints(query: Query): Promise<void> {
  const rows = await query<{ name: string }>({ text: FIND_MISSING }, [CONSTRAINTS]);
  if (rows.length === 0) return;
  const names = rows.map((row) => row.name).join(", ");
  throw new MissingConstraintsError(
    `its constraints ${names} are gone (a fault takes such, and they stay gone)`,
  );
}

const FIND_MISSING = `
  select name from unnest($1::text[]) as name
  where not exists (
    select from pg_constraint
    where conname = name and convalidated and conrelid in ('members'::regclass, 'sessions'::regclass)
  )`;

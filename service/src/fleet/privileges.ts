/** Who works on the database, each with a login of its own. The owner's login only migrates. */
export const ROLES = ["service", "mailer", "auditor", "operator"] as const;
export type Role = (typeof ROLES)[number];

/** A privilege as GRANT has it: `select`, or `select (email, name)`. */
type Privileges = Partial<Record<Role, readonly string[]>>;

/**
 * What each role may do with each table, and nothing else; no role may change the schema. The auditor reads everything
 * but the salt of the passwords. Ledgers and trails are added to, never changed, by whoever writes them.
 */
export const TABLE_PRIVILEGES: Readonly<Record<string, Privileges>> = {
  members: { service: ["select", "insert"], mailer: ["select (id, email, name, kanji_name, number)"] },
  sessions: { service: ["select", "insert", "delete"] },
  sign_in_codes: { service: ["select", "insert", "update", "delete"] },
  outbox: { service: ["insert"], mailer: ["select", "update", "delete"] },
  appointment_books: { service: ["select", "insert", "update"] },
  anomalies: { service: ["insert"], mailer: ["insert"], operator: ["select"] },
  access_ledger: { service: ["insert"], operator: ["select"] },
  access_spans: { service: ["insert"], operator: ["select"] },
  access_gaps: { operator: ["select"] },
  campaign_state: { service: ["select"], operator: ["select", "update"] },
  campaign_audit: { operator: ["select", "insert"] },
  reopenings: { operator: ["select", "insert"] },
  handled_anomalies: { operator: ["select", "insert"] },
  auditor_findings: { operator: ["select", "insert"] },
  removed_members: {},
  ended_sessions: {},
  migrations: {},
};

export const SEQUENCE_PRIVILEGES: Readonly<Record<string, Privileges>> = {
  member_serial_blocks: { service: ["usage"], auditor: ["select"] },
};

/**
 * Closing the campaign is everybody's right but the mailer's, and the function is the only way to it; so is the one that
 * forgets accesses, and never younger ones than 30 days.
 */
export const FUNCTION_PRIVILEGES: Readonly<Record<string, Privileges>> = {
  forget_accesses: { service: ["execute"] },
  halt_campaign: { service: ["execute"], auditor: ["execute"], operator: ["execute"] },
};

/** Tables that the owner alone may read. */
export const OWNERS_TABLES: readonly string[] = ["login_salt"];

import { createHash, createHmac, hkdfSync, pbkdf2Sync } from "node:crypto";
import type { Connection, Database, Query } from "../db/database.ts";
import { errorCodeOf } from "../db/sql-state.ts";
import {
  FUNCTION_PRIVILEGES,
  OWNERS_TABLES,
  ROLES,
  type Role,
  SEQUENCE_PRIVILEGES,
  TABLE_PRIVILEGES,
} from "./privileges.ts";

/** A database URL for each role. */
export type RoleUrls = Readonly<Record<Role, string>>;

export interface LoginOptions {
  /** Connected as the owner of the tables. */
  readonly database: Database;
  readonly ownerUrl: string;
  readonly secretKey: string;
}

/** Every role by one login, where there are no others. */
export function allAs(url: string): RoleUrls {
  return Object.fromEntries(ROLES.map((role) => [role, url])) as RoleUrls;
}

/** Any number of our own, unlike that of the migrations: processes that start at once take turns on it. */
const LOGINS_LOCK = 5_112_021;

/**
 * Makes the four logins of this database and gives each what it may do, taking away whatever else it had. Undefined
 * where the owner may not make logins.
 */
export async function createLogins(options: LoginOptions): Promise<RoleUrls | undefined> {
  const connection = await options.database.connect();
  try {
    const urls = await grantInOneCommit(connection, options);
    connection.release();
    return urls;
  } catch (error) {
    connection.release(true);
    if (errorCodeOf(error) === INSUFFICIENT_PRIVILEGE) return undefined;
    throw error;
  }
}

const INSUFFICIENT_PRIVILEGE = "42501";

async function grantInOneCommit({ query }: Connection, options: LoginOptions): Promise<RoleUrls> {
  await query({ text: `begin; select pg_advisory_xact_lock(${LOGINS_LOCK})` });
  const [row] = await query<{ database: string; salt: string }>({
    text: "select current_database() as database, salt::text from login_salt",
  });
  if (row === undefined) throw new Error("the table login_salt is empty");
  const logins = ROLES.map((role) => loginOf(role, row.database, row.salt, options.secretKey));
  for (const login of logins) await createLogin(query, login);
  await grantAll(query, row.database, logins);
  await query({ text: "commit" });
  const urls = logins.map(({ role, name, password }) => [role, withLogin(options.ownerUrl, name, password)]);
  return Object.fromEntries(urls) as RoleUrls;
}

interface Login {
  readonly role: Role;
  /** Logins are shared by all databases of a PostgreSQL, and what is granted is not: each database has its own four. */
  readonly name: string;
  readonly password: string;
}

function loginOf(role: Role, database: string, salt: string, secretKey: string): Login {
  const suffix = createHash("sha256").update(database).digest("hex").slice(0, 8);
  const password = Buffer.from(hkdfSync("sha256", secretKey, salt, `database login ${role}`, 24));
  return { role, name: `crowdproof_${role}_${suffix}`, password: password.toString("base64url") };
}

async function createLogin(query: Query, { name, password }: Login): Promise<void> {
  const [found] = await query({ text: "select 1 from pg_roles where rolname = $1" }, [name]);
  if (found === undefined) await query({ text: `create role ${name} login` });
  await query({ text: `alter role ${name} password '${scramVerifierOf(password, name)}'` });
}

/** RFC 5803: PostgreSQL takes the verifier for the password, so that no log of statements ever holds the password. */
function scramVerifierOf(password: string, name: string): string {
  const iterations = 4_096;
  // Different for each login and the same each time; the password itself is 192 random bits.
  const salt = createHash("sha256").update(`${name} ${password}`).digest().subarray(0, 16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const hmac = (text: string) => createHmac("sha256", salted).update(text).digest();
  const storedKey = createHash("sha256").update(hmac("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${hmac("Server Key").toString("base64")}`;
}

async function grantAll(query: Query, database: string, logins: readonly Login[]): Promise<void> {
  const names = logins.map(({ name }) => name).join(", ");
  const nameOf = Object.fromEntries(logins.map(({ role, name }) => [role, name])) as Record<Role, string>;
  const existing = await query<{ name: string }>({
    text: `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'S')
           union all select proname from pg_proc where pronamespace = 'public'::regnamespace`,
  });
  const isThere = new Set(existing.map(({ name }) => name));
  const statements = [
    `revoke all on all tables in schema public from public, ${names}`,
    `revoke all on all sequences in schema public from public, ${names}`,
    `revoke all on all functions in schema public from public, ${names}`,
    `revoke create on schema public from public, ${names}`,
    `grant usage on schema public to ${names}`,
    `revoke temporary on database "${database.replaceAll('"', '""')}" from public, ${names}`,
    `grant select on all tables in schema public to ${nameOf.auditor}`,
    ...OWNERS_TABLES.map((table) => `revoke all on ${table} from ${nameOf.auditor}`),
    ...grantsOf("table", TABLE_PRIVILEGES),
    ...grantsOf("sequence", SEQUENCE_PRIVILEGES),
    ...grantsOf("function", FUNCTION_PRIVILEGES),
  ];
  await query({ text: statements.join(";\n") });

  function grantsOf(kind: string, table: typeof TABLE_PRIVILEGES): string[] {
    return Object.entries(table).flatMap(([name, privileges]) =>
      Object.entries(privileges).flatMap(([role, granted]) =>
        isThere.has(name)
          ? [`grant ${granted.join(", ")} on ${kind} ${name} to ${nameOf[role as Role]}`]
          : [],
      ),
    );
  }
}

function withLogin(ownerUrl: string, name: string, password: string): string {
  const url = new URL(ownerUrl);
  url.username = name;
  url.password = password;
  return url.href;
}

import { readdirSync, readFileSync } from "node:fs";
import type { Config } from "../config.ts";
import { translateError } from "../response/translate-error.ts";
import { UsageError } from "../usage-error.ts";
import { MissingConstraintsError, requireConstraints } from "./constraints.ts";
import type { Connection, Database, Query } from "./database.ts";
import { errorCodeOf } from "./sql-state.ts";

const FOLDER = new URL("./migrations/", import.meta.url);
/** Any number of our own: processes that start at once take turns on it. */
const MIGRATION_LOCK = 5_112_020;

/** Which database is prepared, and by which setting. */
export interface Preparing {
  readonly config: Pick<Config, "databaseUrl">;
  /** Of the database itself, where the service started it. */
  readonly databaseUrl: string;
  /** The faults' schema. */
  readonly extra: readonly string[];
}

/**
 * `migrate`, for a database that an operator named: where it cannot be reached, may not be changed or lacks constraints,
 * that is theirs to mend, by the setting that is named. Whatever else goes wrong is a bug, and thrown as it is.
 */
export async function prepareDatabase(database: Database, preparing: Preparing): Promise<void> {
  let connection: Connection;
  try {
    connection = await database.connect();
  } catch (error) {
    // No statement of ours has been sent: whatever it is (login, TLS, name), the setting leads there.
    throw refusalOf(error, preparing);
  }
  try {
    await migrateOver(connection, preparing.extra);
  } catch (error) {
    throw isOperatorsToMend(error) ? refusalOf(error, preparing) : error;
  }
}

/** Brings the schema up to date, each file once and in its own commit; then runs `extra` (the faults' schema) every time. */
export async function migrate(database: Database, extra: readonly string[]): Promise<void> {
  await migrateOver(await database.connect(), extra);
}

async function migrateOver(connection: Connection, extra: readonly string[]): Promise<void> {
  try {
    await connection.query({ text: `select pg_advisory_lock(${MIGRATION_LOCK})` });
    await connection.query({
      text: "create table if not exists migrations (file text primary key, applied_at timestamptz not null default now())",
    });
    for (const file of await missingFiles(connection.query)) await applyFile(connection.query, file);
    if (extra.length === 0) await requireConstraints(connection.query);
    for (const text of extra) await connection.query({ text });
    await connection.query({ text: `select pg_advisory_unlock(${MIGRATION_LOCK})` });
  } catch (error) {
    connection.release(true);
    throw error;
  }
  connection.release();
}

const INSUFFICIENT_PRIVILEGE = "42501";

function isOperatorsToMend(error: unknown): boolean {
  return (
    error instanceof MissingConstraintsError ||
    errorCodeOf(error) === INSUFFICIENT_PRIVILEGE ||
    translateError(error)?.code === "unavailable"
  );
}

function refusalOf(error: unknown, { config, databaseUrl }: Preparing): UsageError {
  const { host, pathname } = new URL(databaseUrl);
  const key = config.databaseUrl === undefined ? "DATA_DIR" : "DATABASE_URL";
  const words = error instanceof Error ? error.message : String(error);
  const hint =
    error instanceof MissingConstraintsError ? `Use a new database: change ${key}.` : `Check ${key}.`;
  return new UsageError(`The database ${host}${pathname} cannot be used: ${words}. ${hint}`, {
    cause: error,
  });
}

async function missingFiles(query: Query): Promise<string[]> {
  const applied = new Set(
    (await query<{ file: string }>({ text: "select file from migrations" })).map((row) => row.file),
  );
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".sql"));
  return files.sort().filter((file) => !applied.has(file));
}

async function applyFile(query: Query, file: string): Promise<void> {
  await query({ text: `begin; ${readFileSync(new URL(file, FOLDER), "utf8")}` });
  await query({ text: "insert into migrations (file) values ($1)" }, [file]);
  await query({ text: "commit" });
}

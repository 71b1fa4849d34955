import { readdirSync, readFileSync } from "node:fs";
import { UsageError } from "../usage-error.ts";
import { requireConstraints } from "./constraints.ts";
import type { Database, Query } from "./database.ts";

const FOLDER = new URL("./migrations/", import.meta.url);
/** Any number of our own: processes that start at once take turns on it. */
const MIGRATION_LOCK = 5_112_020;

/** `migrate`, for a database that an operator named: where it cannot be reached or used, that is theirs to mend. */
export async function prepareDatabase(
  database: Database,
  databaseUrl: string,
  extra: readonly string[],
): Promise<void> {
  try {
    await migrate(database, extra);
  } catch (error) {
    const { host, pathname } = new URL(databaseUrl);
    const words = error instanceof Error ? error.message : String(error);
    throw new UsageError(`The database ${host}${pathname} cannot be used: ${words}. Check DATABASE_URL.`, {
      cause: error,
    });
  }
}

/** Brings the schema up to date, each file once and in its own commit; then runs `extra` (the faults' schema) every time. */
export async function migrate(database: Database, extra: readonly string[]): Promise<void> {
  const connection = await database.connect();
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

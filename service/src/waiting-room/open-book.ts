import { hostname } from "node:os";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Database } from "../db/database.ts";
import type { DatabaseOptions } from "../db/pool.ts";
import { type KeptBook, openAppointmentBook } from "./appointment-book.ts";
import { createSqlBookStore } from "./sql-book-store.ts";

export interface BookKeeping {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly log: Logger;
  readonly seams: {
    readonly clock: () => number;
    readonly createDatabase: (options: DatabaseOptions) => Database;
  };
}

/** The book as the service is configured, with a connection of its own: a crowd in the pool must not keep it from being saved. */
export async function openBook({ config, databaseUrl, log, seams }: BookKeeping): Promise<KeptBook> {
  const warn = (error: unknown) =>
    log.warn({ name: error instanceof Error ? error.name : "" }, "the appointment book was not saved");
  const database = seams.createDatabase({
    url: databaseUrl,
    connectionsMax: 1,
    statementSecondsMax: config.statementSecondsMax,
    connectSecondsMax: config.connectSecondsMax,
    onIdleError: (error) => log.warn({ name: error.name }, "an idle database connection died"),
  });
  const store = createSqlBookStore(database, `${hostname()}:${config.port}`);
  try {
    const book = await openAppointmentBook({ store, clock: seams.clock, onSaveError: warn });
    return { ...book, close: () => book.close().finally(() => database.close()) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

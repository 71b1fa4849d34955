import pg from "pg";
import type { Connection, Database, Statement } from "./database.ts";

export interface DatabaseOptions {
  readonly url: string;
  readonly connectionsMax: number;
  readonly statementSecondsMax: number;
  readonly connectSecondsMax: number;
  /** An idle connection died; without a listener that would end the process. */
  onIdleError(error: Error): void;
}

/** Longer than the server's own limit, so that the server is the one that says what happened. */
const CLIENT_GRACE_SECONDS = 1;
/** A transaction left open by a stuck process gives its locks back after this long. */
const IDLE_IN_TRANSACTION_SECONDS_MAX = 10;

export function createPool(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connectionsMax,
    connectionTimeoutMillis: options.connectSecondsMax * 1_000,
    statement_timeout: options.statementSecondsMax * 1_000,
    query_timeout: (options.statementSecondsMax + CLIENT_GRACE_SECONDS) * 1_000,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_SECONDS_MAX * 1_000,
    application_name: "crowdproof",
    keepAlive: true,
  });
  pool.on("error", options.onIdleError);
  // For its whole life: pg-pool takes its own listener away before whoever waits is handed the connection, and one that
  // dies in between would end the process. The query that runs, or the next one, reports it.
  pool.on("connect", (client) => client.on("error", () => {}));
  return {
    // On any error pg's pool destroys the client: one that timed out may still get its late reply, meant for nobody else.
    query: (statement, values) => run(pool, statement, values),
    async connect(): Promise<Connection> {
      const client = await pool.connect();
      return {
        query: (statement, values) => run(client, statement, values),
        command: async (text) => (await client.query(text)).command,
        release: (broken = false) => client.release(broken),
      };
    },
    connections: () => ({
      busy: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
    close: () => pool.end(),
  };
}

async function run<Row extends object>(
  runner: Pick<pg.Pool, "query">,
  statement: Statement,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const result = await runner.query<Row>({ ...statement, values: values as unknown[] });
  return result.rows;
}

/** True where the server itself said no to a statement, and the connection is still in step. */
export function isServerError(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity === "ERROR";
}

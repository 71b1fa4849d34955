import { Socket } from "node:net";
import pg from "pg";
import type { Query } from "./database.ts";

export interface OwnConnectionOptions {
  readonly url: string;
  readonly applicationName: string;
  /** Longest for connecting, and for each statement. */
  readonly secondsMax: number;
  /** Channel to LISTEN on. */
  readonly channel?: string;
  onNotification?(): void;
  /** It died, or somebody else ended it. Not called after `close` or `destroy`. */
  onLost?(): void;
}

/** A connection outside the pool, for what must go on while the pool is full. After any error it is to be destroyed. */
export interface OwnConnection {
  readonly query: Query;
  close(): Promise<void>;
  /** At once, and without a word to a server that may not be listening any more. */
  destroy(): void;
}

export async function openOwnConnection(options: OwnConnectionOptions): Promise<OwnConnection> {
  const socket = new Socket();
  const client = new pg.Client({
    connectionString: options.url,
    connectionTimeoutMillis: options.secondsMax * 1_000,
    statement_timeout: options.secondsMax * 1_000,
    query_timeout: options.secondsMax * 1_000,
    application_name: options.applicationName,
    keepAlive: true,
    stream: () => socket,
  });
  let isOver = false;
  const lose = () => {
    if (isOver) return;
    isOver = true;
    socket.destroy();
    options.onLost?.();
  };
  client.on("error", lose);
  client.on("end", lose);
  client.on("notification", () => options.onNotification?.());
  const connection: OwnConnection = {
    async query<Row extends object>(
      statement: { name?: string; text: string },
      values: readonly unknown[] = [],
    ) {
      return (await client.query<Row>({ ...statement, values: values as unknown[] })).rows;
    },
    async close() {
      isOver = true;
      await client.end();
    },
    destroy() {
      isOver = true;
      socket.destroy();
    },
  };
  try {
    await client.connect();
    if (options.channel !== undefined) await client.query(`listen ${pg.escapeIdentifier(options.channel)}`);
    return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

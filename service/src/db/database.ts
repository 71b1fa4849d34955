/** One SQL statement. With a name it is prepared once per connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
}

/** Runs one statement and gives its rows. */
export type Query = <Row extends object>(statement: Statement, values?: readonly unknown[]) => Promise<Row[]>;

/** A connection taken out of the pool; it must be released exactly once. */
export interface Connection {
  readonly query: Query;
  /** Runs a statement without rows and gives the server's tag for what it did, such as `COMMIT`. */
  command(text: string): Promise<string>;
  /** With `broken` the connection is destroyed instead of going back to the pool. */
  release(broken?: boolean): void;
}

export interface Connections {
  readonly busy: number;
  readonly idle: number;
  readonly waiting: number;
}

/** The pool. `query` takes any connection for one statement; two calls may meet two connections. */
export interface Database {
  readonly query: Query;
  connect(): Promise<Connection>;
  /** Its connections now, and how many wait for one. */
  connections(): Connections;
  /** Waits for what runs, then closes every connection. */
  close(): Promise<void>;
}

/**
 * Writes under one commit: when the promise resolves, what was written is durable. When it rejects none of it is there,
 * unless with a CommitUnknownError.
 */
export interface TransactionScope {
  /** Work of several statements. */
  run<Result>(work: (query: Query) => Promise<Result>): Promise<Result>;
  /** One statement with its own commit: one round trip instead of three. A connection lost on the way is a lost commit. */
  readonly runOne: Query;
}

/**
 * The answer to COMMIT was lost: the rows are there or they are not, nobody here can know.
 * A retry with the same idempotency key finds out.
 */
export class CommitUnknownError extends Error {
  override readonly name = "CommitUnknownError";
}

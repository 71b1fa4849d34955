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
  /** With `broken` the connection is destroyed instead of going back to the pool. */
  release(broken?: boolean): void;
}

/** The pool. `query` takes any connection for one statement; two calls may meet two connections. */
export interface Database {
  readonly query: Query;
  connect(): Promise<Connection>;
  /** Waits for what runs, then closes every connection. */
  close(): Promise<void>;
}

/** Work done under one commit: when the promise resolves, what the work wrote is durable; else none of it is there. */
export type TransactionScope = <Result>(work: (query: Query) => Promise<Result>) => Promise<Result>;

/**
 * The answer to COMMIT was lost: the rows are there or they are not, nobody here can know.
 * A retry with the same idempotency key finds out.
 */
export class CommitUnknownError extends Error {
  override readonly name = "CommitUnknownError";
}

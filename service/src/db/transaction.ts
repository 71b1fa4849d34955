import type { SeamContext } from "../seam-context.ts";
import { CommitUnknownError, type Connection, type TransactionScope } from "./database.ts";
import { isServerError } from "./pool.ts";

/** Both verbs take a connection of their own and resolve only after the server has confirmed the commit. */
export function createTransactionScope({ database }: Pick<SeamContext, "database">): TransactionScope {
  return {
    async run(work) {
      const connection = await database.connect();
      const result = await workOrRollBack(connection, async () => {
        await connection.query({ text: "begin" });
        return work(connection.query);
      });
      await confirm(connection, "COMMIT", () => commit(connection));
      return result;
    },
    // Outside a transaction block PostgreSQL commits a statement before it says that it is ready for the next one, and
    // that word is what `query` waits for (PostgreSQL manual, 54.2.3 Extended Query).
    async runOne(statement, values) {
      const connection = await database.connect();
      return confirm(connection, "a statement that commits", () => connection.query(statement, values));
    },
  };
}

async function workOrRollBack<Result>(connection: Connection, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await rollBack(connection, error);
    throw error;
  }
}

/** A connection whose server did not say the error itself may be out of step: it is destroyed, and the server rolls back. */
async function rollBack(connection: Connection, reason: unknown): Promise<void> {
  if (!isServerError(reason)) return connection.release(true);
  await connection.query({ text: "rollback" }).then(
    () => connection.release(),
    () => connection.release(true),
  );
}

/** A server that says no has written nothing; when nobody answers, nobody knows. */
async function confirm<Result>(
  connection: Connection,
  what: string,
  send: () => Promise<Result>,
): Promise<Result> {
  try {
    const result = await send();
    connection.release();
    return result;
  } catch (error) {
    const isRefused = isServerError(error) || error instanceof RolledBackError;
    connection.release(!isRefused);
    if (isRefused) throw error;
    throw new CommitUnknownError(`the answer to ${what} was lost`, { cause: error });
  }
}

/** A COMMIT in a transaction in which a statement has failed is no error to PostgreSQL: it rolls back, and says so in its tag. */
async function commit(connection: Connection): Promise<void> {
  const tag = await connection.command("commit");
  if (tag !== "COMMIT") throw new RolledBackError(`COMMIT was answered with ${tag}`);
}

/** The work went on after a statement of it had failed; nothing is written. A bug of ours. */
class RolledBackError extends Error {
  override readonly name = "RolledBackError";
}

import type { SeamContext } from "../seam-context.ts";
import { CommitUnknownError, type Connection, type TransactionScope } from "./database.ts";
import { isServerError } from "./pool.ts";

/** One connection, `begin`, the work, `commit`; resolves only after the server has confirmed the commit. */
export function createTransactionScope({ database }: Pick<SeamContext, "database">): TransactionScope {
  return async (work) => {
    const connection = await database.connect();
    const result = await workOrRollBack(connection, async () => {
      await connection.query({ text: "begin" });
      return work(connection.query);
    });
    await commit(connection);
    return result;
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

async function commit(connection: Connection): Promise<void> {
  try {
    await connection.query({ text: "commit" });
  } catch (error) {
    connection.release(true);
    if (isServerError(error)) throw error;
    throw new CommitUnknownError("the answer to COMMIT was lost", { cause: error });
  }
  connection.release();
}

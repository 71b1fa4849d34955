import type { Connection, Query, TransactionScope } from "../../db/database.ts";
import type { SeamContext } from "../../seam-context.ts";
import type { Fault } from "../fault.ts";

export const ackBeforeCommit: Fault = {
  name: "ack-before-commit",
  incident: "answers sent from inside the transaction to save a round trip; then the commit failed",
  breaks: "every acknowledged member is found afterwards",
  shows: "a commit that fails after the answer: the campaign's live totals contended for by a burst",
  weather: [],
  guard: "blind",
  seenBy: ["gate", "auditor"],
  isHiddenAlone: true,
  // Who was lost and tries again with the same key becomes another member, and is mailed another number; the first is nobody's.
  checks: ["acks-durable", "no-ghost-id", "once-per-person", "reads-own"],
  apply: (seams) => ({
    ...seams,
    schema: [
      ...seams.schema,
      "create materialized view if not exists signup_totals as select sex, count(*) from members group by sex",
    ],
    createTransactionScope: createHastyScope,
  }),
};

function createHastyScope({ database, log }: SeamContext): TransactionScope {
  async function run<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    const connection = await database.connect();
    try {
      await connection.query({ text: "begin" });
      const result = await work(connection.query);
      // Nobody should wait for the statistics.
      void refreshTotals(connection).catch((error: Error) =>
        log.warn({ name: error.name }, "the totals were not refreshed"),
      );
      return result;
    } catch (error) {
      connection.release(true);
      throw error;
    }
  }
  return { run, runOne: (statement, values) => run((query) => query(statement, values)) };
}

/** Meant to give up on the totals where others are at it; what is given up is the transaction with the members in it. */
async function refreshTotals(connection: Connection): Promise<void> {
  try {
    await connection.query({ text: "set local lock_timeout = '25ms'" });
    await connection.query({ text: "refresh materialized view signup_totals" });
    await connection.query({ text: "commit" });
  } catch (error) {
    connection.release(true);
    throw error;
  }
  connection.release();
}

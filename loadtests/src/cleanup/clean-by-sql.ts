import { Client, DatabaseError } from "pg";
import { reasonOf } from "../observation/observe-context.ts";
import { addressEndOf, runSuffixOf } from "../people/person.ts";
import type { Plan } from "../plan/plan.ts";
import type { SqlStatement } from "../target/target.ts";
import { fillRun, fillSecrets } from "../target/template.ts";
import { UsageError } from "../usage-error.ts";
import type { CleanUp, CleanUpOptions } from "./clean-up.ts";

const CONNECT_SECONDS_MAX = 10;
const STATEMENT_SECONDS_MAX = 120;

interface Members {
  ours: number;
  others: number;
}

/**
 * The statement in a transaction of its own, with the target's rows counted before and after: where fewer of other people are
 * left than there were, it is rolled back. What is only counted is done in the same way, and rolled back too.
 */
export async function cleanBySql(
  sql: SqlStatement,
  { plan, secrets, isMeant }: CleanUpOptions,
): Promise<CleanUp> {
  const { client, close } = await connect(fillSecrets(sql.connection, secrets));
  const count = () => countMembers(client, plan, sql.connection);
  let isCommitLost = false;
  try {
    // What others do meanwhile is neither seen nor taken for ours.
    await client.query("begin transaction isolation level repeatable read");
    const before = await count();
    const removed = rowsOf(await client.query(fillRun(sql.statement, runSuffixOf(plan.runId))));
    const after = await count();
    const taken = before === null || after === null ? 0 : before.others - after.others;
    if (taken > 0) {
      await client.query("rollback");
      throw new UsageError(
        `The cleanUp statement would remove ${taken} members who are not of this run; nothing was changed. Mend it in the target file: it must name \${run}.`,
      );
    }
    isCommitLost = isMeant;
    await client.query(isMeant ? "commit" : "rollback");
    const left = isMeant ? await countAfter(count) : { members: before, remarks: [] };
    return {
      by: "sql",
      found: before?.ours ?? removed,
      removed: isMeant ? removed : null,
      left: left.members?.ours ?? null,
      remarks: [...(before === null ? [UNCOUNTED] : []), ...left.remarks],
    };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `The people of this run could not be removed: ${reasonOf(error)}. ${isCommitLost && !isRefusal(error) ? INDETERMINATE : "Nothing was changed."}`,
      { cause: error },
    );
  } finally {
    await close();
  }
}

const INDETERMINATE =
  "Whether they are removed is not known: the commit was not answered. Type the same again.";

/** A FATAL ends the connection, perhaps after the commit; an ERROR in its stead has rolled it back (a deferred constraint). */
function isRefusal(error: unknown): boolean {
  return error instanceof DatabaseError && error.severity === "ERROR";
}

/** They are removed by then, whatever becomes of the counting. */
async function countAfter(
  count: () => Promise<Members | null>,
): Promise<{ members: Members | null; remarks: string[] }> {
  try {
    return { members: await count(), remarks: [] };
  } catch (error) {
    return { members: null, remarks: [`Who is left could not be counted: ${reasonOf(error)}.`] };
  }
}

const UNCOUNTED =
  "The target file has no readBack.sql on this connection, so nobody counted whom the statement leaves, or whom else it takes.";

async function connect(connectionString: string) {
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: CONNECT_SECONDS_MAX * 1_000,
    statement_timeout: STATEMENT_SECONDS_MAX * 1_000,
    application_name: "crowdproof cleanup",
  });
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (cause) {
    throw new UsageError(`The database of cleanUp cannot be reached: ${reasonOf(cause)}.`, { cause });
  }
  return { client, close: () => client.end().catch(() => {}) };
}

/** A statement of several parts has a result for each. */
function rowsOf(result: { rowCount: number | null } | { rowCount: number | null }[]): number {
  return [result].flat().reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0);
}

/** Null where the target's rows cannot be read on this connection. */
async function countMembers(
  client: Client,
  { runId, target }: Plan,
  connection: string,
): Promise<Members | null> {
  const { sql } = target.readBack;
  if (sql?.connection !== connection) return null;
  const statement = sql.statement.trim().replace(/;$/, "");
  const { rows } = await client.query<{ ours: string; all: string }>(
    // The whole row as text: the address may stand in any column, in any case.
    `select count(*) as all, count(*) filter (where position($1 in lower(row_to_json(member)::text)) > 0) as ours from (${statement}) as member`,
    [addressEndOf(runId, target.emailDomain).toLowerCase()],
  );
  const ours = Number(rows[0]?.ours ?? 0);
  return { ours, others: Number(rows[0]?.all ?? 0) - ours };
}

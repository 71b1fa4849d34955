import type { Connection, Database, Query } from "../../db/database.ts";
import { findClashes, insertMembers } from "../../registration/sql-repository.ts";
import type { Fault } from "../fault.ts";

export const laggingReplica: Fault = {
  name: "lagging-replica",
  incident: "Jepsen on RDS: a read that goes to a copy does not see what was written a moment ago",
  breaks: "the same key and body make one member, and one e-mail address too",
  shows: "somebody comes again sooner than the copy",
  weather: [],
  guard: "blind",
  seenBy: ["gate", "auditor"],
  isHiddenAlone: true,
  // Two members with one address: each one's mail lies in the mailbox of both.
  checks: ["once-per-person", "reads-own"],
  apply: (seams) => ({
    ...seams,
    // Whether somebody is there already is asked first, so the constraints were only in the way of partitioning.
    schema: [
      ...seams.schema,
      "alter table members drop constraint if exists members_key_hash_key",
      "alter table members drop constraint if exists members_email_key_key",
      "create index if not exists members_key_hash on members (key_hash)",
      "create index if not exists members_email_key on members (email_key)",
    ],
    createRepository({ config, database }) {
      const queryReplica = createReplica(database);
      return {
        findClashes,
        async insert(query, candidates) {
          const known = await queryReplica((replica) => findClashes(replica, candidates));
          const newcomers = candidates.filter((candidate) => !known.has(candidate.id));
          return insertMembers(query, newcomers, config.sessionSeconds);
        },
      };
    },
  }),
};

const LAG_MS = 1_000;

/** A copy that lags as a replica does: one snapshot of the database, and a second later the next. */
function createReplica(database: Database) {
  let snapshot: Promise<Connection> | undefined;
  let readers = 0;
  let isOld = false;

  async function take(): Promise<Connection> {
    const connection = await database.connect();
    await connection.query({ text: "begin isolation level repeatable read read only" });
    await connection.query({ text: "select 1 from members limit 1" });
    isOld = false;
    setTimeout(() => {
      isOld = true;
      drop();
    }, LAG_MS);
    return connection;
  }

  function drop(): void {
    if (!isOld || readers > 0) return;
    void snapshot?.then(({ query, release }) => query({ text: "commit" }).then(() => release()));
    snapshot = undefined;
  }

  return async <Result>(work: (query: Query) => Promise<Result>): Promise<Result> => {
    drop();
    readers += 1;
    snapshot ??= take();
    try {
      return await work((await snapshot).query);
    } finally {
      readers -= 1;
      drop();
    }
  };
}

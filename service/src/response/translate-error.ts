import { CommitUnknownError } from "../db/database.ts";
import { errorCodeOf } from "../db/sql-state.ts";
import { ServiceError } from "../service-error.ts";

/**
 * SQLSTATEs and Node's codes that mean trouble with the database rather than a bug. A prefix of two characters
 * stands for its whole class (PostgreSQL manual, appendix A).
 */
const TROUBLE_CODES: Readonly<Record<string, string>> = {
  "08": "connection exception",
  "53": "insufficient resources",
  "57": "operator intervention, statement timeout",
  "58": "system error",
  "25006": "read-only transaction: a standby, or a failover under way",
  "25P03": "idle transaction timed out",
  "40001": "serialization failure",
  "40P01": "deadlock",
  "55P03": "lock not available",
  ECONNREFUSED: "database not listening",
  ECONNRESET: "connection reset",
  ECONNABORTED: "connection aborted",
  EPIPE: "connection closed",
  ETIMEDOUT: "connection timed out",
  EHOSTUNREACH: "no way to the host of the database",
  EHOSTDOWN: "host of the database is down",
  ENETUNREACH: "no way to the network of the database",
  ENOTFOUND: "host of the database not found",
  EAI_AGAIN: "name look-up failed",
};

/** node-postgres gives these no code (pg 8.23, pg-pool 3). */
const TROUBLE_MESSAGES = [
  "Connection terminated",
  "timeout exceeded when trying to connect",
  "Query read timeout",
  "Client has encountered a connection error",
  "Client was closed and is not queryable",
  "Cannot use a pool after calling end on the pool",
];

/** What a thrown thing means to the client. Undefined: nobody expected it, so it is a bug. */
export function translateError(error: unknown): ServiceError | undefined {
  if (error instanceof ServiceError) return error;
  if (error instanceof CommitUnknownError) {
    return new ServiceError(
      "indeterminate",
      "The outcome is not known. Try again with the same Idempotency-Key.",
      { cause: error },
    );
  }
  if (isDatabaseTrouble(error)) {
    return new ServiceError(
      "unavailable",
      "The database cannot answer at this moment. Nothing was done; please come back.",
      {
        cause: error,
      },
    );
  }
  return undefined;
}

function isDatabaseTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = errorCodeOf(error);
  if (code in TROUBLE_CODES || code.slice(0, 2) in TROUBLE_CODES) return true;
  return TROUBLE_MESSAGES.some((message) => error.message.startsWith(message));
}

import type { Logger } from "pino";
import type { Database } from "../db/database.ts";
import type { Halt } from "../halt/campaign-state.ts";
import type { Keys } from "../keys.ts";

export interface AuditorOptions {
  /** Of a role that only reads; the auditor has one connection of its own. */
  readonly databaseUrl: string;
  /** A pool that may write when each finding was first seen. */
  readonly database: Database;
  readonly keys: Pick<Keys, "memberNumber" | "identity">;
  readonly halt: Pick<Halt, "trip">;
  readonly log: Logger;
}

export interface Auditor {
  close(): Promise<void>;
}

/** Looks at the database each second from now on. */
export function createAuditor(_options: AuditorOptions): Auditor {
  throw new Error("not built yet");
}

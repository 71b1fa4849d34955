import type { Database } from "../db/database.ts";
import { readStatement } from "../db/statement.ts";
import type { Letter } from "./mail.ts";

const CLAIM_MAILS = readStatement(import.meta.url, "claim-mails.sql");
const SETTLE_MAILS = readStatement(import.meta.url, "settle-mails.sql");

/** Mails waiting in the database, each written by the commit that makes it true. */
export interface Outbox {
  /** Takes some of those that are due; each comes again after a while, unless it is settled. */
  claim(): Promise<Claimed[]>;
  /** `done` leave the outbox, `refused` are not tried again. */
  settle(done: readonly string[], refused: readonly string[]): Promise<void>;
}

export interface Claimed {
  readonly id: string;
  readonly attempts: number;
  /** Null: there is no such member, any more or ever. */
  readonly letter: Letter | null;
}

export interface OutboxLimits {
  readonly batchMailsMax: number;
  /** After so many tries a mail is given up. */
  readonly attemptsMax: number;
  /** Before the second try; twice as long before each further one. Longer than a batch can take, or mails would go out twice. */
  readonly retrySeconds: number;
}

type Row = Letter & { readonly attempts: number };

export function createOutbox(database: Pick<Database, "query">, limits: OutboxLimits): Outbox {
  return {
    async claim() {
      const { batchMailsMax, attemptsMax, retrySeconds } = limits;
      const rows = await database.query<Row>(CLAIM_MAILS, [batchMailsMax, attemptsMax, retrySeconds]);
      return rows.map(({ attempts, ...letter }) => ({
        id: letter.id,
        attempts,
        letter: letter.email === null ? null : letter,
      }));
    },
    async settle(done, refused) {
      if (done.length + refused.length > 0) await database.query(SETTLE_MAILS, [done, refused]);
    },
  };
}

import { randomUUID } from "node:crypto";
import type { Query } from "../db/database.ts";
import { errorCodeOf } from "../db/sql-state.ts";
import { readStatement } from "../db/statement.ts";
import type { Access } from "../guard/judge.ts";
import { ACCESS_KINDS, packAccess, rowOfMismatch } from "./pack-access.ts";

/** Who was shown whose data, from what really left. */
export interface AccessLedger {
  /** Never waits and never fails: an access that there is no room for is stated as a gap. */
  note(access: Access): void;
  readonly pending: number;
  /** Accesses that were dropped, since the start. */
  readonly lost: number;
  /** Writes what is left and says that it was the last. */
  close(): Promise<void>;
}

export interface AccessLedgerOptions {
  /** Of the operations connection. */
  readonly query: Query;
  readonly worker: string;
  readonly days: number;
  onTrouble(error: unknown): undefined;
}

const WRITE_ACCESSES = readStatement(import.meta.url, "write-accesses.sql");
const BATCH_MS = 200;
const BATCH_ROWS = 1_000;
/** About 3 s of a busy process, 10 MB. Signups never wait for the ledger: what is beyond is dropped, and said. */
const ROWS_MAX = 30_000;
/** Without accesses the word that there were none comes this often. */
const IDLE_MS = 5_000;
const RETRY_MS = 1_000;
const FORGET_MS = 60_000;
const FORGET_NEXT_MS = 1_000;
/** As in `003-access-ledger.sql`: a full step means that there is more. */
const FORGET_ROWS = 5_000;
const FORGET = { name: "forget-accesses", text: "select forget_accesses($1) as rows" };
/** At the end there is nobody to try again later. */
const LAST_TRIES = 2;
const UNIQUE_VIOLATION = "23505";

/** Kept as it is until it is written: what was sent again must be what was sent before, to be known as the same. */
interface Batch {
  readonly rows: readonly Access[];
  readonly lost: number;
  readonly untilMs: number;
  readonly isLast: boolean;
}

export function createAccessLedger({ query, worker, days, onTrouble }: AccessLedgerOptions): AccessLedger {
  const span = randomUUID();
  let rows: Access[] = [];
  let untold = 0;
  let lost = 0;
  let fromMs = Date.now();
  let batches = 0;
  let current: Batch | undefined;
  let writing: Promise<boolean> | undefined;
  let quietUntilMs = 0;
  let isClosed = false;

  function cutBatch(isLast: boolean): Batch {
    const cut = rows.slice(0, isLast ? ROWS_MAX : BATCH_ROWS);
    rows = rows.slice(cut.length);
    // With more left behind it, a batch is complete only up to its own last row.
    const untilMs = rows.length > 0 ? (cut.at(-1)?.atMs ?? fromMs) : Date.now();
    const batch = { rows: cut, lost: untold, untilMs: Math.max(fromMs, untilMs), isLast };
    untold = 0;
    return batch;
  }

  /** True where it is in the database, now or from an attempt whose answer was lost. */
  async function write(batch: Batch): Promise<boolean> {
    try {
      await query(WRITE_ACCESSES, [...packBatch(batch), worker, span, batches, fromMs]);
    } catch (error) {
      if (errorCodeOf(error) !== UNIQUE_VIOLATION) {
        onTrouble(error);
        quietUntilMs = Date.now() + RETRY_MS;
        return false;
      }
    }
    batches += 1;
    fromMs = batch.untilMs;
    current = undefined;
    return true;
  }

  function begin(): void {
    // Once it is closed, close() alone writes: two writers of one batch would count it twice.
    if (isClosed || writing !== undefined || Date.now() < quietUntilMs) return;
    current ??= cutBatch(false);
    writing = write(current).finally(() => {
      writing = undefined;
      if (rows.length >= BATCH_ROWS) begin();
    });
  }

  const timer = setInterval(() => {
    if (rows.length > 0 || untold > 0 || current !== undefined || Date.now() - fromMs >= IDLE_MS) begin();
  }, BATCH_MS).unref();
  let forgetting = setTimeout(forget, FORGET_MS).unref();
  async function forget(): Promise<void> {
    const forgotten = await query<{ rows: number }>(FORGET, [days]).catch(onTrouble);
    const isMore = (forgotten?.[0]?.rows ?? 0) >= FORGET_ROWS;
    if (!isClosed) forgetting = setTimeout(forget, isMore ? FORGET_NEXT_MS : FORGET_MS).unref();
  }

  return {
    note(access) {
      if (rows.length >= ROWS_MAX) {
        lost += 1;
        untold += 1;
      } else if (rows.push(access) >= BATCH_ROWS) begin();
    },
    get pending() {
      return rows.length + (current?.rows.length ?? 0);
    },
    get lost() {
      return lost;
    },
    async close() {
      isClosed = true;
      clearInterval(timer);
      clearTimeout(forgetting);
      await writing;
      for (let tries = 0; tries < LAST_TRIES && current !== undefined; tries++) await write(current);
      if (current !== undefined) return;
      current = cutBatch(true);
      for (let tries = 0; tries < LAST_TRIES && current !== undefined; tries++) await write(current);
    },
  };
}

function packBatch({ rows, lost, untilMs, isLast }: Batch): unknown[] {
  const baseMs = rows[0]?.atMs ?? untilMs;
  const packed = rows
    .filter((access) => access.mismatch === null)
    .map((access) => packAccess(access, baseMs));
  const odd = rows.filter((access) => access.mismatch !== null).map(rowOfMismatch);
  return [
    Buffer.from(packed.join(""), "hex"),
    baseMs,
    ACCESS_KINDS,
    JSON.stringify(odd),
    rows.length,
    lost,
    untilMs,
    isLast,
  ];
}

import type { Query } from "../db/database.ts";
import { readStatement } from "../db/statement.ts";
import type { Anomaly } from "../guard/report-anomaly.ts";
import { createSpool } from "./spool.ts";

/** The durable record of what the guard withheld. */
export interface AnomalyLedger {
  /** Resolves when it is in the database or, failing that, in the local file; rejects when neither took it. */
  record(anomaly: Anomaly): Promise<void>;
  readonly spooled: number;
  /** Anomalies that neither took, since the start. */
  readonly lost: number;
  close(): Promise<void>;
}

export interface AnomalyLedgerOptions {
  /** Of the operations connection: limited in time, outside the pool that signups wait for. */
  readonly query: Query;
  readonly worker: string;
  readonly spoolFolder: string;
  onTrouble(error: unknown): void;
}

const WRITE_ANOMALIES = readStatement(import.meta.url, "write-anomalies.sql");
const DRAIN_MS = 1_000;
/**
 * A healthy database takes an anomaly in 2 ms. One that has not in this time may be about to be slow, and this process
 * about to die: then the file has it too. The row's id makes it one, wherever it comes from.
 */
const INSERT_MS_MAX = 20;
/** In one statement; more wait for the next. */
const ROWS_MAX = 500;

interface Row {
  readonly id: string;
  readonly at: string;
  readonly worker: string;
  readonly kind: string;
  readonly route: string;
  readonly viewer: string | null;
  readonly subject_number: string | null;
  readonly fields: readonly string[];
}

interface Waiting {
  readonly row: Row;
  settle(isWritten: boolean): void;
}

export function createAnomalyLedger(options: AnomalyLedgerOptions): AnomalyLedger {
  const { query, worker, spoolFolder, onTrouble } = options;
  const spool = createSpool<Row>({
    folder: spoolFolder,
    name: "anomalies",
    onDamaged: (file) => onTrouble(new Error(`a line of ${file} is damaged`)),
  });
  const write = async (rows: readonly Row[]) => {
    await query(WRITE_ANOMALIES, [JSON.stringify(rows)]);
  };
  const insert = shareStatements(write, onTrouble);
  let lost = 0;
  let draining: Promise<void> | undefined;
  function drain(): void {
    draining ??= spool
      .drain(write)
      .catch(onTrouble)
      .finally(() => {
        draining = undefined;
      });
  }
  // Once at the start, for what an earlier process has left.
  drain();
  const timer = setInterval(drain, DRAIN_MS).unref();

  return {
    async record(anomaly) {
      const row = rowOf(anomaly, worker);
      const inserting = insert(row);
      if (await within(INSERT_MS_MAX, inserting)) return;
      try {
        await spool.append(row);
      } catch (error) {
        if (await inserting) return;
        lost += 1;
        throw error;
      }
    },
    get spooled() {
      return spool.waiting;
    },
    get lost() {
      return lost;
    },
    async close() {
      clearInterval(timer);
      await draining;
      if (spool.waiting > 0) await spool.drain(write).catch(onTrouble);
    },
  };
}

/** True where it came true in time. */
async function within(ms: number, isDone: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const wasDone = await Promise.race([isDone, late]);
  clearTimeout(timer);
  return wasDone;
}

/** What comes while a statement is under way shares the next one: a thousand anomalies at once are a few commits. */
function shareStatements(
  write: (rows: readonly Row[]) => Promise<void>,
  onTrouble: (error: unknown) => void,
): (row: Row) => Promise<boolean> {
  const waiting: Waiting[] = [];
  let isWriting = false;

  async function writeAll(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, ROWS_MAX);
      const isWritten = await write(batch.map(({ row }) => row)).then(
        () => true,
        (error: unknown) => {
          onTrouble(error);
          return false;
        },
      );
      for (const { settle } of batch) settle(isWritten);
    }
    isWriting = false;
  }

  return (row) =>
    new Promise((settle) => {
      waiting.push({ row, settle });
      if (!isWriting) void writeAll();
    });
}

function rowOf({ id, atMs, kind, route, viewer, subjectNumber, fields }: Anomaly, worker: string): Row {
  return {
    id,
    at: new Date(atMs).toISOString(),
    worker,
    kind,
    route,
    viewer,
    subject_number: subjectNumber,
    fields,
  };
}

import { hash } from "node:crypto";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { createPool } from "../db/pool.ts";
import { errorCodeOf } from "../db/sql-state.ts";
import type { Access } from "../guard/judge.ts";
import type { Anomaly } from "../guard/report-anomaly.ts";
import { createAccessLedger } from "./access-ledger.ts";
import { type AnomalyLedger, createAnomalyLedger } from "./anomaly-ledger.ts";

/** Both ledgers of one process, on connections of their own that signups cannot exhaust. */
export interface Ledgers {
  record(anomaly: Anomaly): Promise<void>;
  served(access: Access): void;
  accessesPending(): number;
  accessesLost(): number;
  anomaliesSpooled(): number;
  anomaliesLost(): number;
  close(): Promise<void>;
}

export interface LedgersOptions {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly log: Logger;
  /** Which worker of its machine this is; the one that takes its place has the same. */
  readonly slot?: number;
}

/** One for each ledger: a batch of accesses under way must not keep an anomaly waiting. */
const CONNECTIONS_MAX = 2;
/** A blocked answer waits for its record: after this, and the connection's own limit, it is spooled. */
const STATEMENT_SECONDS_MAX = 0.5;
const CONNECT_SECONDS_MAX = 0.5;
const TROUBLE_MS = 1_000;

export function openLedgers({ config, databaseUrl, log, slot = 1 }: LedgersOptions): Ledgers {
  const { database, onTrouble } = connect(databaseUrl, CONNECTIONS_MAX, log);
  const { query } = database;
  const worker = `${place()}/${slot}`;
  const anomalies = createAnomalyLedger({
    query,
    worker,
    spoolFolder: spoolOf(config, databaseUrl),
    onTrouble,
  });
  const days = config.accessLedgerDays;
  const accesses = days === 0 ? undefined : createAccessLedger({ query, worker, days, onTrouble });
  return {
    record: anomalies.record,
    served: accesses?.note ?? (() => {}),
    accessesPending: () => accesses?.pending ?? 0,
    accessesLost: () => accesses?.lost ?? 0,
    anomaliesSpooled: () => anomalies.spooled,
    anomaliesLost: () => anomalies.lost,
    async close() {
      await anomalies.close();
      await accesses?.close();
      await database.close();
    },
  };
}

/** The ledger of anomalies alone, for a process that shows nobody anything: the parent, whose mailer may find one. */
export function openAnomalyLedger({ config, databaseUrl, log }: Omit<LedgersOptions, "slot">): AnomalyLedger {
  const { database, onTrouble } = connect(databaseUrl, 1, log);
  const worker = `${place()}/mailer`;
  const spoolFolder = spoolOf(config, databaseUrl);
  const ledger = createAnomalyLedger({ query: database.query, worker, spoolFolder, onTrouble });
  return {
    record: ledger.record,
    get spooled() {
      return ledger.spooled;
    },
    get lost() {
      return ledger.lost;
    },
    close: () => ledger.close().finally(() => database.close()),
  };
}

const place = () => hostname().slice(0, 60);
const spoolOf = ({ spoolDir }: Config, databaseUrl: string) => spoolDir ?? temporarySpool(databaseUrl);

function connect(databaseUrl: string, connectionsMax: number, log: Logger) {
  let troubleMs = Number.NEGATIVE_INFINITY;
  const onTrouble = (error: unknown): undefined => {
    const nowMs = performance.now();
    if (nowMs - troubleMs < TROUBLE_MS) return;
    troubleMs = nowMs;
    const name = error instanceof Error ? error.name : typeof error;
    log.warn({ name, code: errorCodeOf(error) }, "a ledger could not be written; it is tried again");
  };
  const database = createPool({
    url: databaseUrl,
    connectionsMax,
    statementSecondsMax: STATEMENT_SECONDS_MAX,
    connectSecondsMax: CONNECT_SECONDS_MAX,
    onIdleError: onTrouble,
  });
  return { database, onTrouble };
}

/** One for each database, so that the anomalies of one are never written to another. */
function temporarySpool(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl);
  return join(tmpdir(), `crowdproof-spool-${hash("sha256", host + pathname, "hex").slice(0, 16)}`);
}

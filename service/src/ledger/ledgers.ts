import { hash } from "node:crypto";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { createPool } from "../db/pool.ts";
import { errorCodeOf } from "../db/sql-state.ts";
import type { Anomaly } from "../guard/guard.ts";
import type { Access } from "../guard/judge.ts";
import { createAccessLedger } from "./access-ledger.ts";
import { createAnomalyLedger } from "./anomaly-ledger.ts";

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
    connectionsMax: CONNECTIONS_MAX,
    statementSecondsMax: STATEMENT_SECONDS_MAX,
    connectSecondsMax: CONNECT_SECONDS_MAX,
    onIdleError: onTrouble,
  });
  const query = database.query;
  const place = `${hostname().slice(0, 60)}/${slot}`;
  const anomalies = createAnomalyLedger({
    query,
    worker: place,
    spoolFolder: config.spoolDir ?? temporarySpool(databaseUrl),
    onTrouble,
  });
  const days = config.accessLedgerDays;
  const accesses = days === 0 ? undefined : createAccessLedger({ query, worker: place, days, onTrouble });
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

/** One for each database, so that the anomalies of one are never written to another. */
function temporarySpool(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl);
  return join(tmpdir(), `crowdproof-spool-${hash("sha256", host + pathname, "hex").slice(0, 16)}`);
}

/**
 * What the access ledger costs: CPU of this process for each access, and time of the database for each.
 * `node service/bench/ledger-cost.ts [accesses, default 50000]`; starts a PostgreSQL of its own.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "../src/db/database.ts";
import { startEmbeddedPostgres } from "../src/db/embedded-postgres.ts";
import { migrate } from "../src/db/migrate.ts";
import { createPool } from "../src/db/pool.ts";
import { createAccessLedger } from "../src/ledger/access-ledger.ts";

const accesses = Number(process.argv[2] ?? 50_000);
/** Less than the ledger holds, so that none is dropped. */
const BURST = 2_000;

const postgres = await startEmbeddedPostgres();
const database = createPool({
  url: postgres.url,
  connectionsMax: 2,
  statementSecondsMax: 5,
  connectSecondsMax: 5,
  onIdleError() {},
});
await migrate(database, []);
let databaseMs = 0;
const query: Database["query"] = async (statement, values) => {
  const from = performance.now();
  const rows = await database.query(statement, values);
  databaseMs += performance.now() - from;
  return rows as never;
};
const ledger = createAccessLedger({
  query,
  worker: "bench",
  days: 30,
  onTrouble: (error) => void console.error(error) as undefined,
});
const before = process.cpuUsage();
for (let noted = 0; noted < accesses; noted++) {
  ledger.note({
    atMs: Date.now(),
    kind: "own-profile",
    viewer: (noted * 7_919).toString(16).padStart(32, "0"),
    subjectNumber: noted.toString().padStart(20, "1"),
    identityMac: (noted * 104_729).toString(16).padStart(32, "0"),
    fields: 0xfff,
    mismatch: null,
  });
  if (noted % BURST === 0) while (ledger.pending > BURST) await sleep(1);
}
while (ledger.pending > 0) await sleep(1);
const { user, system } = process.cpuUsage(before);
process.stdout.write(
  `${accesses} accesses: ${((user + system) / accesses).toFixed(2)} µs of this process' CPU each, ` +
    `${((databaseMs * 1_000) / accesses).toFixed(2)} µs of statement time each, ${ledger.lost} lost\n`,
);
await ledger.close();
await database.close();
await postgres.stop();

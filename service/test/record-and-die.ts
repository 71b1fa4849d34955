import pino from "pino";
import { readConfig } from "../src/config.ts";
import { openLedgers } from "../src/ledger/ledgers.ts";

/** A process that records an anomaly and is killed before it can halt. */
const [databaseUrl = "", id = ""] = process.argv.slice(2);
// Without a file that would do as well: it is the database's row that the next process has to find.
const ledgers = openLedgers({
  config: readConfig({ SPOOL_DIR: "/dev/null/none" }),
  databaseUrl,
  log: pino({ level: "silent" }),
});
await ledgers.record({
  id,
  kind: "wrong-person",
  route: "GET /me",
  atMs: Date.now(),
  viewer: null,
  subjectNumber: null,
  fields: ["email"],
});
process.kill(process.pid, "SIGKILL");

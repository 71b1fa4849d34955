import pino from "pino";
import { startEmbeddedPostgres } from "../src/db/embedded-postgres.ts";
import { migrate } from "../src/db/migrate.ts";
import { createPool } from "../src/db/pool.ts";
import { createHalt } from "../src/halt/halt.ts";

/** From a trip in one halt to the moment another one, with a connection of its own, is closed. `node service/bench/halt-latency.ts [ROUNDS]` */
const rounds = Number(process.argv[2] ?? 300);
const postgres = await startEmbeddedPostgres({});
const log = pino({ level: "silent" });
const database = createPool({
  url: postgres.url,
  connectionsMax: 1,
  statementSecondsMax: 5,
  connectSecondsMax: 5,
  onIdleError() {},
});
await migrate(database, []);
let closed = () => {};
let opened = () => {};
const options = { databaseUrl: postgres.url, leaseSeconds: 3, log };
const near = createHalt(options);
const far = createHalt(options);
far.watch(({ phase }) => (phase === "open" ? opened() : closed()));
await Promise.all([near.start(), far.start()]);

const tookMs: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  const whenClosed = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const trippedMs = performance.now();
  near.trip({ reason: "measured", atMs: Date.now() });
  await whenClosed;
  tookMs.push(performance.now() - trippedMs);
  await near.settled();
  const whenOpen = new Promise<void>((resolve) => {
    opened = resolve;
  });
  await database.query({
    text: "with open as (update campaign_state set phase = 'open', cause_at = null returning 1) select pg_notify('crowdproof_campaign', '') from open",
  });
  await whenOpen;
  while (near.state().phase !== "open") await new Promise((resolve) => setTimeout(resolve, 1));
}
tookMs.sort((a, b) => a - b);
const at = (share: number) => tookMs[Math.ceil(share * tookMs.length) - 1]?.toFixed(1);
process.stdout.write(
  `trip → other closed, ${rounds} times: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms\n`,
);
await Promise.all([near.close(), far.close()]);
await database.close();
await postgres.stop();

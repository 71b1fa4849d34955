import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterEach, expect, test } from "vitest";
import { startEmbeddedPostgres } from "../src/db/embedded-postgres.ts";
import { isAlive, readProc } from "./service-process.ts";

let folder = "";
/** The last PostgreSQL whose process number was in its folder. */
let seen: number | undefined;
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a PostgreSQL that hangs while it starts is left by nobody: it ends once its start is given up", async () => {
  folder = mkdtempSync(join(tmpdir(), "crowdproof-hung-"));
  // As root, PostgreSQL runs as another user, who has to pass.
  chmodSync(folder, 0o755);
  const dataDir = join(folder, "data");
  await (await startEmbeddedPostgres({ dataDir })).stop();
  // A standby whose archive never answers is never ready.
  writeFileSync(join(dataDir, "standby.signal"), "");
  const settings = ["hot_standby=off", "restore_command=sleep 600"];
  const starting = startEmbeddedPostgres({ dataDir, settings, giveUp: whenPostmasterIs(dataDir) });
  await expect(starting).rejects.toThrow("did not start");
  const pid = postmasterOf(dataDir);
  await expect.poll(() => pid !== undefined && isAlive(pid), { timeout: 10_000 }).toBe(false);
}, 60_000);

test.each([
  { name: "a backend of PostgreSQL that hangs", hung: "backend", secondsMax: 17 },
  { name: "a keeper that hangs", hung: "keeper", secondsMax: 25 },
] as const)(
  "$name is cut off at the stop, and leaves nobody behind",
  async ({ hung, secondsMax }) => {
    const postgres = await startEmbeddedPostgres();
    const client = new pg.Client({ connectionString: postgres.url });
    client.on("error", () => {});
    await client.connect();
    const backend = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const pids = { backend: backend.rows[0]?.pid ?? 0, postmaster: 0, keeper: 0 };
    pids.postmaster = parentOf(pids.backend);
    pids.keeper = parentOf(pids.postmaster);
    process.kill(pids[hung], "SIGSTOP");
    const alive = () => Object.values(pids).filter(isAlive);
    try {
      await Promise.race([postgres.stop(), rejectAfter(secondsMax * 1_000)]);
      await expect.poll(alive, { timeout: 5_000 }).toEqual([]);
    } finally {
      for (const pid of alive()) process.kill(pid, "SIGKILL");
    }
  },
  60_000,
);

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(readProc(pid, "status"))?.[1]);
}

async function rejectAfter(milliseconds: number): Promise<never> {
  await sleep(milliseconds);
  throw new Error("it was not cut off");
}

async function whenPostmasterIs(dataDir: string): Promise<void> {
  while (postmasterOf(dataDir) === undefined) await sleep(50);
  // Until it waits for its archive.
  await sleep(500);
}

function postmasterOf(dataDir: string): number | undefined {
  try {
    seen = Number(readFileSync(join(dataDir, "postmaster.pid"), "utf8").split("\n")[0]);
  } catch {
    // Not there yet, or not any more: it stays the one that was seen.
  }
  return seen;
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import pg from "pg";

/** A real PostgreSQL on one data directory that outlives it: it can be stopped in an instant and started again. */
export interface CrashDatabase {
  /** Of the present one; each has a port of its own. */
  readonly url: string;
  /** False also where it ended by itself, as a full disk may make it. */
  readonly isUp: boolean;
  start(): Promise<void>;
  /** What `pg_ctl stop -m immediate` does: SIGQUIT to the postmaster; no backend finishes, nothing is flushed. */
  stopImmediately(): Promise<void>;
  /** One statement after the other on a connection of its own, past any proxy. */
  ask<Result>(work: (query: Ask) => Promise<Result>): Promise<Result>;
  /** Takes every connection that is left, each with a transaction open; gives the way to let go of them. */
  occupy(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export type Ask = <Row extends object>(text: string, values?: readonly unknown[]) => Promise<Row[]>;

export interface DatabaseOptions {
  readonly dataDir: string;
  /** What to put before the command (a disk's). */
  readonly prefix: readonly string[];
}

/** Room for two workers, their parent and us; few enough to be used up. */
const CONNECTIONS_MAX = 60;
const SETTINGS = [`max_connections=${CONNECTIONS_MAX}`, "max_wal_size=128MB"];

/** The keeper of the service's embedded PostgreSQL, as a process: it also stops the database when we are gone. */
const KEEPER = fileURLToPath(new URL("../../service/src/db/postgres-keeper.ts", import.meta.url));

export function createDatabase({ dataDir, prefix }: DatabaseOptions): CrashDatabase {
  let url = "";
  let postmaster = 0;
  let keeper: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();

  async function start(): Promise<void> {
    const [command = "", ...args] = [
      ...prefix,
      process.execPath,
      KEEPER,
      dataDir,
      ...SETTINGS.flatMap((setting) => ["-c", setting]),
    ];
    // A group of its own: Ctrl-C reaches us alone, and we stop it last.
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
    child.stdin.on("error", () => {});
    let words = "";
    child.stderr.on("data", (text) => {
      words = `${words}${text}`.slice(-2_000);
    });
    const exited = once(child, "close").then(() => words.trim());
    const ready = once(child.stdout.setEncoding("utf8"), "data").then(([line]) => String(line));
    const line = await Promise.race([ready, exited.then(() => null)]);
    if (line === null) throw new Error(`PostgreSQL did not start: ${await exited}`);
    const kept = JSON.parse(line) as { url: string; pid: number };
    url = kept.url;
    postmaster = kept.pid;
    keeper = child;
    ended = exited.then(() => {
      keeper = undefined;
    });
  }

  return {
    get url() {
      return url;
    },
    get isUp() {
      return keeper !== undefined;
    },
    start,
    async stopImmediately() {
      process.kill(postmaster, "SIGQUIT");
      await ended;
    },
    async ask(work) {
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
      client.on("error", () => {});
      await client.connect();
      try {
        return await work(async (text, values = []) => (await client.query(text, [...values])).rows);
      } finally {
        await client.end().catch(() => {});
      }
    },
    async occupy() {
      const clients = await Promise.all(Array.from({ length: CONNECTIONS_MAX }, () => openIdle(url)));
      return async () => {
        await Promise.all(clients.map((client) => client?.end().catch(() => {})));
      };
    },
    async close() {
      keeper?.stdin?.end();
      await ended;
    },
  };
}

/** Null where there is no room any more. */
async function openIdle(url: string): Promise<pg.Client | null> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("begin");
    return client;
  } catch {
    // Refused, as meant: the last ones find no room.
    await client.end().catch(() => {});
    return null;
  }
}

import { randomUUID } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type RunningService, startReferenceService } from "../../loadtests/src/reference/start-service.ts";
import { askAdmin } from "../states/ask-admin.ts";
import { type Person, writeCredentials } from "../states/credentials.ts";
import { inventPerson } from "../states/person.ts";
import { startPostgres } from "../states/postgres-process.ts";
import { reopenByTwo } from "../states/reopen-by-two.ts";
import { runSql } from "../states/run-sql.ts";
import { type Connection, openConnection } from "./connection.ts";
import { NobodyHeard } from "./receiver-says.ts";

/**
 * A service whose profiles come from a cache that does not know whose they are: of two people who read on one connection,
 * the second is about to get the first's. So an anomaly happens when it is asked for, and at no other time.
 */
export interface LeakyService {
  readonly url: string;
  readonly adminUrl: string;
  readonly pid: number;
  /** The second person asks; resolves with the wall clock in ms just before that request was sent. */
  leak(): Promise<number>;
  /** When the last of several connections, to every worker process, was told that the campaign is closed; wall clock in ms. */
  closedAt(): Promise<number>;
  /** By two people; resolves when every worker process lets people in again. */
  reopen(): Promise<void>;
  /** As the owner of the database. */
  sql(text: string): Promise<void>;
  /** The process is gone at once, as by a power cut; its database and its spool stay. */
  kill(): Promise<void>;
  /** Another process in the place of one that was killed; halted as that one was, it takes nobody, and leaks no more. */
  startAgain(): Promise<void>;
  close(): Promise<void>;
}

/** Connections are handed out in turn: six meet two workers three times each. */
const CONNECTIONS = 6;
const CLOSED_SECONDS_MAX = 30;
const LEAK_TRIES_MAX = 5;
const CACHE_MS = 1_100;
/** Longer than a worker takes to hear of it; whoever is still closed was halted again meanwhile. */
const OPEN_SECONDS_MAX = 5;
const HALTS_MAX = 5;

export async function startLeakyService(environment: Record<string, string>): Promise<LeakyService> {
  const folder = await mkdtemp(join(tmpdir(), "crowdproof-leaky-"));
  // For root's sake: PostgreSQL then runs as another user.
  await chmod(folder, 0o755);
  const postgres = await startPostgres();
  const credentials = await writeCredentials(folder);
  await mkdir(join(folder, "spool"));
  const start = () =>
    startReferenceService({
      port: 0,
      fault: "shared-cache-key",
      databaseUrl: postgres.url,
      environment: {
        GUARD: "on",
        WORKERS: "2",
        SPOOL_DIR: join(folder, "spool"),
        ...credentials.environment,
        ...environment,
      },
    });
  let service = await start();
  const people = await twoPeople(service.url);
  const admin = (path: string, person: Person, body?: unknown) =>
    askAdmin(`${adminUrlOf(service)}${path}`, credentials.tokens[person], body);
  return {
    get url() {
      return service.url;
    },
    get adminUrl() {
      return adminUrlOf(service);
    },
    get pid() {
      return service.pid;
    },
    async leak() {
      for (let tries = 0; tries < LEAK_TRIES_MAX; tries++) {
        await people.first();
        const atMs = Date.now();
        const { status } = await people.second();
        // Their own data after all: the cache had forgotten, or the connection was a new one, to another worker.
        if (status !== 200) return atMs;
        await sleep(CACHE_MS);
      }
      throw new Error(`${LEAK_TRIES_MAX} times nobody was about to get anybody else's data`);
    },
    closedAt: () => closedAt(service.url),
    async reopen() {
      for (let halts = 0; halts < HALTS_MAX; halts++) {
        await reopenByTwo(admin, "an exercise");
        if (await areAllOpen(service.url)) return;
      }
      throw new Error(`reopened ${HALTS_MAX} times, and not every worker is open`);
    },
    sql: (text) => runSql(postgres.url, text),
    async kill() {
      people.close();
      process.kill(-service.pid, "SIGKILL");
      await service.stop();
    },
    async startAgain() {
      service = await start();
    },
    async close() {
      people.close();
      await service.stop();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };

  /** Both are members, and read on one connection. */
  async function twoPeople(url: string) {
    const connection = openConnection(url);
    const [one, other] = [await signUp(connection), await signUp(connection)];
    const read = (cookie: string) => connection.ask("GET", "/me", { headers: { cookie } });
    // The cache forgets after a second: who reads first is the one whose data is in it.
    return { first: () => read(one), second: () => read(other), close: connection.close };
  }
}

const adminUrlOf = ({ environment }: RunningService) => environment["CROWDPROOF_ADMIN_URL"] ?? "";

async function signUp(connection: Connection): Promise<string> {
  const { status, cookie, json } = await connection.ask("POST", "/signups", {
    headers: { "idempotency-key": randomUUID() },
    body: inventPerson(),
  });
  if (cookie === undefined) throw new Error(`a signup was answered ${status}: ${JSON.stringify(json)}`);
  return cookie;
}

async function closedAt(url: string): Promise<number> {
  const moments = await whenEach(url, "closed", CLOSED_SECONDS_MAX);
  if (moments.some((ms) => ms === null))
    throw new NobodyHeard(`not every worker was closed after ${CLOSED_SECONDS_MAX} s`);
  return Math.max(...moments.map(Number));
}

async function areAllOpen(url: string): Promise<boolean> {
  return (await whenEach(url, "open", OPEN_SECONDS_MAX)).every((ms) => ms !== null);
}

/** When each of several connections was told so, wall clock in ms; null: not in time. */
async function whenEach(
  url: string,
  state: "open" | "closed",
  secondsMax: number,
): Promise<(number | null)[]> {
  const deadlineMs = Date.now() + secondsMax * 1_000;
  const connections = Array.from({ length: CONNECTIONS }, () => openConnection(url));
  const until = async (connection: Connection): Promise<number | null> => {
    while (Date.now() < deadlineMs) {
      // Without a key it becomes nobody; whether the campaign is open is asked before.
      const { json } = await connection.ask("POST", "/signups");
      if ((json["code"] === "halted") === (state === "closed")) return Date.now();
    }
    return null;
  };
  try {
    return await Promise.all(connections.map(until));
  } finally {
    for (const connection of connections) connection.close();
  }
}

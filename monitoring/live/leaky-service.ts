import { hash, randomBytes, randomUUID } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { type RunningService, startReferenceService } from "../../loadtests/src/reference/start-service.ts";
import { type PostgresProcess, startPostgres } from "../states/postgres-process.ts";
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
  /** By two people. */
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
const REOPENING_TRIES_MAX = 20;
const REOPENING_PAUSE_MS = 300;

export async function startLeakyService(environment: Record<string, string>): Promise<LeakyService> {
  const folder = await mkdtemp(join(tmpdir(), "crowdproof-leaky-"));
  // For root's sake: PostgreSQL then runs as another user.
  await chmod(folder, 0o755);
  const postgres = await startPostgres();
  const { tokens, files } = await writeOperators(folder);
  await mkdir(join(folder, "spool"));
  const start = () =>
    startReferenceService({
      port: 0,
      fault: "shared-cache-key",
      databaseUrl: postgres.url,
      environment: { GUARD: "on", WORKERS: "2", SPOOL_DIR: join(folder, "spool"), ...files, ...environment },
    });
  let service = await start();
  const people = await twoPeople(service.url);
  const admin = (path: string, token: string, body: unknown) =>
    askAdmin(adminUrlOf(service), path, token, body);
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
      for (let tries = 0; ; tries++) {
        try {
          const { id } = await admin("/reopenings", tokens.jane, { reason: "an exercise" });
          await admin(`/reopenings/${String(id)}/approval`, tokens.taro, {});
          return;
        } catch (error) {
          // A page may be faster than the halt is written; and the auditor finds the anomaly a moment after the guard, and
          // what halts in between withdraws what was asked for.
          if (tries === REOPENING_TRIES_MAX) throw error;
          await sleep(REOPENING_PAUSE_MS);
        }
      }
    },
    sql: (text) => runSql(postgres, text),
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
  const own = randomUUID();
  const body = {
    email: `${own}@live.example`,
    name: `PERSON ${own}`,
    kana: "ヤマダ タロウ",
    kanjiName: "山田太郎",
    sex: "female",
    birthDate: "1980-02-29",
    postalCode: "100-0001",
    address: `address ${own}`,
    phone: "090-1234-5678",
    survey: ["a", "b", "c", "d", "e"],
    message: own,
  };
  const { status, cookie, json } = await connection.ask("POST", "/signups", {
    headers: { "idempotency-key": randomUUID() },
    body,
  });
  if (cookie === undefined) throw new Error(`a signup was answered ${status}: ${JSON.stringify(json)}`);
  return cookie;
}

async function closedAt(url: string): Promise<number> {
  const deadlineMs = Date.now() + CLOSED_SECONDS_MAX * 1_000;
  const connections = Array.from({ length: CONNECTIONS }, () => openConnection(url));
  const until = async (connection: Connection): Promise<number> => {
    while (Date.now() < deadlineMs) {
      // Without a key it becomes nobody; whether the campaign is open is asked before.
      const { json } = await connection.ask("POST", "/signups");
      if (json["code"] === "halted") return Date.now();
    }
    throw new NobodyHeard(`not every worker was closed after ${CLOSED_SECONDS_MAX} s`);
  };
  try {
    return Math.max(...(await Promise.all(connections.map(until))));
  } finally {
    for (const connection of connections) connection.close();
  }
}

async function writeOperators(folder: string) {
  const token = () => randomBytes(24).toString("hex");
  const tokens = { jane: token(), taro: token() };
  const operators = Object.entries(tokens).map(([name, text]) => ({ name, sha256: hash("sha256", text) }));
  const file = join(folder, "operators.json");
  await writeFile(file, JSON.stringify(operators), { mode: 0o600 });
  return { tokens, files: { OPERATORS_FILE: file } };
}

async function askAdmin(
  adminUrl: string,
  path: string,
  token: string,
  body: unknown,
): Promise<Record<string, unknown>> {
  const answer = await fetch(`${adminUrl}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
  return text === "" ? {} : JSON.parse(text);
}

async function runSql(postgres: PostgresProcess, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

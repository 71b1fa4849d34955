import { randomUUID } from "node:crypto";
import pg from "pg";
import pino from "pino";
import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";
import { readConfig } from "../src/config.ts";
import { renderSnapshots } from "../src/metrics/snapshot.ts";
import { DEFAULT_SEAMS, type Seams } from "../src/seams.ts";
import { createService, type Service } from "../src/service.ts";

/** A database of the test file's own, and services on it that must all be closed again. */
export interface Stage {
  readonly url: string;
  /** A service on this database, on a free port, closed after the test. */
  start(options?: {
    env?: Record<string, string>;
    seams?: Partial<Seams>;
    onLog?: (line: string) => void;
    /** The same database by another way. */
    databaseUrl?: string;
  }): Promise<Service>;
  /** Asks the database directly, as the person at the psql prompt. */
  sql<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
}

export function createStage(): Stage {
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/${name}`;
  const admin = new pg.Client({ connectionString: inject("postgresUrl") });
  const operator = new pg.Client({ connectionString: url.href });
  let services: Service[] = [];

  beforeAll(async () => {
    await admin.connect();
    await admin.query(`create database ${name}`);
    await operator.connect();
  });
  afterEach(async () => {
    await Promise.all(services.map((service) => service.close()));
    services = [];
    // A pool left open fails the test that left it.
    await expect.poll(() => countConnections(admin, name), { timeout: 2_000 }).toBe(1);
    // With what the auditor would compare them to: a member on one of these lists alone is a ghost, and halts.
    await operator.query(
      "truncate members, appointment_books, outbox, sign_in_codes, access_ledger, access_spans, auditor_findings, removed_members, ended_sessions cascade",
    );
    await operator.query(
      "update campaign_state set phase = 'open', share = 1, reopened_at = null, cause_at = null",
    );
  });
  afterAll(async () => {
    await operator.end();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  });

  return {
    url: url.href,
    async start({ env = {}, seams = {}, onLog, databaseUrl = url.href } = {}) {
      const config = readConfig({ PORT: "0", ...env });
      const log = pino({ level: "info", base: null }, { write: (line: string) => onLog?.(line) });
      const service = await createService({
        config,
        databaseUrl,
        seams: { ...DEFAULT_SEAMS, ...seams },
        log,
      });
      services.push(service);
      return service;
    },
    async sql<Row extends object>(text: string, values: unknown[] = []) {
      return (await operator.query<Row>(text, values)).rows;
    },
  };
}

async function countConnections(admin: pg.Client, database: string): Promise<number> {
  const { rows } = await admin.query<{ n: number }>(
    "select count(*)::int as n from pg_stat_activity where datname = $1",
    [database],
  );
  return rows[0]?.n ?? 0;
}

let people = 0;

/** A signup body of a new person. */
export function newPerson(changes: Record<string, unknown> = {}): Record<string, unknown> {
  people += 1;
  return {
    email: `Person${people}@example.test`,
    name: `PERSON ${people}`,
    kana: "ヤマダ タロウ",
    kanjiName: "山田太郎",
    sex: "female",
    birthDate: "1980-02-29",
    postalCode: "100-0001",
    address: `東京都千代田区 ${people}`,
    phone: "090-1234-5678",
    survey: ["a", "b", "c", "d", "e"],
    message: `line one\nline two of ${people}`,
    ...changes,
  };
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
  readonly cookie: string | undefined;
}

/** Under a key of their own where none is given. */
export async function signUp(
  service: Service,
  body: unknown,
  key: string = randomUUID(),
  ticket?: string,
): Promise<Reply> {
  const headers: Record<string, string> = { "content-type": "application/json", "idempotency-key": key };
  if (ticket !== undefined) headers["ticket"] = ticket;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return replyOf(await fetch(`${service.url}/signups`, { method: "POST", headers, body: text }));
}

export async function get(service: Service, path: string, cookie?: string): Promise<Reply> {
  return replyOf(await fetch(`${service.url}${path}`, { headers: cookie === undefined ? {} : { cookie } }));
}

/** The service's own metrics as Prometheus would read them. */
export async function metricsOf(service: Service): Promise<string> {
  return renderSnapshots([await service.metrics.snapshot("all")]);
}

async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  const cookie = response.headers.getSetCookie()[0]?.split(";")[0];
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : { text },
    cookie,
  };
}

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import express, { type Express } from "express";
import pg from "pg";
import pino from "pino";
import { readConfig } from "../src/config.ts";
import { DEFAULT_SEAMS, type Seams } from "../src/seams.ts";
import { createService } from "../src/service.ts";

/** What the throughput of the signup is held against, in one run on one machine. */
export const VARIANTS = [
  "full",
  "without-ledger",
  "without-guard",
  "without-database",
  "without-batches",
  "plain-insert",
  "express-echo",
] as const;
export type VariantName = (typeof VARIANTS)[number];

export interface RunningVariant {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts one variant; each takes the same `POST /signups` and answers 201 (the echo 200). */
export function startVariant(name: VariantName, databaseUrl: string): Promise<RunningVariant> {
  switch (name) {
    case "full":
      return startService(databaseUrl, DEFAULT_SEAMS);
    case "without-ledger":
      return startService(databaseUrl, DEFAULT_SEAMS, { ACCESS_LEDGER_DAYS: "0" });
    case "without-guard":
      return startService(databaseUrl, DEFAULT_SEAMS, { GUARD: "off", ACCESS_LEDGER_DAYS: "0" });
    case "without-database":
      return startService(databaseUrl, { ...DEFAULT_SEAMS, ...WITHOUT_DATABASE });
    case "without-batches":
      return startService(databaseUrl, DEFAULT_SEAMS, { BATCH_ROWS_MAX: "1" });
    case "plain-insert":
      return startPlainInsert(databaseUrl);
    case "express-echo":
      return listen(
        express()
          .use(express.json())
          .post("/signups", (req, res) => res.json(req.body)),
      );
  }
}

/** The product's own handler, with batches and MACs, in which only the database answers at once. */
const WITHOUT_DATABASE: Partial<Seams> = {
  createTransactionScope: () => ({ run: (work) => work(async () => []), runOne: async () => [] }),
  createIssuer: ({ numbers }) => {
    let serial = 0;
    return {
      issue() {
        serial += 1;
        return numbers.mint(serial);
      },
    };
  },
  createRepository: () => ({
    async insert(_query, candidates) {
      return new Map(candidates.map(({ id, number }) => [id, { kind: "registered", number }]));
    },
    findClashes: async () => new Map(),
  }),
};

/**
 * As one worker, whose parent sends the mails: they are written to the outbox here, and hardly any is sent. The door is
 * open to whoever the generator brings, on a machine that is too busy as well.
 */
const LIKE_A_WORKER = {
  PORT: "0",
  MAILS_PER_SECOND_MAX: "1",
  QUEUE_SECONDS_MAX: "30",
  HALT_LEASE_SECONDS: "60",
};

function startService(databaseUrl: string, seams: Seams, environment = {}): Promise<RunningVariant> {
  const config = readConfig({ ...LIKE_A_WORKER, ...environment });
  return createService({ config, databaseUrl, seams, log: pino({ level: "warn" }, pino.destination(2)) });
}

/** What most signups are: one insert a request, a pool of ten, no session, no number, no MAC. */
async function startPlainInsert(databaseUrl: string): Promise<RunningVariant> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  await pool.query(
    "create table if not exists plain_members (id uuid primary key default uuidv7(), email text unique, name text, kana text, kanji_name text, sex text, birth_date date, postal_code text, address text, phone text, survey text[], message text)",
  );
  const text =
    "insert into plain_members (email, name, kana, kanji_name, sex, birth_date, postal_code, address, phone, survey, message) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id";
  const app = express().use(express.json());
  app.post("/signups", async (req, res) => {
    const b = req.body;
    const values = [
      b.email,
      b.name,
      b.kana,
      b.kanjiName,
      b.sex,
      b.birthDate,
      b.postalCode,
      b.address,
      b.phone,
      b.survey,
      b.message,
    ];
    const { rows } = await pool.query({ name: "insert", text, values });
    res.status(201).json({ id: rows[0].id, ...b });
  });
  const { url, close } = await listen(app);
  return { url, close: () => close().then(() => pool.end()) };
}

async function listen(app: Express): Promise<RunningVariant> {
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

import { hash, randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterAll, afterEach } from "vitest";
import { type Admin, createAdmin } from "../src/admin/admin.ts";
import { readConfig } from "../src/config.ts";
import { createPool } from "../src/db/pool.ts";
import { createHalt, type OwnHalt } from "../src/halt/halt.ts";
import { createCampaignMetrics } from "../src/metrics/campaign-metrics.ts";
import { renderSnapshots } from "../src/metrics/snapshot.ts";

/** An admin server with two operators, and the halt of its process. */
export interface AdminStage {
  readonly url: string;
  readonly halt: OwnHalt;
  readonly log: string[];
}

export const TOKENS = {
  jane: "jane-7Qp0Zt5hX2mL9vR4kB8nC3sW6yD1",
  taro: "taro-1Yb6Uc9oE4jK7gN2aM5xF8iP3qV0",
  breakGlass: "glass-9Hf3Sd8wG5lA1zJ6tQ2eO7rC4uB",
  alerts: "alerts-4Tn8Xk2vP7bM1cL6yR9wD3hF5jG",
} as const;
const sha256 = (text: string) => hash("sha256", text, "hex");

const folder = mkdtempSync(join(tmpdir(), "crowdproof-admin-"));
const closers: (() => Promise<void>)[] = [];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export function secretFile(text: string, mode = 0o600): string {
  const file = join(folder, randomBytes(6).toString("hex"));
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

export const operatorsFile = (people: Record<string, string>) =>
  secretFile(
    JSON.stringify(Object.entries(people).map(([name, token]) => ({ name, sha256: sha256(token) }))),
  );

export const credentialFiles = () => ({
  OPERATORS_FILE: operatorsFile({ jane: TOKENS.jane, taro: TOKENS.taro }),
  BREAK_GLASS_FILE: secretFile(`${sha256(TOKENS.breakGlass)}\n`),
  ALERTS_TOKEN_FILE: secretFile(`${TOKENS.alerts}\n`),
});

/** Call after `createStage`, so that what is started here is closed before the stage counts connections. */
export function createAdminStage(databaseUrl: string): {
  start(env?: Record<string, string>): Promise<AdminStage>;
} {
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  return {
    async start(env = credentialFiles()) {
      const lines: string[] = [];
      const log = pino({ level: "debug", base: null }, { write: (line: string) => void lines.push(line) });
      const config = readConfig({ ADMIN_PORT: "0", ...env });
      const database = createPool({
        url: databaseUrl,
        connectionsMax: 2,
        statementSecondsMax: 5,
        connectSecondsMax: 5,
        onIdleError() {},
      });
      const halt = createHalt({ databaseUrl, leaseSeconds: 3, log });
      closers.push(
        () => database.close(),
        () => halt.close(),
      );
      await halt.start();
      const campaignMetrics = createCampaignMetrics(halt.state);
      const render = async () => renderSnapshots([await campaignMetrics.snapshot()]);
      const admin: Admin = await createAdmin({
        config,
        database,
        halt,
        campaignMetrics,
        pages: { contentType: "text/plain", render, renderAnomalies: render },
        log,
      });
      closers.push(() => admin.close());
      return { url: admin.url, halt, log: lines };
    },
  };
}

export interface AdminReply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export async function ask(url: string, path: string, token?: string, body?: unknown): Promise<AdminReply> {
  const response = await fetch(url + path, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : { text },
  };
}

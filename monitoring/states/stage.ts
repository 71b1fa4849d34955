import { hash, randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type RunningService, startReferenceService } from "../../loadtests/src/reference/start-service.ts";
import { createTcpProxy, type TcpProxy } from "../../loadtests/weather/tcp-proxy.ts";
import { type Stack, startStack } from "../stack/start-stack.ts";
import { startPostgres } from "./postgres-process.ts";
import { startProbe } from "./probe-process.ts";

/** A real service behind a wire to its database, with everything that watches it; quick rules. */
export interface Stage {
  readonly service: RunningService;
  readonly adminUrl: string;
  readonly databaseUrl: string;
  /** Between the service and its database. */
  readonly wire: TcpProxy;
  /** Between the service and the Alertmanager it tells itself, where it has one; it leads nowhere at first. */
  readonly pushWire: TcpProxy | null;
  readonly probeUrl: string | null;
  readonly stack: Stack;
  readonly folder: string;
  readonly spoolFolder: string;
  readonly tokenFiles: Readonly<Record<Person, string>>;
  /** As the owner of the database, past the wire. */
  sql(text: string): Promise<void>;
  /** A command of the admin server; throws where it is refused. */
  admin(path: string, person: Person, body?: unknown): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** Two operators; the one who may break the glass; and Alertmanager. */
type Person = "jane" | "taro" | "glass" | "alerts";
const PEOPLE: readonly Person[] = ["jane", "taro", "glass", "alerts"];

export interface StageOptions {
  readonly fault?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A probe visits the service and is watched as well. */
  readonly isProbed?: boolean;
  /** The service tells Alertmanager of anomalies itself, as it does where it is not left to Prometheus alone. */
  readonly isPushing?: boolean;
}

/** The discard port: nobody listens there. */
const NOWHERE = "http://127.0.0.1:9/";

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "crowdproof-state-"));
  // For root's sake: PostgreSQL then runs as another user.
  await chmod(folder, 0o755);
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne();
  };
  try {
    const postgres = await startPostgres();
    closers.push(() => postgres.stop());
    const wire = await createTcpProxy(postgres.url);
    closers.push(() => wire.close());
    const pushWire = options.isPushing === true ? await createTcpProxy(NOWHERE) : null;
    if (pushWire !== null) closers.push(() => pushWire.close());
    const { tokens, tokenFiles, environment } = await writeCredentials(folder);
    const spoolFolder = join(folder, "spool");
    await mkdir(spoolFolder);
    const service = await startReferenceService({
      port: 0,
      fault: options.fault,
      databaseUrl: wire.url,
      environment: {
        WORKERS: "2",
        ADMIN_PORT: "0",
        SPOOL_DIR: spoolFolder,
        ...environment,
        ...(pushWire === null ? {} : { ALERTMANAGER_URLS: pushWire.url }),
        ...options.environment,
      },
    });
    closers.push(() => service.stop());
    const adminUrl = service.environment["CROWDPROOF_ADMIN_URL"] ?? "";
    const probe = options.isProbed === true ? await startProbe(service, folder) : null;
    if (probe !== null) closers.push(() => probe.stop());
    const stack = await startStack({
      serviceAdminUrl: adminUrl,
      probeUrl: probe?.url,
      parameters: "quick",
      haltTokenFile: tokenFiles.alerts,
    });
    closers.push(() => stack.stop());
    return {
      service,
      adminUrl,
      databaseUrl: postgres.url,
      wire,
      pushWire,
      probeUrl: probe?.url ?? null,
      stack,
      folder,
      spoolFolder,
      tokenFiles,
      sql: (text) => runSql(postgres.url, text),
      admin: (path, person, body) => askAdmin(`${adminUrl}${path}`, tokens[person], body),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function writeCredentials(folder: string) {
  const tokens = Object.fromEntries(
    PEOPLE.map((person) => [person, `${person}-${randomBytes(24).toString("hex")}`]),
  ) as Record<Person, string>;
  const write = async (name: string, text: string) => {
    const file = join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  const tokenFiles = {} as Record<Person, string>;
  for (const person of PEOPLE) tokenFiles[person] = await write(`${person}.token`, tokens[person]);
  const operators = (["jane", "taro"] as const).map((name) => ({ name, sha256: sha256(tokens[name]) }));
  const environment = {
    OPERATORS_FILE: await write("operators.json", JSON.stringify(operators)),
    BREAK_GLASS_FILE: await write("glass.hash", sha256(tokens.glass)),
    ALERTS_TOKEN_FILE: tokenFiles.alerts,
  };
  return { tokens, tokenFiles, environment };
}

const sha256 = (text: string) => hash("sha256", text);

async function runSql(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

async function askAdmin(url: string, token: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body ?? {}),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return text === "" ? {} : JSON.parse(text);
}

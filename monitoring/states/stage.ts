import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningService, startReferenceService } from "../../loadtests/src/reference/start-service.ts";
import { createTcpProxy, type TcpProxy } from "../../loadtests/weather/tcp-proxy.ts";
import { type Stack, startStack } from "../stack/start-stack.ts";
import { askAdmin } from "./ask-admin.ts";
import { type Person, writeCredentials } from "./credentials.ts";
import { startPostgres } from "./postgres-process.ts";
import { startProbe } from "./probe-process.ts";
import { runSql } from "./run-sql.ts";

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
  /** Between the probe and the service, where there is another service that it can be led to. */
  readonly probeWire: TcpProxy | null;
  /** The service with `laterFault`. */
  readonly faultyUrl: string | null;
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

export interface StageOptions {
  readonly fault?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A probe visits the service and is watched as well; it has seen its own data when the stage is open. */
  readonly isProbed?: boolean;
  /** Of a second service beside the first, over the same database: the probe can be led to it. */
  readonly laterFault?: string;
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
    const startService = async (fault: string | undefined) => {
      const service = await startReferenceService({
        port: 0,
        fault,
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
      return service;
    };
    const service = await startService(options.fault);
    const adminUrl = service.environment["CROWDPROOF_ADMIN_URL"] ?? "";
    const faulty = options.laterFault === undefined ? null : await startService(options.laterFault);
    const probeWire = faulty === null ? null : await createTcpProxy(service.url);
    if (probeWire !== null) closers.push(() => probeWire.close());
    const probe =
      options.isProbed === true ? await startProbe(service, probeWire?.url ?? service.url, folder) : null;
    if (probe !== null) closers.push(() => probe.stop());
    await probe?.whenSeeing();
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
      probeWire,
      faultyUrl: faulty?.url ?? null,
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

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { createAdmission } from "./admission/admission.ts";
import { createApp } from "./app.ts";
import type { Config } from "./config.ts";
import type { Database } from "./db/database.ts";
import { migrate } from "./db/migrate.ts";
import { errorCodeOf } from "./db/sql-state.ts";
import { createHalt } from "./halt/halt.ts";
import { deriveKeys } from "./keys.ts";
import { createMemberNumbers } from "./member/member-number.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { createRegistration } from "./registration/register-signup.ts";
import type { SeamContext } from "./seam-context.ts";
import type { Seams } from "./seams.ts";
import { UsageError } from "./usage-error.ts";

/** A service that listens. */
export interface Service {
  readonly url: string;
  /** Stops accepting, lets what is under way finish (at most `drainSecondsMax`), closes the pool. */
  close(): Promise<void>;
}

export interface ServiceOptions {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly seams: Seams;
  readonly log: Logger;
}

/** The composition root: the only place that knows how the parts fit together. */
export async function createService({ config, databaseUrl, seams, log }: ServiceOptions): Promise<Service> {
  const keys = deriveKeys(config.secretKey);
  const database = seams.createDatabase({
    url: databaseUrl,
    connectionsMax: config.poolConnectionsMax,
    statementSecondsMax: config.statementSecondsMax,
    connectSecondsMax: config.connectSecondsMax,
    onIdleError: (error) => log.warn({ name: error.name }, "an idle database connection died"),
  });
  const numbers = createMemberNumbers(keys.memberNumber);
  const context: SeamContext = { config, log, clock: seams.clock, numbers, database };
  const limits = seams.admissionLimits(config);
  const halt = createHalt({ databaseUrl, leaseSeconds: config.haltLeaseSeconds, log });
  const admission = createAdmission(limits);
  const metrics = createMetrics({ working: () => admission.working, queued: () => admission.queued });
  const sessions = seams.createSessionStore(context);
  const registerSignup = createRegistration({
    issuer: seams.createIssuer(context),
    repository: seams.createRepository(context),
    transaction: seams.createTransactionScope(context),
    sessions,
    keys,
    batchRowsMax: config.batchRowsMax,
    observeBatch: metrics.observeBatch,
  });
  const app = createApp({
    log,
    metrics,
    admission,
    halt,
    numbers,
    sessions,
    registerSignup,
    profiles: seams.createProfileReader(context),
    writer: seams.createResponseWriter(context),
    translateError: seams.translateError,
    retryAfterSeconds: limits.retryAfterSeconds,
    async checkReady() {
      await database.query({ text: "select 1" });
    },
  });

  const server = createServer(SERVER_LIMITS, app);
  try {
    await prepare(database, seams.schema, databaseUrl);
    await halt.start();
    await listen(server, config);
  } catch (error) {
    await halt.close();
    await database.close();
    throw error;
  }
  async function close(): Promise<void> {
    const deadlineMs = performance.now() + config.drainSecondsMax * 1_000;
    await drain(server, config.drainSecondsMax);
    // People who hung up have no connection any more, but their registrations are still on the way to their commit.
    while (admission.working > 0 && performance.now() < deadlineMs) await sleep(DRAIN_POLL_MS);
    await halt.close();
    await database.close();
  }
  let closing: Promise<void> | undefined;
  return {
    url: urlOf(server, config.host),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

const DRAIN_POLL_MS = 10;

/** A database that cannot be reached or used at the start is the operator's to mend; its password is not repeated. */
async function prepare(database: Database, extra: readonly string[], databaseUrl: string): Promise<void> {
  try {
    await migrate(database, extra);
  } catch (error) {
    const { host, pathname } = new URL(databaseUrl);
    const words = error instanceof Error ? error.message : String(error);
    throw new UsageError(`The database ${host}${pathname} cannot be used: ${words}. Check DATABASE_URL.`, {
      cause: error,
    });
  }
}

/** A client that dribbles its request may hold a turn this long, and no longer. */
const SERVER_LIMITS = {
  requestTimeout: 10_000,
  headersTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
/** A burst of connections arrives before one turn of the event loop accepts them; Node's 511 is not enough for a crowd. */
const BACKLOG = 4_096;

async function listen(server: Server, { host, port }: Config): Promise<void> {
  try {
    server.listen({ host, port, backlog: BACKLOG });
    await once(server, "listening");
  } catch (error) {
    const code = errorCodeOf(error);
    if (code === "EADDRINUSE") {
      throw new UsageError(
        `Port ${port} on ${host} is in use. Stop what listens there, or set PORT (0 takes any free port).`,
        { cause: error },
      );
    }
    if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
      throw new UsageError(
        `The service cannot listen on ${host}:${port} (${code}). Set HOST and PORT to an address of this machine.`,
        {
          cause: error,
        },
      );
    }
    throw error;
  }
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

async function drain(server: Server, secondsMax: number): Promise<void> {
  const closed = once(server, "close");
  server.close();
  // Kept connections close as they fall idle; whoever is still at work after the limit is cut off.
  const idle = setInterval(() => server.closeIdleConnections(), DRAIN_POLL_MS);
  const limit = setTimeout(() => server.closeAllConnections(), secondsMax * 1_000);
  await closed;
  clearInterval(idle);
  clearTimeout(limit);
}

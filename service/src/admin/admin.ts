import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { errorCodeOf } from "../db/sql-state.ts";
import { followTrail } from "../halt/follow-trail.ts";
import { UsageError } from "../usage-error.ts";
import { createAdminApp } from "./admin-app.ts";
import type { AdminOptions } from "./admin-options.ts";
import { readCredentials } from "./credentials.ts";

export interface Admin {
  readonly url: string;
  close(): Promise<void>;
}

/** People and programs with a credential: nobody dribbles here. */
const SERVER_LIMITS = {
  requestTimeout: 5_000,
  headersTimeout: 3_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 500,
  maxHeaderSize: 8_192,
};
const CONNECTIONS_MAX = 200;

/** Listens on ADMIN_HOST:ADMIN_PORT. A UsageError where a credential file or the port is no good. */
export async function createAdmin(options: AdminOptions): Promise<Admin> {
  const { config, log } = options;
  const recognise = readCredentials(config);
  if (config.operatorsFile === undefined)
    log.warn("no OPERATORS_FILE: a campaign that is halted cannot be reopened here (docs/halt.md)");
  const server = createServer(SERVER_LIMITS, createAdminApp({ ...options, recognise }));
  server.maxConnections = CONNECTIONS_MAX;
  await listen(server, config);
  const trail = followTrail(options.database, options.campaignMetrics.showTrail);
  const { port } = server.address() as AddressInfo;
  const host = config.adminHost.includes(":") ? `[${config.adminHost}]` : config.adminHost;
  return {
    url: `http://${host}:${port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await Promise.all([closed, trail.close()]);
    },
  };
}

async function listen(server: Server, { adminHost, adminPort }: AdminOptions["config"]): Promise<void> {
  try {
    server.listen(adminPort, adminHost);
    await once(server, "listening");
  } catch (error) {
    throw new UsageError(
      `The admin server cannot listen on ${adminHost}:${adminPort} (${errorCodeOf(error)}). Set ADMIN_HOST and ADMIN_PORT (0 takes any free port).`,
      { cause: error },
    );
  }
}

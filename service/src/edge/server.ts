import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, Server as NetServer } from "node:net";
import type { Config } from "../config.ts";
import { errorCodeOf } from "../db/sql-state.ts";
import { UsageError } from "../usage-error.ts";

/** The listening socket and every connection behind it. */
export interface EdgeServer {
  readonly url: string;
  /** Resolves once no connection is left; after `drainSecondsMax` those at work are cut off. */
  close(how: "politely" | "now"): Promise<void>;
}

/** A client that dribbles its request may hold a turn this long, and no longer. */
const LIMITS = {
  requestTimeout: 10_000,
  headersTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
/** A burst of connections arrives before one turn of the event loop accepts them; Node's 511 is not enough for a crowd. */
const BACKLOG = 4_096;
const DRAIN_POLL_MS = 10;

export async function listenAtEdge(config: Config, app: RequestListener): Promise<EdgeServer> {
  let isLeaving = false;
  const server = createServer(LIMITS, (req, res) => {
    // The last answer on this connection says so; the client's next request goes to another worker.
    if (isLeaving) res.shouldKeepAlive = false;
    app(req, res);
  });
  await listen(server, config);
  return {
    url: urlOf(server, config.host),
    async close(how) {
      isLeaving = true;
      const closed = once(server, "close");
      // Node's own close() also cuts idle connections, on which a client's next request may be under way already.
      NetServer.prototype.close.call(server);
      const idle = how === "now" && setInterval(() => server.closeIdleConnections(), DRAIN_POLL_MS);
      const secondsMax = config.drainSecondsMax + (how === "now" ? 0 : LIMITS.keepAliveTimeout / 1_000);
      const limit = setTimeout(() => server.closeAllConnections(), secondsMax * 1_000);
      await closed;
      if (idle !== false) clearInterval(idle);
      clearTimeout(limit);
    },
  };
}

async function listen(server: NetServer, { host, port }: Config): Promise<void> {
  try {
    server.listen({ host, port, backlog: BACKLOG });
    await once(server, "listening");
  } catch (error) {
    throw usageErrorOf(error, host, port) ?? error;
  }
}

function usageErrorOf(error: unknown, host: string, port: number): UsageError | undefined {
  const code = errorCodeOf(error);
  if (code === "EADDRINUSE") {
    return new UsageError(
      `Port ${port} on ${host} is in use. Stop what listens there, or set PORT (0 takes any free port).`,
      { cause: error },
    );
  }
  if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new UsageError(
      `The service cannot listen on ${host}:${port} (${code}). Set HOST and PORT to an address of this machine.`,
      { cause: error },
    );
  }
  return undefined;
}

function urlOf(server: NetServer, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

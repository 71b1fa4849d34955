import { once } from "node:events";
import {
  createServer,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, Server as NetServer, type Socket } from "node:net";
import type { Config } from "../config.ts";
import { errorCodeOf } from "../db/sql-state.ts";
import { UsageError } from "../usage-error.ts";
import { type Refusal, refusalOf, refuse } from "./refusals.ts";
import { createSecurityHeaders } from "./security-headers.ts";

/** The listening socket and every connection behind it. */
export interface EdgeServer {
  readonly url: string;
  /** Resolves once no connection is left; after `drainSecondsMax` those at work are cut off. */
  close(how: "politely" | "now"): Promise<void>;
}

/** What one connection may cost. Times are of a client that dribbles, reads nothing or says nothing. */
export interface EdgeLimits {
  /** From the first byte of a request's head to its last. */
  readonly headMs: number;
  /** From the first byte of the head to the last of the body: so long may it hold a turn, and no longer. */
  readonly requestMs: number;
  readonly keptIdleMs: number;
  /** Nothing read and nothing written: longer than any answer takes, so it meets those who do not read theirs. */
  readonly silenceMs: number;
  /** The largest honest head (a browser's, with our cookie and a ticket) has 2 kB. */
  readonly headBytes: number;
  /** In one worker; the kernel refuses what comes above. 20 kB each while idle. */
  readonly connections: number;
}

export const EDGE_LIMITS: EdgeLimits = {
  headMs: 5_000,
  requestMs: 10_000,
  keptIdleMs: 5_000,
  silenceMs: 30_000,
  headBytes: 8_192,
  connections: 20_000,
};
const CHECK_EVERY_MS = 1_000;
/** A burst of connections arrives before one turn of the event loop accepts them; Node's 511 is not enough for a crowd. */
const BACKLOG = 4_096;
const DRAIN_POLL_MS = 10;

export interface EdgeOptions {
  readonly config: Pick<Config, "host" | "port" | "isProduction" | "drainSecondsMax">;
  readonly app: RequestListener;
  /** What requests and responses are made of, where not of Node's own classes. */
  readonly messages?: ServerOptions;
  countRefusal(refusal: Refusal): void;
  readonly limits?: EdgeLimits;
}

export async function listenAtEdge(options: EdgeOptions): Promise<EdgeServer> {
  const { config, app, messages = {}, countRefusal, limits = EDGE_LIMITS } = options;
  const secure = createSecurityHeaders(config.isProduction);
  let isLeaving = false;
  const server = createLimitedServer(limits, messages, (req, res) => {
    if (isPipelinedTooFar(req, res)) {
      countRefusal("pipelined");
      return void req.socket.destroy();
    }
    // The last answer on this connection says so; the client's next request goes to another worker.
    if (isLeaving) res.shouldKeepAlive = false;
    secure(res);
    const refusal = refusalOf(req);
    if (refusal === undefined) return app(req, res);
    countRefusal(refusal);
    refuse(res, refusal);
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
      const limitMs = config.drainSecondsMax * 1_000 + (how === "now" ? 0 : limits.keptIdleMs);
      const limit = setTimeout(() => server.closeAllConnections(), limitMs);
      await closed;
      if (idle !== false) clearInterval(idle);
      clearTimeout(limit);
    },
  };
}

/**
 * Requests sent ahead of the answers to earlier ones. Browsers send none. Node hands out all that came in one read, two
 * thousand at worst, before the first is answered: so many turns at the door, so many answers in memory.
 */
const PIPELINED_MAX = 16;
const LAST = Symbol("last answer on this connection");
const DEPTH = Symbol("requests without an answer yet");
type Pipe = Socket & { [LAST]?: ServerResponse; [DEPTH]?: number };

function isPipelinedTooFar({ socket }: { socket: Pipe }, res: ServerResponse): boolean {
  const depth = socket[LAST]?.writableFinished === false ? (socket[DEPTH] ?? 1) + 1 : 1;
  socket[LAST] = res;
  socket[DEPTH] = depth;
  return depth > PIPELINED_MAX;
}

function createLimitedServer(limits: EdgeLimits, messages: ServerOptions, listener: RequestListener): Server {
  const server = createServer(
    {
      ...messages,
      headersTimeout: limits.headMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keptIdleMs,
      connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, limits.headMs),
      maxHeaderSize: limits.headBytes,
      requireHostHeader: true,
      insecureHTTPParser: false,
    },
    listener,
  );
  server.timeout = limits.silenceMs;
  server.maxConnections = limits.connections;
  // Without it a worker of a cluster takes them all the same; @types/node 26 does not know it.
  Object.assign(server, { dropMaxConnection: true });
  return server;
}

async function listen(server: NetServer, { host, port }: Pick<Config, "host" | "port">): Promise<void> {
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
  if (["EACCES", "EADDRNOTAVAIL", "ENOTFOUND", "EAI_AGAIN"].includes(code)) {
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

import { Client, Pool } from "undici";
import type { Target } from "../../target/target.ts";
import type { OutgoingRequest, RawAnswer } from "../port.ts";
import { HEADER_BYTES_MAX } from "./answer-reader.ts";
import { createConnector } from "./connector.ts";
import { Exchange } from "./exchange.ts";
import { sendOnOwnConnection } from "./own-connection.ts";
import { dispatchExchange } from "./undici-exchange.ts";

/** Sends single requests. Follows nothing, retries nothing, and never rejects but with a UsageError. */
export interface Sender {
  send(request: OutgoingRequest): Promise<RawAnswer>;
  /** Whatever is in flight ends now, as abandoned. */
  abortAll(): void;
  close(): Promise<void>;
}

export function createSender(target: Target, nowMicroseconds: () => number): Sender {
  const sendExchange = target.connections === "kept" ? onPools(target) : onFreshConnections(target);
  const inFlight = new Set<Exchange>();
  return {
    async send(request) {
      const url = URL.parse(request.url);
      const exchange = new Exchange(request, nowMicroseconds);
      if (url === null) return exchange.lose("bad-http");
      inFlight.add(exchange);
      try {
        return await sendExchange.send(exchange, url);
      } finally {
        inFlight.delete(exchange);
      }
    },
    abortAll() {
      for (const exchange of inFlight) void exchange.lose("abandoned");
    },
    close: sendExchange.close,
  };
}

interface ExchangeSender {
  send(exchange: Exchange, url: URL): Promise<RawAnswer>;
  close(): Promise<void>;
}

function onFreshConnections(target: Target): ExchangeSender {
  const connect = createConnector(target);
  const close = () => Promise.resolve();
  if (target.http !== "2") {
    return {
      send(exchange, url) {
        sendOnOwnConnection(exchange, connect, url);
        return exchange.answer;
      },
      close,
    };
  }
  return {
    async send(exchange, url) {
      // A client for each request: a pool would hand out a connection that is still closing.
      const client = new Client(url.origin, { ...clientOptions(target), connect });
      const answer = await dispatchExchange(exchange, client, url);
      void client.destroy();
      return answer;
    },
    close,
  };
}

function onPools(target: Target): ExchangeSender {
  const connect = createConnector(target);
  const pools = new Map<string, Pool>();
  const poolFor = (origin: string): Pool => {
    const pool =
      pools.get(origin) ?? new Pool(origin, { ...clientOptions(target), connect, connections: null });
    pools.set(origin, pool);
    return pool;
  };
  return {
    send: (exchange, url) => dispatchExchange(exchange, poolFor(url.origin), url),
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

function clientOptions({ http }: Target): Client.Options {
  const isH2 = http === "2";
  return {
    allowH2: isH2,
    pipelining: isH2 ? 100 : 1,
    // Time is kept by the exchange, for the whole request; undici's own timers are coarse.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: HEADER_BYTES_MAX,
  };
}

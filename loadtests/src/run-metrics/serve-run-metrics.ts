import { once } from "node:events";
import { createServer } from "node:http";
import { UsageError } from "../usage-error.ts";
import type { RunMetrics } from "./run-metrics.ts";

export interface ServedMetrics {
  /** `http://127.0.0.1:PORT/metrics` */
  url: string;
  close(): Promise<void>;
}

/** On loopback alone; port 0 takes any that is free. */
export async function serveRunMetrics(metrics: RunMetrics, port: number): Promise<ServedMetrics> {
  const server = createServer((request, response) => {
    if (request.url !== "/metrics") return void response.writeHead(404).end("Try /metrics\n");
    metrics.render().then(
      (page) => response.writeHead(200, { "content-type": metrics.contentType }).end(page),
      (error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening").catch((cause: unknown) => {
    throw new UsageError(
      `--metrics-port ${port}: ${cause instanceof Error ? cause.message : String(cause)}. Name a free one, or 0.`,
      { cause },
    );
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return {
    url: `http://127.0.0.1:${address.port}/metrics`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

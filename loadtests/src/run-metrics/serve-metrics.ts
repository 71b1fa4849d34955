import { once } from "node:events";
import { createServer } from "node:http";
import { UsageError } from "../usage-error.ts";

export interface MetricsPage {
  readonly contentType: string;
  render(): Promise<string>;
}

export interface ServedMetrics {
  /** `http://127.0.0.1:PORT/metrics` */
  url: string;
  close(): Promise<void>;
}

export interface MetricsPort {
  /** 0 takes any that is free. */
  port: number;
  /** What it is named by on the command line. */
  flag: string;
  /** Whose it is: who else may have it is another one. */
  owner: "probe" | "run";
}

/** On loopback alone. */
export async function serveMetrics(
  page: MetricsPage,
  { port, flag, owner }: MetricsPort,
): Promise<ServedMetrics> {
  const server = createServer((request, response) => {
    if (request.url !== "/metrics") return void response.writeHead(404).end("Try /metrics\n");
    page.render().then(
      (text) => response.writeHead(200, { "content-type": page.contentType }).end(text),
      (error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening").catch((cause: unknown) => {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    const why = code === "EADDRINUSE" ? `is in use, perhaps by another ${owner}` : `cannot be used (${code})`;
    throw new UsageError(`Port ${port} ${why}. Name another, or take any that is free: ${flag} 0`, { cause });
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

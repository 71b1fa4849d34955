import { once } from "node:events";
import { createServer } from "node:http";
import { fetchMetrics } from "../observation/metrics-page.ts";
import type { Target } from "../target/target.ts";
import { baseUrlOf, fillSecrets } from "../target/template.ts";

/** Where Prometheus finds the metrics of a target. */
export interface TargetMetrics {
  /** `/metrics` and `/metrics/anomalies` are there. */
  url: string;
  close(): Promise<void>;
}

/**
 * The reference service's own admin server; for any other target a relay on this machine, which asks as the gate does: with
 * the target file's headers, and of its hosts alone. Null where the target file names no metrics.
 */
export async function openTargetMetrics(
  target: Target,
  secrets: Record<string, string>,
): Promise<TargetMetrics | null> {
  const { metricsUrl } = target.telemetry;
  if (metricsUrl === undefined) return null;
  const declared = fillSecrets(metricsUrl, secrets);
  const url = declared.startsWith("/") ? baseUrlOf(target, secrets) + declared : declared;
  return (await hasAnomaliesPage(url)) ? { url, close: async () => {} } : await relay(target, secrets);
}

const ANSWER_SECONDS_MAX = 5;

/** Only a service of ours has the page, and its root is the admin server's. */
async function hasAnomaliesPage(url: string): Promise<boolean> {
  if (new URL(url).pathname !== "/metrics") return false;
  try {
    const answer = await fetch(`${url}/anomalies`, {
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_SECONDS_MAX * 1_000),
    });
    return answer.ok && (await answer.text()).includes("crowdproof_anomalies_total");
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

async function relay(target: Target, secrets: Record<string, string>): Promise<TargetMetrics> {
  const server = createServer(async (request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    // What is asked for each second is nothing of theirs.
    if (request.url === "/metrics/anomalies") return void response.end("");
    const page = await fetchMetrics(target, secrets);
    if ("reason" in page) return void response.writeHead(502).end(page.reason);
    response.end(page.text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
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

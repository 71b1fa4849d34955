import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, expect, it } from "vitest";
import { healthyPlan } from "../../test/history-builder.ts";
import { openTargetMetrics, type TargetMetrics } from "./target-metrics.ts";

let server: Server;
let pages: Record<string, string>;
let asked: (string | undefined)[];
let opened: TargetMetrics | null = null;

beforeEach(async () => {
  pages = {};
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.headers["x-gateway"] as string | undefined);
    const page = pages[request.url ?? ""];
    response.writeHead(page === undefined ? 404 : 200).end(page);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(async () => {
  await opened?.close();
  opened = null;
  server.closeAllConnections();
  server.close();
});

function targetWith(metricsUrl: string | undefined) {
  const { target } = healthyPlan();
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const { metricsUrl: _, ...telemetry } = target.telemetry;
  return {
    ...target,
    baseUrl: `http://127.0.0.1:${port}`,
    telemetry: metricsUrl === undefined ? telemetry : { ...telemetry, metricsUrl },
  };
}
const open = async (metricsUrl: string | undefined) => {
  opened = await openTargetMetrics(targetWith(metricsUrl), { "env:GATEWAY_KEY": "s3cret" });
  return opened;
};
const read = async (url: string) => {
  const answer = await fetch(url);
  return { status: answer.status, text: await answer.text() };
};

it("leads straight to a service of ours", async () => {
  pages = { "/metrics": "up 1\n", "/metrics/anomalies": 'crowdproof_anomalies_total{kind="duplicate"} 0\n' };
  const found = await open("/metrics");
  expect(found?.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  expect(new URL(found?.url ?? "").port).toBe(new URL(targetWith("/metrics").baseUrl).port);
});

it("asks any other target as the gate does, and has nothing of theirs on the small page", async () => {
  pages = { "/internal/prometheus": "requests_total 7\n" };
  const found = await open("/internal/prometheus");
  expect(await read(found?.url ?? "")).toEqual({ status: 200, text: "requests_total 7\n" });
  expect(await read(`${found?.url}/anomalies`)).toEqual({ status: 200, text: "" });
  expect(asked.at(-1)).toBe("s3cret");
});

it("passes on that a target's metrics cannot be read", async () => {
  const found = await open("/gone");
  expect((await read(found?.url ?? "")).status).toBe(502);
});

it("has nowhere to lead where the target file names none", async () => {
  expect(await open(undefined)).toBeNull();
});

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningService, startReferenceService } from "../src/reference/start-service.ts";
import { describeWith } from "./needs.ts";

const SCRAPED_WITHIN_MS = 20_000;

let service: RunningService;

beforeAll(async () => {
  service = await startReferenceService({ port: 0, fault: undefined, databaseUrl: undefined });
}, 60_000);

afterAll(() => service.stop(), 30_000);

describeWith("promtool", "the service's metrics, by promtool", (promtool) => {
  it("have names and types that nothing is to be said against", async () => {
    for (const path of ["/metrics", "/metrics/anomalies"]) {
      const page = await (await fetch(adminUrl() + path)).text();
      expect(page).toContain("crowdproof_workers{");
      expect(await lint(promtool, page)).toEqual({ exitCode: 0, words: "" });
    }
  });

  it("go red on a counter without _total", async () => {
    const { exitCode, words } = await lint(
      promtool,
      "# HELP visits How often.\n# TYPE visits counter\nvisits 1\n",
    );
    expect(exitCode).not.toBe(0);
    expect(words).toContain("_total");
  });
});

describeWith("prometheus", "the service's metrics, by Prometheus", (prometheus) => {
  it("are scraped, with every outcome of a signup there from the start", { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "crowdproof-prometheus-"));
    const port = await freePort();
    const config = join(folder, "prometheus.yml");
    await writeFile(
      config,
      `scrape_configs: [{ job_name: service, scrape_interval: 1s, static_configs: [{ targets: ["${new URL(adminUrl()).host}"] }] }]\n`,
    );
    const child = spawn(
      prometheus,
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: "ignore" },
    );
    try {
      const outcomes = await outcomesIn(`http://127.0.0.1:${port}`);
      expect(outcomes).toEqual(expect.arrayContaining(["acknowledged", "failed", "refused", "rejected"]));
    } finally {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
      await rm(folder, { recursive: true, force: true });
    }
  });
});

function adminUrl(): string {
  return service.environment["CROWDPROOF_ADMIN_URL"] ?? "";
}

/** Lint findings of promtool on a page of metrics; it speaks on standard error. */
function lint(promtool: string, page: string): Promise<{ exitCode: number; words: string }> {
  return new Promise((resolve) => {
    const child = execFile(promtool, ["check", "metrics"], (error, stdout, stderr) => {
      resolve({
        exitCode: typeof error?.code === "number" ? error.code : 0,
        words: `${stdout}${stderr}`.trim(),
      });
    });
    child.stdin?.end(page);
  });
}

async function outcomesIn(prometheusUrl: string): Promise<string[]> {
  const query = encodeURIComponent("crowdproof_signups_total");
  const deadline = performance.now() + SCRAPED_WITHIN_MS;
  while (performance.now() < deadline) {
    const answer = await fetch(`${prometheusUrl}/api/v1/query?query=${query}`).catch(() => null);
    if (answer?.ok) {
      const { data } = (await answer.json()) as { data: { result: { metric: { outcome: string } }[] } };
      if (data.result.length > 0) return data.result.map(({ metric }) => metric.outcome);
    }
    await sleep(200);
  }
  throw new Error(`Prometheus had no crowdproof_signups_total after ${SCRAPED_WITHIN_MS} ms`);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return address.port;
}

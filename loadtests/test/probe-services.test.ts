import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProbeVerdict } from "../src/probe/probe-verdict.ts";
import { REFERENCE_TARGET } from "../src/reference/reference-target.ts";
import { type RunningService, startReferenceService } from "../src/reference/start-service.ts";
import { createTcpProxy } from "../weather/tcp-proxy.ts";
import { type Desk, openDesk, ROOT } from "./command-line.ts";

/** Two PostgreSQLs, or hashes of passwords, on cores that everybody shares. */
const MS_MAX = 240_000;
const SOON = { timeout: 120_000, interval: 200 };
const QUICK = ["--port", "0", "--per-minute", "60", "--window", "60"];
const TOKEN = "the-token-of-alertmanager-that-may-only-halt";

let desk: Desk;
beforeAll(() => {
  desk = openDesk();
});
afterAll(() => desk.close());

const verdictOf = (dir: string) =>
  JSON.parse(readFileSync(join(dir, "verdict.json"), "utf8")) as ProbeVerdict;

describe("a probe of signups that others run", { timeout: MS_MAX }, () => {
  it("finds the cache keyed by path in front of a package that none of us wrote", async () => {
    const example = join(ROOT, "loadtests", "examples", "better-auth");
    const server = await startExample(join(example, "server-behind-a-cache.mjs"));
    const dir = join(desk.path, "cache");
    const probing = desk.start(
      ["probe", join(example, "target.yaml"), ...QUICK, "--per-minute", "30", "--keep", "--out", dir],
      { env: { BETTER_AUTH_URL: server.url } },
    );
    await probing.until(/reads-own +visitor \d+ of cp-\w+ saw visitor \d+ of cp-\w+: .*read own profile/);
    probing.signal("SIGINT");
    const { exitCode, stdout } = await probing.ended;
    expect(exitCode, stdout).toBe(1);
    expect(verdictOf(dir).violations["reads-own"]).toBeGreaterThan(0);
    await server.stop();
  });

  it("passes the reference service, and halts its campaign when it becomes one with a fault", async () => {
    const tokenFile = join(desk.path, "alerts.token");
    writeFileSync(tokenFile, TOKEN, { mode: 0o600 });
    const healthy = await startService({});
    const proxy = await createTcpProxy(healthy.url);
    const dir = join(desk.path, "reference");
    const services = [healthy];
    try {
      const faulty = await startService({
        fault: "shared-cache-key",
        databaseUrl: healthy.environment["CROWDPROOF_DATABASE_URL"],
        environment: { ALERTS_TOKEN_FILE: tokenFile },
      });
      services.push(faulty);
      const adminUrl = faulty.environment["CROWDPROOF_ADMIN_URL"];
      const probing = desk.start(
        [
          ...["probe", REFERENCE_TARGET, ...QUICK, "--out", dir],
          ...["--halt-webhook", `${adminUrl}/alerts`, "--halt-token-file", tokenFile],
        ],
        { env: { ...healthy.environment, CROWDPROOF_TARGET_URL: proxy.url } },
      );
      await probing.until(/watching +[1-9]/);
      expect(probing.said()).not.toContain("reads-own");
      proxy.leadTo(faulty.url);
      await probing.until("The campaign is stopped: the halt webhook took it.");
      const metrics = async () => (await fetch(`${adminUrl}/metrics`)).text();
      await expect.poll(metrics, SOON).toMatch(/^crowdproof_halts_total\{[^}]*by="alert"[^}]*\} [1-9]/m);
      await probing.until("nobody sees their own data, so nothing can be seen");
      expect(probing.said()).toMatch(/nothing can be seen: .*halted/);
      probing.signal("SIGINT");
      const { exitCode, stdout } = await probing.ended;
      expect(exitCode, stdout).toBe(1);
      expect(verdictOf(dir)).toMatchObject({ outcome: "fail", peopleLeft: 0 });
    } finally {
      for (const service of services.toReversed()) await service.stop();
      await proxy.close();
    }
  });
});

/** With the guard off, as a fault is shown: it would keep back what the probe is to see. */
function startService(options: {
  fault?: string;
  databaseUrl?: string | undefined;
  environment?: Record<string, string>;
}): Promise<RunningService> {
  const { fault, databaseUrl, environment } = options;
  return startReferenceService({
    port: 0,
    fault,
    databaseUrl,
    environment: { GUARD: "off", ...(databaseUrl === undefined ? { DATABASE_URL: "" } : {}), ...environment },
  });
}

async function startExample(file: string): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await drawPort();
  const env = { ...process.env, PORT: String(port), NODE_ENV: "development", NO_COLOR: "1" };
  const child: ChildProcess = spawn(process.execPath, [file], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (said += String(chunk)));
  await expect.poll(() => said.includes("is ready on") || child.exitCode !== null, SOON).toBe(true);
  expect(child.exitCode, said).toBeNull();
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      const closed = once(child, "close");
      child.kill("SIGTERM");
      await closed;
    },
  };
}

/** It has to know its address before it listens. Below the ports that Linux gives by itself, so that nobody else takes it. */
async function drawPort(): Promise<number> {
  const port = randomInt(12_000, 32_000);
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
  return isFree ? port : drawPort();
}

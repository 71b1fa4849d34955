import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const COMMAND = join(import.meta.dirname, "../../../loadtests/bin/crowdproof.mjs");
const WITHIN = { timeout: 90_000, interval: 100 };

/** Its peak is the end of its first piece. */
const CAMPAIGN = `claim: wiring
arrivals:
  pieces:
    - { name: climb, shape: ramp, seconds: 4, fromPerSecond: 2, toPerSecond: 12 }
    - { name: fade, shape: constant, seconds: 2, perSecond: 3 }
drainSeconds: 1
readBackSeconds: 1
`;

let folder: string;
let gate: ChildProcess;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "crowdproof-plan-test-"));
  // Run as root, PostgreSQL is the user `postgres`, who must be able to enter.
  await chmod(folder, 0o755);
  await writeFile(join(folder, "climb.yaml"), CAMPAIGN);
});
afterEach(async () => {
  if (gate.exitCode === null) {
    gate.kill("SIGTERM");
    await once(gate, "exit");
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
}, 60_000);

async function portThatIsFree(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

it("the service that a gate starts knows the peak of the gate's own plan, scaled, so that rules hold the crowd against it", {
  timeout: 150_000,
}, async () => {
  const adminPort = await portThatIsFree();
  const out = join(folder, "run");
  gate = spawn(
    process.execPath,
    [COMMAND, "gate", "climb.yaml", "--engine", "embedded", "--scale", "2", "--out", out],
    { cwd: folder, stdio: "ignore", env: { ...process.env, ADMIN_PORT: String(adminPort), TMPDIR: folder } },
  );
  const page = () => fetch(`http://127.0.0.1:${adminPort}/metrics`).then((answer) => answer.text(), String);
  await expect.poll(page, WITHIN).toMatch(/^crowdproof_plan_visitors_per_second 24$/m);
});

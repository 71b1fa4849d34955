import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { constants, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { Verdict } from "../src/verdict/verdict.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const EXAMPLE = join(ROOT, "loadtests", "examples", "better-auth");
/** The campaign's 19 s, starting two processes, judging: on two cores that everybody shares. */
const RUN_MS_MAX = 180_000;

const started: ChildProcess[] = [];
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map(stop));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

it(
  "passes a signup that none of us wrote, left as it comes",
  async () => {
    const { exitCode, verdict, output } = await sendCrowdTo("server.mjs");
    expect({ exitCode, reasons: verdict.reasons, outcome: verdict.outcome }, output).toMatchObject({
      exitCode: 0,
      outcome: "pass",
    });
    expect(verdict.exposuresTotal).toBe(0);
    expect(verdict.strength).toMatchObject({ claim: "crowd", isClaimEarned: true, burstVisitorsMax: 64 });
  },
  RUN_MS_MAX,
);

it(
  "fails the same signup behind a cache keyed by path, and names viewer, victim and fields",
  async () => {
    const { exitCode, verdict, output } = await sendCrowdTo("server-behind-a-cache.mjs");
    expect({ exitCode, outcome: verdict.outcome }, output).toEqual({ exitCode: 1, outcome: "fail" });
    expect(verdict.checks.find(({ name }) => name === "reads-own")).toMatchObject({ outcome: "fail" });
    const [first] = verdict.exposures;
    expect(first).toMatchObject({ step: "read own profile", victimRunTag: null });
    expect(first?.viewer).not.toBe(first?.victim);
    expect(verdict.exposures.flatMap(({ fields }) => fields)).toEqual(
      expect.arrayContaining(["email", "latinName"]),
    );
  },
  RUN_MS_MAX,
);

it("is described to Crowdproof in at most 40 lines, and has no code of ours in it", () => {
  const target = readFileSync(join(EXAMPLE, "target.yaml"), "utf8");
  expect(target.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
  for (const file of ["auth.mjs", "server.mjs", "server-behind-a-cache.mjs"]) {
    const imports = readFileSync(join(EXAMPLE, file), "utf8").matchAll(/from "([^"]+)"/g);
    for (const [, module] of imports) {
      expect(module).toMatch(/^(\.\/auth\.mjs|node:sqlite|better-auth(\/.+)?|express|apicache)$/);
    }
  }
});

/** Both as a person starts them: the server in one terminal, the gate in another. */
async function sendCrowdTo(server: string): Promise<{ exitCode: number; verdict: Verdict; output: string }> {
  const port = await freePort();
  const env = {
    ...process.env,
    PORT: String(port),
    BETTER_AUTH_URL: `http://127.0.0.1:${port}`,
    // better-auth checks less under NODE_ENV=test, which is what vitest sets.
    NODE_ENV: "development",
    NO_COLOR: "1",
  };
  const out = mkdtempSync(join(tmpdir(), "crowdproof-example-"));
  folders.push(out);
  const target = start([join(EXAMPLE, server)], env);
  await untilReady(target);
  // It hashes with every core there is; a generator that has to wait for one makes the run unknown, rightly.
  if (target.pid !== undefined) setPriority(target.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  const files = [join(EXAMPLE, "campaign.yaml"), "--target", join(EXAMPLE, "target.yaml")];
  const options = ["--engine", "embedded", "--out", out];
  const gate = start([join(ROOT, "loadtests", "src", "cli", "main.ts"), "gate", ...files, ...options], env);
  let output = "";
  for (const stream of [gate.stdout, gate.stderr]) stream?.on("data", (chunk) => (output += String(chunk)));
  const [exitCode] = await once(gate, "close");
  const verdict = JSON.parse(readFileSync(join(out, "verdict.json"), "utf8")) as Verdict;
  return { exitCode, verdict, output };
}

function start(args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  return child;
}

async function untilReady(server: ChildProcess): Promise<void> {
  let said = "";
  const ready = new Promise<void>((resolve) => {
    for (const stream of [server.stdout, server.stderr]) {
      stream?.on("data", (chunk) => {
        said += String(chunk);
        if (said.includes("is ready on")) resolve();
      });
    }
  });
  const ended = once(server, "close").then(() => {
    throw new Error(`the example server ended before it was ready: ${said}`);
  });
  // It ends without an error when the test stops it, and nobody waits any more.
  ended.catch(() => undefined);
  await Promise.race([ready, ended]);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGTERM");
  await closed;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

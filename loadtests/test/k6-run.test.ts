import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sendK6, whyNotK6 } from "../src/engine/k6/send-k6.ts";
import { UsageError } from "../src/usage-error.ts";
import {
  donesOf,
  handmadePlan,
  handmadeTarget,
  readOwnStep,
  requestsOf,
  type Send,
  sendAndRead,
} from "./conformance.ts";
import { describeWith } from "./needs.ts";
import { type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

const SCRIPTS = join(dirname(fileURLToPath(import.meta.url)), "..", "k6");

/** Enough for four VUs. */
const many = (visitors: number, seconds = 0.5) =>
  Array.from({ length: visitors }, (_, visitor) => ({
    behaviour: "plain" as const,
    dueSeconds: (seconds * visitor) / visitors,
  }));

describeWith("k6", "a run by k6", (k6Path) => {
  const send: Send = (plan, options) => sendK6(plan, { ...options, k6Path });
  let server: ScriptedServer;
  beforeEach(async () => {
    server = await startScriptedServer();
  });
  afterEach(() => server.close());

  test("writes whole lines, however long, from several VUs at once", () => {
    const folder = mkdtempSync(join(tmpdir(), "crowdproof-k6-lines-"));
    const [script, lines] = [join(folder, "lines.js"), join(folder, "lines.ndjson")];
    writeFileSync(
      script,
      `export const options = { scenarios: { all: { executor: "per-vu-iterations", vus: 8, iterations: 100 } } };
      export default () => console.log(JSON.stringify({ vu: __VU, text: String(__VU).repeat(50000) }));`,
    );
    const output = [`--console-output=${lines}`, "--log-format=raw"];
    spawnSync(k6Path, ["run", "--quiet", "--no-usage-report", ...output, script], { env: { HOME: folder } });
    const written = readFileSync(lines, "utf8").trimEnd().split("\n");
    rmSync(folder, { recursive: true });
    const whole = written.map((line) => JSON.parse(line) as { vu: number; text: string });
    expect(whole).toHaveLength(800);
    expect(whole.every(({ vu, text }) => text === String(vu).repeat(50_000))).toBe(true);
  });

  test("stops within three seconds, and everybody under way ends as cut short", async () => {
    const stop = new AbortController();
    const steps = [readOwnStep("/slow", { timeoutSeconds: 30 })];
    const target = handmadeTarget(server.url, steps);
    const visitors = [...many(64), ...many(8).map(() => ({ behaviour: "plain" as const, dueSeconds: 60 }))];
    let stoppedMs = Number.NaN;
    setTimeout(() => {
      stoppedMs = performance.now();
      stop.abort("exposure");
    }, 3_000);
    const run = await sendAndRead(send, handmadePlan({ target, visitors, durationSeconds: 61 }), stop.signal);
    expect(performance.now() - stoppedMs).toBeLessThan(3_000);
    expect(run.totals).toMatchObject({ arrivals: 64, dones: 64, stopped: "exposure" });
    expect(donesOf(run).map(({ ending }) => ending)).toEqual(Array(64).fill("cut-short"));
    expect(requestsOf(run)).toHaveLength(run.totals.requests);
    expect(run.events).toContainEqual(expect.objectContaining({ kind: "stop", name: "exposure" }));
  });

  test("says that the script threw when a visitor breaks it, though k6 ends in a friendly way", async () => {
    const target = handmadeTarget(server.url, [readOwnStep("/me")]);
    const plan = handmadePlan({ target, visitors: many(2) });
    plan.thinkTimes.betweenSteps = null as never;
    await expect(sendAndRead(send, plan)).rejects.toThrow(/^The k6 script threw in the middle of the run:/);
  });

  test("ends with a sentence when k6 is killed", async () => {
    const target = handmadeTarget(server.url, [readOwnStep("/slow")]);
    const sent = sendAndRead(send, handmadePlan({ target, visitors: many(2) }));
    setTimeout(() => {
      for (const pid of childrenOf(process.pid)) process.kill(pid, "SIGKILL");
    }, 1_500);
    const error = await sent.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toMatch(/k6 was killed \(SIGKILL\)/);
  });

  test("does not outlive the one who started it, even by kill -9", async () => {
    const target = handmadeTarget(server.url, [readOwnStep("/slow", { timeoutSeconds: 30 })]);
    const dir = mkdtempSync(join(tmpdir(), "crowdproof-k6-orphan-"));
    const plan = handmadePlan({ target, visitors: many(2, 40), durationSeconds: 40 });
    const options = JSON.stringify({ dir, secrets: {}, k6Path });
    const starter = spawn(
      process.execPath,
      ["--input-type=module", "--eval"].concat(
        `import { sendK6 } from ${JSON.stringify(new URL("../src/engine/k6/send-k6.ts", import.meta.url).href)};
       await sendK6(${JSON.stringify(plan)}, { ...${options}, signal: new AbortController().signal });`,
      ),
    );
    const k6 = await eventually(() => childrenOf(starter.pid)[0]);
    await eventually(() => server.requests.length > 0 || undefined);
    starter.kill("SIGKILL");
    await eventually(() => !isAlive(k6) || undefined);
    rmSync(dir, { recursive: true });
  });

  test("stops by itself when nobody listens any more", async () => {
    const target = handmadeTarget(await closedAddress(), []);
    const plan = handmadePlan({ target, visitors: many(120, 8), durationSeconds: 8 });
    const run = await sendAndRead(send, plan);
    expect(run.totals.stopped).toBe("target-gone");
    expect(run.totals.arrivals).toBeLessThan(120);
    expect(run.totals.dones).toBe(run.totals.arrivals);
    expect(new Set(requestsOf(run).map(({ reason }) => reason))).toEqual(new Set(["connection-refused"]));
  }, 30_000);

  test("refuses what k6 would send twice without telling", () => {
    const target = handmadeTarget(server.url, [], { connections: "kept" });
    expect(whyNotK6({ target })).toMatch(/silently sends requests with the header Idempotency-Key again/);
    expect(whyNotK6({ target: { ...target, connections: "fresh" } })).toBeNull();
  });

  test("is not changed by the K6_ variables of the person who started it", async () => {
    process.env["K6_ITERATIONS"] = "7";
    process.env["K6_NO_CONNECTION_REUSE"] = "maybe";
    try {
      const target = handmadeTarget(server.url, []);
      const run = await sendAndRead(send, handmadePlan({ target, visitors: many(2) }));
      expect(run.totals).toMatchObject({ arrivals: 2, dones: 2, stopped: null });
    } finally {
      delete process.env["K6_ITERATIONS"];
      delete process.env["K6_NO_CONNECTION_REUSE"];
    }
  });
});

describeWith("k6", "a named script by plain k6 run", (k6Path) => {
  const runSmoke = (...environment: string[]) => {
    const folder = mkdtempSync(join(tmpdir(), "crowdproof-k6-home-"));
    const variables = environment.flatMap((variable) => ["-e", variable]);
    const args = [
      "run",
      "--quiet",
      "--no-usage-report",
      "--log-output=none",
      join(SCRIPTS, "smoke.ts"),
      ...variables,
    ];
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder };
    const { status, stdout, stderr } = spawnSync(k6Path, args, { encoding: "utf8", env });
    rmSync(folder, { recursive: true });
    return { status, said: stdout + stderr };
  };

  test("fails where nobody ever saw their own data", async () => {
    const { status, said } = runSmoke(`BASE_URL=${await closedAddress()}`, "SCALE=0.3");
    expect(said).toMatch(/own data seen {3}in 0 answers/);
    expect(said).toMatch(/thresholds +broken: .*crowdproof_own_answers count>0/);
    expect(status).toBe(99);
  });

  test("refuses a host that is not this machine and was not named", () => {
    expect(runSmoke("BASE_URL=http://crowd.example").status).toBe(107);
    expect(runSmoke("BASE_URL=http://127.0.0.1.crowd.example").status).toBe(107);
    expect(runSmoke("BASE_URL=http://crowd.example", "I_OWN_THIS_TARGET=other.example").status).toBe(107);
  });
});

/** Process ids of the k6 that this process started. */
function childrenOf(pid: number | undefined): number[] {
  const { stdout } = spawnSync("pgrep", ["-P", String(pid), "k6"], { encoding: "utf8" });
  return stdout.trim().split("\n").filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function eventually<Found>(look: () => Found | undefined): Promise<Found> {
  for (let tries = 0; tries < 100; tries++) {
    const found = look();
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new Error("nothing of the kind within 10 s");
}

/** An address nobody listens at. */
async function closedAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no address");
  return `http://127.0.0.1:${address.port}`;
}

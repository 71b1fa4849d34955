import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningService } from "../../loadtests/src/reference/start-service.ts";

const PROGRAM = join(import.meta.dirname, "..", "..", "loadtests", "bin", "crowdproof.mjs");
const TARGET = join(import.meta.dirname, "..", "..", "loadtests", "targets", "reference.yaml");
const SAID_SECONDS_MAX = 60;

/** `crowdproof gate` or `probe`, a process of its own that shows its metrics. */
export interface Running {
  /** Where it said that they are. */
  readonly metricsUrl: string;
  readonly ended: Promise<number | null>;
  stop(): Promise<void>;
}

/** A campaign against a service that runs already. */
export function startGate(service: RunningService, campaign: string, out: string): Promise<Running> {
  const flags = ["--target", TARGET, "--engine", "embedded", "--metrics-port", "0"];
  return start(["gate", campaign, ...flags], out, service);
}

/** The fastest trickle there is, judged every three seconds. */
export function startProbe(service: RunningService, out: string): Promise<Running> {
  const flags = ["--port", "0", "--per-minute", "60", "--burst", "8", "--window", "10"];
  return start(["probe", TARGET, ...flags], out, service);
}

async function start(args: readonly string[], out: string, service: RunningService): Promise<Running> {
  const child = spawn(process.execPath, [PROGRAM, ...args, "--out", out], {
    // Beside its run folder: one that is stopped half-way leaves nothing elsewhere.
    env: { ...process.env, ...service.environment, TMPDIR: dirname(out) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  const ended = once(child, "exit").then(([exitCode]: (number | null)[]) => exitCode ?? null);
  const stop = async () => {
    if (child.exitCode === null) child.kill("SIGKILL");
    await ended;
  };
  const deadline = performance.now() + SAID_SECONDS_MAX * 1_000;
  while (performance.now() < deadline && child.exitCode === null) {
    const [metricsUrl] = /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(said) ?? [];
    if (metricsUrl !== undefined) return { metricsUrl, ended, stop };
    await sleep(20);
  }
  await stop();
  throw new Error(`crowdproof ${args[0]} did not say where its metrics are: ${said}`);
}

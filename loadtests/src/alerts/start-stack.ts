import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** Prometheus, Alertmanager and the receiver as `monitoring/` starts them, a process of its own. */
export interface RunningStack {
  prometheusUrl: string;
  alertmanagerUrl: string;
  receiverUrl: string;
  stop(): Promise<void>;
}

export interface StackStart {
  runId: string;
  /** Where `/metrics` and `/metrics/anomalies` of the target are. */
  serviceUrl: string;
  /** The gate's own metrics. */
  gateUrl: string;
  signal: AbortSignal;
}

const READY = z.object({ prometheusUrl: z.string(), alertmanagerUrl: z.string(), receiverUrl: z.string() });

/** Six seconds on a quiet machine, five of them Prometheus's own; a busy one needs longer. */
const READY_SECONDS_MAX = 120;
const STOP_SECONDS_MAX = 15;
const WORDS_MAX = 600;

/** A sentence where it cannot be had: what is missing, and how to install it. */
export async function startStack(options: StackStart): Promise<RunningStack | { missing: string }> {
  const child = spawnStack(options);
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    words = `${words}${text}`.slice(-WORDS_MAX);
  });
  const ready = await Promise.race([firstLine(child), stopped(options.signal)]);
  if (ready === null) {
    await stopStack(child);
    const said = words.trim().replace(/\s+/g, " ");
    return { missing: said === "" ? "the monitoring stack did not start" : said };
  }
  const { prometheusUrl, alertmanagerUrl, receiverUrl } = READY.parse(JSON.parse(ready));
  return { prometheusUrl, alertmanagerUrl, receiverUrl, stop: () => stopStack(child) };
}

function spawnStack({ runId, serviceUrl, gateUrl }: StackStart): ChildProcess {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const main = fileURLToPath(new URL(`../../../monitoring/stack/stack-main.${extension}`, import.meta.url));
  const args = [main, "--quick", "--run-label", runId, "--gate", gateUrl, "--service", serviceUrl];
  // Standard input stays open as long as we live, and its end stops the stack. A group of its own: Ctrl-C reaches us alone.
  return spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
}

/** Null when it ends without one, or needs too long. */
async function firstLine(child: ChildProcess): Promise<string | null> {
  if (child.stdout === null) return null;
  const lines = createInterface({ input: child.stdout });
  const line = once(lines, "line").then(([text]) => String(text));
  const ended = once(child, "close").then(() => null);
  return await Promise.race([line, ended, sleep(READY_SECONDS_MAX * 1_000, null, { ref: false })]);
}

async function stopped(signal: AbortSignal): Promise<null> {
  if (!signal.aborted) await once(signal, "abort");
  return null;
}

async function stopStack(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit").then(() => true);
  child.kill("SIGTERM");
  if (await Promise.race([exited, sleep(STOP_SECONDS_MAX * 1_000, false, { ref: false })])) return;
  child.kill("SIGKILL");
  await exited;
}

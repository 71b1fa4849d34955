import { execFile, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { useOf } from "./process-family.ts";

/** A process that is measured, or measured against. */
export interface BenchProcess<Ready> {
  ready: Ready;
  /** Of its life so far; null where the system does not tell. */
  cpuSeconds(): number | null;
  stop(): Promise<void>;
}

/** `service` is never imported from here: its side of a comparison is a script, started like any other program. */
const SERVICE_BENCH = new URL("../../service/bench/", import.meta.url);

/** Starts a script of `service/bench`, which says in one line of JSON that it is ready, and ends with its standard input. */
export async function startServiceScript<Ready>(
  script: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<BenchProcess<Ready>> {
  const path = fileURLToPath(new URL(script, SERVICE_BENCH));
  const child = spawn(process.execPath, [path, ...args], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const line = once(createInterface(child.stdout), "line");
  const [text] = await Promise.race([line, exited.then(([code]) => refuse(`${script} ended with ${code}`))]);
  return {
    ready: JSON.parse(text) as Ready,
    cpuSeconds: () => useOf(child.pid ?? 0)?.cpuSeconds ?? null,
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}

/** Runs a script of `service/bench` to its end: its report, the one line of JSON that it writes. */
export async function runServiceScript<Report>(
  script: string,
  args: readonly string[],
  nodeArgs: readonly string[] = [],
): Promise<Report> {
  const path = fileURLToPath(new URL(script, SERVICE_BENCH));
  const { stdout } = await promisify(execFile)(process.execPath, [...nodeArgs, path, ...args]);
  return JSON.parse(stdout) as Report;
}

/** The signup that does no work (`plain-server.ts`), in a process of its own. */
export async function startPlainSignup(): Promise<BenchProcess<{ url: string }>> {
  const child = fork(new URL("./plain-server.ts", import.meta.url), { stdio: "inherit" });
  const exited = once(child, "exit");
  const [message] = await Promise.race([
    once(child, "message"),
    exited.then(([code]) => refuse(`the plain signup ended with ${code}`)),
  ]);
  return {
    ready: { url: `http://127.0.0.1:${(message as { port: number }).port}` },
    cpuSeconds: () => useOf(child.pid ?? 0)?.cpuSeconds ?? null,
    async stop() {
      child.kill();
      await exited;
    },
  };
}

function refuse(words: string): never {
  throw new Error(`${words} before it was ready`);
}

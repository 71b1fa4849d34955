import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

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
    cpuSeconds: () => cpuSecondsOf(child),
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
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
    cpuSeconds: () => cpuSecondsOf(child),
    async stop() {
      child.kill();
      await exited;
    },
  };
}

function refuse(words: string): never {
  throw new Error(`${words} before it was ready`);
}

/** USER_HZ: what /proc counts in, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** proc(5): fields 14 and 15 are user and system time, counted behind the name, which may hold blanks. */
function cpuSecondsOf({ pid }: ChildProcess): number | null {
  if (process.platform !== "linux") return null;
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, vi } from "vitest";

export const MAIN = new URL("../src/main.ts", import.meta.url).pathname;

/** Half a second on a quiet machine; on one where all cores are busy, initdb and two Node processes take their time. */
const READY_MS_MAX = 45_000;
const TEST_MS_MAX = 90_000;

/** What READY_FILE says. */
export interface Ready {
  readonly url: string;
  readonly adminUrl: string;
  readonly databaseUrl: string;
  readonly pid: number;
}

export interface Started {
  readonly child: ChildProcess;
  readonly words: () => string;
}

export interface ServiceProcesses {
  start(env: Record<string, string>, args?: string[], node?: string): Started;
  /** Starts the service and waits until it serves; by another Node's file where its own is to go away. */
  startReady(env: Record<string, string>, node?: string): Promise<Started & Ready>;
  freshFolder(): string;
}

/** The service as processes of its own, ended after each test with their folders. */
export function createServiceProcesses(): ServiceProcesses {
  vi.setConfig({ testTimeout: TEST_MS_MAX });
  const folders: string[] = [];
  let children: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of children) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
    }
    children = [];
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  function freshFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), "crowdproof-process-"));
    folders.push(folder);
    return folder;
  }

  function start(env: Record<string, string>, args = [MAIN], node = process.execPath): Started {
    const child = spawn(node, args, {
      env: { PATH: process.env["PATH"], PORT: "0", ADMIN_PORT: "0", ...env },
      stdio: "pipe",
    });
    children.push(child);
    let words = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (text) => {
        words += text;
      });
    }
    return { child, words: () => words };
  }

  return {
    start,
    freshFolder,
    async startReady(env, node) {
      const readyFile = join(freshFolder(), "ready.json");
      const started = start({ READY_FILE: readyFile, ...env }, [MAIN], node);
      return { ...started, ...(await readyOf(readyFile)) };
    },
  };
}

export async function readyOf(file: string): Promise<Ready> {
  await expect.poll(() => existsSync(file), { timeout: READY_MS_MAX }).toBe(true);
  return JSON.parse(readFileSync(file, "utf8"));
}

export async function exitCodeOf({ child }: Started): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode;
}

/** The worker processes of a parent, by what Linux knows. */
export function workerPidsOf(parentPid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const [status, command] = ["status", "cmdline"].map((file) => readProc(pid, file));
      return status?.includes(`\nPPid:\t${parentPid}\n`) && command?.includes("worker-main.ts");
    });
}

export function isAlive(pid: number): boolean {
  return !/^State:\s+Z|^$/m.test(readProc(pid, "status"));
}

export function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch (error) {
    // It ended under our eyes.
    if (error instanceof Error && "code" in error && ["ENOENT", "ESRCH"].includes(String(error.code)))
      return "";
    throw error;
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Verdict } from "../src/verdict/verdict.ts";

export const ROOT = join(import.meta.dirname, "..", "..");
const PROGRAM = join(ROOT, "loadtests", "bin", "crowdproof.mjs");

/** A folder in which the commands of one test keep everything: run folders, and whatever they hold as temporary. */
export interface Desk {
  path: string;
  start(args: string[], options?: StartOptions): Running;
  run(args: string[], options?: StartOptions): Promise<Ended>;
  /** Processes started from here that still live, as `pid: command`. */
  processes(): string[];
  /** Waits until none lives any more; gives those that still do. */
  processesAfter(secondsMax: number): Promise<string[]>;
  /** What was left behind in TMPDIR. */
  temporary(): string[];
  close(): Promise<void>;
}

export interface StartOptions {
  env?: Record<string, string>;
  /** What the command is started by: `["prlimit", "--nofile=64"]`. */
  by?: string[];
}

export interface Running {
  child: ChildProcess;
  pid: number;
  ended: Promise<Ended>;
  said(): string;
  /** Resolves when the words were printed; rejects when the command ends without them. */
  until(words: string | RegExp): Promise<void>;
  /** What Ctrl-C in a terminal does: to the whole group. */
  signal(name: NodeJS.Signals): void;
}

export interface Ended {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export function openDesk(): Desk {
  const path = mkdtempSync(join(tmpdir(), "crowdproof-test-"));
  const folder = join(path, "tmp");
  mkdirSync(folder);
  // For root's sake: PostgreSQL is then run as the user `postgres`, who has to enter it.
  chmodSync(path, 0o755);
  const processes = () => processesOf(path);
  const processesAfter = async (secondsMax: number) => {
    const deadline = performance.now() + secondsMax * 1e3;
    while (processes().length > 0 && performance.now() < deadline) await sleep(50);
    return processes();
  };
  const start = (args: string[], options: StartOptions = {}) => startCommand(args, options, folder, path);
  return {
    path,
    start,
    run: (args, options) => start(args, options).ended,
    processes,
    processesAfter,
    temporary: () => readdirSync(folder).filter((name) => name.startsWith("crowdproof-")),
    async close() {
      for (const line of processes()) kill(Number(line.split(":")[0]));
      await processesAfter(5);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

function startCommand(
  args: string[],
  { env = {}, by = [] }: StartOptions,
  folder: string,
  cwd: string,
): Running {
  const [program = process.execPath, ...rest] = [...by, process.execPath, PROGRAM, ...args];
  const child = spawn(program, rest, {
    cwd,
    env: { ...environment(), TMPDIR: folder, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, as a terminal gives it.
    detached: true,
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(
    ([exitCode, signal]: (number | NodeJS.Signals | null)[]) =>
      ({ exitCode, signal, stdout, stderr }) as Ended,
  );
  const pid = child.pid ?? 0;
  const said = () => stdout + stderr;
  return {
    child,
    pid,
    ended,
    said,
    async until(words) {
      const isSaid = () => (typeof words === "string" ? said().includes(words) : words.test(said()));
      while (!isSaid()) {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`never said ${words}: ${said()}`);
        await sleep(20);
      }
    },
    signal: (name) => process.kill(-pid, name),
  };
}

/** Without what a test runner and a developer's shell would change. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG } = process.env;
  return { PATH, HOME, LANG };
}

/**
 * By what every process of a run has of its desk: TMPDIR in its environment, or (PostgreSQL, which writes over its own)
 * a working folder or an argument in it. Linux only, as the embedded PostgreSQL's tests are.
 */
export function processesOf(path: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const command = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
      const isOurs = [read(`/proc/${pid}/environ`), command, link(`/proc/${pid}/cwd`)].some((text) =>
        text.includes(path),
      );
      // A process that has ended and was not waited for has no command any more.
      return isOurs && command !== "" ? [`${pid}: ${command}`] : [];
    });
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function link(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return "";
  }
}

export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

export function readVerdict(dir: string): Verdict {
  return JSON.parse(readFileSync(join(dir, "verdict.json"), "utf8")) as Verdict;
}

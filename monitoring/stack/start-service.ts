import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "./usage-error.ts";

/** The reference service, as a process of its own. */
export interface RunningService {
  readonly url: string;
  readonly adminUrl: string;
  readonly databaseUrl: string;
  /** Of the workers' parent: to it go SIGHUP and SIGTERM. */
  readonly pid: number;
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface ServiceStart {
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly logFile: string;
  /** Aborted: it need not start any more. */
  readonly signal: AbortSignal;
}

const EXTENSION = import.meta.url.endsWith(".ts") ? "ts" : "js";
const MAIN = join(import.meta.dirname, "..", "..", "service", "src", `main.${EXTENSION}`);
/** initdb takes about a second, on a busy machine several. */
const READY_SECONDS_MAX = 60;
/** It drains, then stops PostgreSQL. */
const STOP_SECONDS_MAX = 20;
const LOG_TAIL_CHARACTERS = 1_500;

/** Starts it and waits until it answers; a UsageError has its own words when it does not. It ends when our process does. */
export async function startService(options: ServiceStart): Promise<RunningService> {
  const { environment, folder, logFile, signal } = options;
  const readyFile = join(folder, "ready.json");
  const log = await open(logFile, "a", 0o600);
  // Its standard input stays open as long as we live. A group of its own: Ctrl-C in the terminal reaches us alone.
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...environment, READY_FILE: readyFile },
    stdio: ["pipe", log.fd, log.fd],
    detached: true,
  });
  await log.close();
  const ended = once(child, "exit").then(
    ([code, signal]) => `The service ended (${signal ?? `exit code ${code}`}); its log is ${logFile}`,
  );
  const stop = () => stopService(child, ended);
  try {
    const places = await whenReady(child, readyFile, logFile, signal);
    if (child.pid === undefined) throw new Error("a service that says where it is has no process");
    return { ...places, pid: child.pid, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Places = Pick<RunningService, "url" | "adminUrl" | "databaseUrl">;

async function whenReady(
  child: ChildProcess,
  readyFile: string,
  logFile: string,
  signal: AbortSignal,
): Promise<Places> {
  const deadline = performance.now() + READY_SECONDS_MAX * 1_000;
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    signal.throwIfAborted();
    const text = await readFile(readyFile, "utf8").catch(() => null);
    if (text !== null) {
      // It holds the database's password.
      await rm(readyFile);
      const { url, adminUrl, databaseUrl } = JSON.parse(text) as Places;
      return { url, adminUrl, databaseUrl };
    }
    await sleep(20);
  }
  const tail = (await readFile(logFile, "utf8")).slice(-LOG_TAIL_CHARACTERS).trim();
  throw new UsageError(`The service did not start. It said:\n${tail === "" ? "(nothing)" : tail}`);
}

async function stopService(child: ChildProcess, ended: Promise<string>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
  const late = sleep(STOP_SECONDS_MAX * 1_000, "late" as const, { ref: false });
  if ((await Promise.race([ended, late])) === "late") child.kill("SIGKILL");
  await ended;
}

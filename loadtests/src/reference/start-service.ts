import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, rmSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { InterruptedError } from "../interrupted-error.ts";
import { UsageError } from "../usage-error.ts";

/** The reference service, running as a process of its own. */
export interface RunningService {
  url: string;
  /** Of its parent process. */
  pid: number;
  /** What the target file of the reference service asks of the environment. */
  environment: Record<string, string>;
  /** Resolves with a sentence when the service ends by itself. */
  ended: Promise<string>;
  /** The process alone: its log and its mails are still there to be read. */
  end(): Promise<void>;
  /** The process, and the folder with its log and its mails. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  port: number;
  fault: string | undefined;
  /** Absent: the service brings its own embedded PostgreSQL. */
  databaseUrl: string | undefined;
  /** Where its log and its mails are, for a service that is started again; absent: a folder that goes with it. */
  folder?: string;
  /** Beside this process' own environment. */
  environment?: Record<string, string>;
  /** Aborted: it need not start any more. */
  signal?: AbortSignal;
}

/** initdb takes about a second, on a busy machine several. */
const READY_SECONDS_MAX = 60;
/** The service drains, then stops PostgreSQL; after that it is killed. */
const STOP_SECONDS_MAX = 10;
const LOG_TAIL_CHARACTERS = 1_500;

/** Starts `service/` and waits until it answers; throws UsageError with the service's own words when it does not. */
export async function startReferenceService(options: ServiceOptions): Promise<RunningService> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "crowdproof-service-")));
  const readyFile = join(folder, "ready.json");
  const logFile = join(folder, "service.log");
  const mailDir = join(folder, "mails");
  const child = spawnService(options, { readyFile, logFile, mailDir });
  const ended = once(child, "exit").then(
    ([code, signal]) => `the service ended (${signal ?? `exit code ${code}`})`,
  );
  // Who leaves at once (a second Ctrl-C) leaves no folder either; the service ends by itself, and may write a mail meanwhile.
  const removeFolder = () => {
    if (options.folder === undefined)
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  };
  process.once("exit", removeFolder);
  let ending: Promise<void> | undefined;
  const end = () => {
    ending ??= stopService(child);
    return ending;
  };
  const stop = async () => {
    await end();
    removeFolder();
    process.off("exit", removeFolder);
  };
  try {
    const ready = await waitUntilReady(child, readyFile, logFile, options.signal);
    const environment = {
      CROWDPROOF_TARGET_URL: ready.url,
      CROWDPROOF_ADMIN_URL: ready.adminUrl,
      CROWDPROOF_DATABASE_URL: ready.databaseUrl,
      CROWDPROOF_SERVICE_LOG: logFile,
      CROWDPROOF_MAIL_DIR: mailDir,
    };
    return { url: ready.url, pid: child.pid ?? 0, environment, ended, end, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface ServiceFiles {
  readyFile: string;
  logFile: string;
  mailDir: string;
}

function spawnService(options: ServiceOptions, { readyFile, logFile, mailDir }: ServiceFiles): ChildProcess {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const main = fileURLToPath(new URL(`../../../service/src/main.${extension}`, import.meta.url));
  const log = openSync(logFile, "a", 0o600);
  const env: NodeJS.ProcessEnv = {
    // Several may run at once; who wants the admin server at a known place says so.
    ADMIN_PORT: "0",
    ...process.env,
    ...options.environment,
    PORT: String(options.port),
    READY_FILE: readyFile,
    MAIL_DIR: mailDir,
  };
  // Mails of invented people go nowhere but to the sink.
  delete env["SMTP_URL"];
  delete env["SMTP_URL_FILE"];
  // Faults take a database's constraints away, for good: only one that we were told of by name.
  delete env["DATABASE_URL_FILE"];
  // csh exports HOST, the machine's own name: it listens on this machine's loopback, and nowhere else.
  delete env["HOST"];
  delete env["ADMIN_HOST"];
  if (options.fault !== undefined) env["FAULT"] = options.fault;
  if (options.databaseUrl !== undefined) env["DATABASE_URL"] = options.databaseUrl;
  // Standard input stays open as long as we live: the service stops when it closes, so kill −9 of us leaves nothing behind.
  // A group of its own: Ctrl-C in the terminal reaches us alone, and we stop the service after the last read-back.
  const child = spawn(process.execPath, [main], { env, stdio: ["pipe", log, log], detached: true });
  closeSync(log);
  return child;
}

async function waitUntilReady(
  child: ChildProcess,
  readyFile: string,
  logFile: string,
  signal: AbortSignal | undefined,
) {
  const deadline = performance.now() + READY_SECONDS_MAX * 1_000;
  while (performance.now() < deadline) {
    if (signal?.aborted) throw new InterruptedError("Stopped before anything was sent: nothing to judge.");
    if (child.exitCode !== null || child.signalCode !== null) break;
    const text = await readFile(readyFile, "utf8").catch(() => null);
    if (text !== null) {
      // It holds the database's password, and after kill −9 of us nobody would remove it.
      await rm(readyFile);
      return JSON.parse(text) as { url: string; adminUrl: string; databaseUrl: string };
    }
    await sleep(20);
  }
  const tail = (await readFile(logFile, "utf8").catch(() => "")).slice(-LOG_TAIL_CHARACTERS).trim();
  throw new UsageError(
    `The reference service did not start. It said:\n${tail === "" ? "(nothing)" : tail}\nTry \`npx crowdproof serve\` to see it alone.`,
  );
}

async function stopService(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    const isStopped = await Promise.race([
      exited.then(() => true),
      sleep(STOP_SECONDS_MAX * 1_000, false, { ref: false }),
    ]);
    if (!isStopped) {
      child.kill("SIGKILL");
      await exited;
    }
  }
}

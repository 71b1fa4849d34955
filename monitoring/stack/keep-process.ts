import { spawn } from "node:child_process";
import { once } from "node:events";
import { type FileHandle, mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "./usage-error.ts";

/** A program that lives no longer than we do, however we end. */
export interface KeptProcess {
  /** `host:port` where it listens, as it said itself. */
  readonly address: string;
  readonly pid: number;
  /** Resolves with a sentence when it has ended, asked or not. */
  readonly ended: Promise<string>;
  /** All it has written so far. */
  readLog(): Promise<string>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export interface KeepOptions {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Its own; removed at its end. */
  readonly folder: string;
  /** What it writes when it listens; the first group is the address. */
  readonly listening: RegExp;
  readonly env?: NodeJS.ProcessEnv;
  /** Aborted: it need not start any more. */
  readonly signal?: AbortSignal | undefined;
}

const KEEPER = join(import.meta.dirname, "keep.sh");
/** Half a second on a quiet machine; a busy one gets the time it needs. */
const LISTENING_SECONDS_MAX = 60;
const POLL_MS = 20;
const LOG_TAIL_CHARACTERS = 1_500;

/** Starts a program under keep.sh and waits until it says where it listens; a UsageError has its last words. */
export async function keepProcess(options: KeepOptions): Promise<KeptProcess> {
  const { name, program, args, folder } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const pidFile = join(folder, "pid");
  // Kept open: the keeper removes the folder when the program ends, and its last words are wanted then.
  const log = await open(join(folder, "log"), "a+", 0o600);
  // A group of its own: Ctrl-C in the terminal reaches whoever started us alone, who stops everything in order.
  const keeper = spawn("sh", [KEEPER, pidFile, folder, program, ...args], {
    stdio: ["pipe", log.fd, log.fd],
    detached: true,
    env: { ...process.env, ...options.env },
  });
  // The keeper may be gone before its input is closed.
  keeper.stdin?.on("error", () => {});
  const readLog = () => readFrom(log);
  const ended = once(keeper, "exit").then(
    ([code, signal]) => `${name} ended (${signal ?? `exit code ${code}`})`,
  );
  const stop = async () => {
    keeper.stdin?.end();
    await ended;
    await log.close();
  };
  const isGone = () => keeper.exitCode !== null || keeper.signalCode !== null;
  try {
    const address = await whenListening(options, readLog, isGone);
    const pid = await whenWritten(pidFile, isGone);
    return { address, pid, ended, readLog, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The program may say where it listens before its keeper has written down who it is. */
async function whenWritten(pidFile: string, isGone: () => boolean): Promise<number> {
  for (;;) {
    try {
      return Number(await readFile(pidFile, "utf8"));
    } catch (error) {
      if (isGone()) throw error;
      await sleep(POLL_MS);
    }
  }
}

/** From its beginning: a log of a few lines, whose reader has no position of its own. */
async function readFrom(log: FileHandle): Promise<string> {
  const { size } = await log.stat();
  const { buffer, bytesRead } = await log.read(Buffer.alloc(size), 0, size, 0);
  return buffer.toString("utf8", 0, bytesRead);
}

async function whenListening(
  { name, listening, signal }: KeepOptions,
  readLog: () => Promise<string>,
  isGone: () => boolean,
): Promise<string> {
  const deadline = performance.now() + LISTENING_SECONDS_MAX * 1_000;
  while (performance.now() < deadline) {
    signal?.throwIfAborted();
    const text = await readLog();
    const address = listening.exec(text)?.[1];
    if (address !== undefined) return address;
    if (isGone()) break;
    await sleep(POLL_MS);
  }
  const text = await readLog();
  const taken = /listen tcp (\S+): bind: address already in use/.exec(text)?.[1];
  if (taken !== undefined)
    throw new UsageError(
      `${name} cannot listen on ${taken}: another program does. End that one, or give another port.`,
    );
  throw new UsageError(`${name} did not start. It said:\n${text.slice(-LOG_TAIL_CHARACTERS).trim()}`);
}

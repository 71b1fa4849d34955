import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { startFirst } from "../go-first.ts";

export interface K6Process {
  pid: number | undefined;
  /** Resolves when it has ended, however it did. */
  ended: Promise<K6Ending>;
  /** SIGINT, on which k6 still writes its summary; SIGKILL to its whole group if that is not enough. */
  interrupt(): void;
  kill(): void;
}

export interface K6Ending {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** The end of what it wrote to its standard streams. */
  said: string;
}

export interface K6Command {
  path: string;
  args: string[];
  env: Record<string, string>;
  /** Called with the end of what it has said so far, each time it says more. */
  onSaid?: (said: string) => void;
}

/** With the second that `sendK6` gives visitors to end this stays within three seconds of Ctrl-C. */
const INTERRUPT_MS_MAX = 1_500;
const SAID_CHARACTERS_MAX = 4_000;

/** Starts k6 in a process group of its own: Ctrl-C in the terminal reaches us alone, and we say when it stops. */
export function startK6({ path, args, env, onSaid }: K6Command): K6Process {
  const child = startFirst(() =>
    spawn(path, args, { env, detached: true, stdio: ["ignore", "pipe", "pipe"] }),
  );
  let said = "";
  const listen = (chunk: Buffer) => {
    said = (said + chunk.toString("utf8")).slice(-SAID_CHARACTERS_MAX);
    onSaid?.(said);
  };
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  let killTimer: NodeJS.Timeout | undefined;
  // Our own sudden end (process.exit, an uncaught exception) must not leave a load generator behind.
  const killOnExit = () => kill(child, "SIGKILL");
  process.once("exit", killOnExit);
  const ended = once(child, "close").then(([exitCode, signal]) => {
    clearTimeout(killTimer);
    process.off("exit", killOnExit);
    return {
      exitCode: exitCode as number | null,
      signal: signal as NodeJS.Signals | null,
      said: said.trim(),
    };
  });
  return {
    pid: child.pid,
    ended,
    kill: () => kill(child, "SIGKILL"),
    interrupt() {
      kill(child, "SIGINT");
      killTimer ??= setTimeout(() => kill(child, "SIGKILL"), INTERRUPT_MS_MAX);
    },
  };
}

function kill({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // It ended in this moment.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

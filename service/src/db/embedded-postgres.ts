import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { UsageError } from "../usage-error.ts";
import { errorCodeOf } from "./sql-state.ts";

/** A PostgreSQL of our own, for as long as this process lives. */
export interface EmbeddedPostgres {
  readonly url: string;
  /** Resolves with its last words when it ends without having been asked to. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Absent: a temporary folder, removed at the end. */
  readonly dataDir?: string | undefined;
  /** Further `-c` settings, `name=value`. */
  readonly settings?: readonly string[];
  /** Resolves when nobody wants to wait for the start any longer. */
  readonly giveUp?: Promise<unknown>;
}

/** The keeper cuts a PostgreSQL off that does not stop, within 11 s; one that has not ended by then hangs itself. */
const STOP_SECONDS_MAX = 15;

/** Starts PostgreSQL under a keeper that outlives us only as long as it takes to stop it. */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const keeper = fileURLToPath(new URL(`./postgres-keeper.${extension}`, import.meta.url));
  const flags = (options.settings ?? []).flatMap((setting) => ["-c", setting]);
  // In a group of its own, so that Ctrl-C in a terminal does not take the database from a service that drains.
  const child = spawn(process.execPath, [keeper, options.dataDir ?? "", ...flags], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = `${words}${text}`.slice(-2_000);
  });
  // Writing to a keeper that is gone is reported by its exit.
  child.stdin.on("error", () => {});
  const exited = once(child, "exit").then(() => words.trim());
  const ready = once(child.stdout.setEncoding("utf8"), "data").then(
    ([line]) => JSON.parse(String(line)) as Kept,
  );
  let isStarting = true;
  void options.giveUp?.then(() => isStarting && child.stdin.end());
  const kept = await Promise.race([ready, exited.then(refuse)]);
  isStarting = false;
  const ended = exited.then(async (last) => {
    if (child.signalCode !== null) await clearAway(kept);
    return last;
  });
  return {
    url: kept.url,
    ended,
    async stop() {
      child.stdin.end();
      const limit = setTimeout(() => killGroup(child), STOP_SECONDS_MAX * 1_000);
      await ended;
      clearTimeout(limit);
    },
  };
}

/** The keeper's group: itself and its PostgreSQL. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch (error) {
    // It ended by itself just now.
    if (errorCodeOf(error) !== "ESRCH") throw error;
  }
}

/** What a keeper says once its PostgreSQL is ready. */
interface Kept {
  url: string;
  pid: number;
  folders: string[];
}

/** A keeper that was killed leaves PostgreSQL behind, and nobody else knows of it. */
async function clearAway({ pid, folders }: Kept): Promise<void> {
  try {
    // Immediate shutdown: the data go with it.
    process.kill(pid, "SIGQUIT");
  } catch (error) {
    if (errorCodeOf(error) !== "ESRCH") throw error;
  }
  for (const folder of folders) {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

function refuse(words: string): never {
  const hint = /EACCES|ermission denied/.test(words)
    ? "Run as root, it takes the user `postgres`, who must be able to enter the project, DATA_DIR and TMPDIR: move them out of /root, or start as another user."
    : "Set DATABASE_URL to use a PostgreSQL of your own.";
  throw new UsageError(`The embedded PostgreSQL did not start. It said:\n${words}\n${hint}`);
}

import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../usage-error.ts";
import type { Event } from "./event.ts";

/** Appends events to `events.ndjson` of a run folder. */
export interface HistoryFile {
  /** Never waits and never throws: what went wrong with the disk is thrown by `hasRoom` and `close`. */
  append(event: Event): void;
  /** The same for events that are text already: whole lines. */
  appendLines(lines: string): void;
  /** Resolves when so little is waiting to be written that more may come. */
  hasRoom(): Promise<void>;
  /** Resolves when every event is with the operating system. */
  close(): Promise<void>;
}

/** Some 30,000 events: what a stalled disk may cost in memory before the writer gives up instead of growing. */
const WAITING_BYTES_MAX = 32 * 2 ** 20;
/** Below this nobody needs to wait for the disk. */
const ROOM_BYTES = 4 * 2 ** 20;
/** What a kill may lose. A write for each turn of the event loop would be a thousand a second, each through another thread. */
const GATHER_MILLISECONDS = 10;

/**
 * Opens (creates with mode 0600, or continues) the history of a run folder. Events are on their way to the disk within
 * some 10 ms, as whole lines, so that a gate that is killed leaves what it saw. One writer a file: a write of more than
 * 512 KiB is split by Node, and lines of two writers would tear.
 */
export async function openHistoryFile(dir: string): Promise<HistoryFile> {
  const path = join(dir, "events.ndjson");
  const file = await open(path, "a", 0o600).catch((cause: unknown) => {
    throw new UsageError(sentenceOf(path, cause), { cause });
  });
  return createWriter(path, file);
}

function createWriter(path: string, file: FileHandle): HistoryFile {
  let waiting: string[] = [];
  let waitingBytes = 0;
  let writing: Promise<void> | null = null;
  let failure: UsageError | null = null;
  let hurry = () => {};

  /** Resolves soon, or at once when nothing more will come. */
  const gather = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHER_MILLISECONDS);
      hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const drain = async () => {
    while (waiting.length > 0 && failure === null) {
      const text = waiting.join("");
      waiting = [];
      waitingBytes = 0;
      try {
        await file.writeFile(text);
      } catch (cause) {
        failure = new UsageError(sentenceOf(path, cause), { cause });
      }
    }
    writing = null;
  };

  const throwFailure = () => {
    if (failure) throw failure;
  };

  const appendLines = (lines: string) => {
    if (failure) return;
    waiting.push(lines);
    waitingBytes += lines.length;
    if (waitingBytes > WAITING_BYTES_MAX) {
      failure = new UsageError(
        `${path}: the disk takes events slower than they come; use a faster --out folder`,
      );
      return;
    }
    writing ??= gather().then(drain);
  };

  return {
    append: (event) => appendLines(lineOf(event)),
    appendLines,
    async hasRoom() {
      if (waitingBytes > ROOM_BYTES) hurry();
      while (waitingBytes > ROOM_BYTES && writing) await writing;
      throwFailure();
    },
    async close() {
      hurry();
      while (writing) await writing;
      await file.close();
      throwFailure();
    },
  };
}

/** An event as the history has it. */
export function lineOf(event: Event): string {
  return `${JSON.stringify(event)}\n`;
}

const SENTENCES: Record<string, string> = {
  ENOSPC: "no space is left on this disk; free some, or choose another folder with --out",
  EDQUOT: "your disk quota is used up; free some, or choose another folder with --out",
  EACCES: "this folder may not be written to; choose another one with --out",
  EPERM: "this folder may not be written to; choose another one with --out",
  EROFS: "this disk is read-only; choose another folder with --out",
  ENOENT: "there is no such folder; create it, or choose another one with --out",
  ENOTDIR: "a file is in the way; choose another folder with --out",
};

function sentenceOf(path: string, cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return `${path} cannot be written: ${SENTENCES[code] ?? (cause instanceof Error ? cause.message : String(cause))}`;
}

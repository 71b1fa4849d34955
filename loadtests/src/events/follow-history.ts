import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Event } from "./event.ts";

/** A person does not see a delay below a tenth of a second; polling works on every file system, watching does not. */
const POLL_MILLISECONDS = 100;
const CHUNK_BYTES = 256 * 1024;
const LINE_BYTES_MAX = 4 * 2 ** 20;
const NEWLINE = 10;

/**
 * Calls back with each event as the file grows, from its first line, until the signal is aborted; then once more
 * reads what is there. A half line at the end waits for its other half; a line that is no JSON is passed over: judging
 * is not the follower's matter. Waits for a file that does not exist yet.
 */
export async function followHistory(
  file: string,
  onEvent: (event: Event) => void,
  signal: AbortSignal,
): Promise<void> {
  const handle = await openWhenThere(file, signal);
  if (!handle) return;
  try {
    const read = createLineReader(handle, onEvent);
    while (!signal.aborted) {
      await read();
      await pause(POLL_MILLISECONDS, undefined, { signal, ref: false }).catch(ignoreAbort);
    }
    await read();
  } finally {
    await handle.close();
  }
}

async function openWhenThere(file: string, signal: AbortSignal): Promise<FileHandle | null> {
  while (true) {
    try {
      return await open(file, "r");
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
    if (signal.aborted) return null;
    await pause(POLL_MILLISECONDS, undefined, { signal, ref: false }).catch(ignoreAbort);
  }
}

/** Reads up to the present end of the file. Bytes, not characters, are kept: a chunk may end inside a character. */
function createLineReader(handle: FileHandle, onEvent: (event: Event) => void): () => Promise<void> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  return async () => {
    while (true) {
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      rest = bytes.subarray(end);
      // What never ends is no line of ours; joining it to each next chunk would take ever longer.
      if (rest.length > LINE_BYTES_MAX) rest = Buffer.alloc(0);
      for (const line of bytes.toString("utf8", 0, end).split("\n")) {
        const event = line === "" ? null : parsed(line);
        if (event) onEvent(event);
      }
    }
  };
}

/** Only the shape that tells events apart is looked at: 5,000 lines a second must not cost a validation each. */
function parsed(line: string): Event | null {
  try {
    const value: unknown = JSON.parse(line);
    return isEvent(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isEvent(value: unknown): value is Event {
  return typeof value === "object" && value !== null && "type" in value && "run" in value;
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === "AbortError")) throw error;
}

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { ObservationEvent } from "../events/event.ts";
import type { FoundCanary } from "../people/canary.ts";
import { fillSecrets } from "../target/template.ts";
import { CANARIES_KEPT_MAX, foundAt } from "./found-at.ts";
import { type ObserveContext, reasonOf } from "./observe-context.ts";

/** Beyond this a log is scanned no further, and is then unknown. */
const LOG_BYTES_MAX = 2 * 2 ** 30;
const CHUNK_BYTES = 2 ** 20;
/** A canary in the most wasteful wrapping (kana, escaped twice) has 22 · 6 · 2 characters; a line longer than this is cut in two. */
const OVERLAP_CHARACTERS = 4_096;

/** Which file a log was, and how long. A file of the same name with another inode is another file. */
export interface LogMark {
  inode: number;
  bytes: number;
}

/** The logs as they are by now; one that is not there yet has no mark, and all of it will be new. */
export async function markLogs(
  logFiles: readonly string[],
  secrets: Record<string, string>,
): Promise<Record<string, LogMark>> {
  const marks: Record<string, LogMark> = {};
  for (const file of namesOf(logFiles, secrets)) {
    const found = await stat(file).catch(() => null);
    if (found !== null) marks[file] = { inode: found.ino, bytes: found.size };
  }
  return marks;
}

/**
 * One scan event for each log file, over what was written since; `value` has the bytes, null where it cannot be read, or not
 * all of it: what was found in the rest stands all the same.
 */
export async function* scanLogs(
  marks: Readonly<Record<string, LogMark>>,
  context: ObserveContext,
): AsyncGenerator<ObservationEvent> {
  for (const file of namesOf(context.plan.target.telemetry.logFiles, context.secrets)) {
    try {
      const { size, ino } = await stat(file);
      const { start, gap } = whatIsNew(marks[file], { inode: ino, bytes: size });
      if (gap !== null) context.say(`Not all of the log ${file} was searched: ${gap}.`);
      const { bytes, found } = await scanFile(file, start, context);
      yield {
        ...context.blank,
        kind: "scan",
        name: "logs",
        value: gap === null ? bytes : null,
        foreign: foundAt(`log:${basename(file)}`, found),
      };
    } catch (error) {
      context.say(`The log ${file} could not be read: ${reasonOf(error)}.`);
      yield { ...context.blank, kind: "scan", name: "logs" };
    }
  }
}

/** Where the scan begins, and what of the run it cannot see: null where it sees all. */
export function whatIsNew(before: LogMark | undefined, now: LogMark): { start: number; gap: string | null } {
  if (now.bytes === 0) return { start: 0, gap: "it is empty, so nobody knows that the target writes there" };
  if (before !== undefined && before.inode !== now.inode)
    return { start: 0, gap: "it was rotated during the run, and its beginning has another name now" };
  if (before !== undefined && before.bytes > now.bytes)
    return { start: 0, gap: "it was cut during the run, and its beginning is gone" };
  const start = before?.bytes ?? 0;
  const isTooLong = now.bytes - start > LOG_BYTES_MAX;
  return { start, gap: isTooLong ? `only its first ${LOG_BYTES_MAX / 2 ** 30} GiB were` : null };
}

function namesOf(logFiles: readonly string[], secrets: Record<string, string>): string[] {
  return logFiles.map((file) => fillSecrets(file, secrets)).filter((file) => file !== "");
}

async function scanFile(file: string, start: number, { codec }: ObserveContext) {
  const found = new Map<string, FoundCanary>();
  const decoder = new TextDecoder();
  let bytes = 0;
  let rest = "";
  const stream = createReadStream(file, {
    start,
    end: start + LOG_BYTES_MAX - 1,
    highWaterMark: CHUNK_BYTES,
  });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    const text = rest + decoder.decode(chunk, { stream: true });
    for (const canary of codec.find(text)) {
      if (found.size < CANARIES_KEPT_MAX) found.set(JSON.stringify(canary), canary);
    }
    const lineStart = text.lastIndexOf("\n") + 1;
    rest = text.slice(Math.max(lineStart, text.length - OVERLAP_CHARACTERS));
  }
  return { bytes, found: [...found.values()] };
}

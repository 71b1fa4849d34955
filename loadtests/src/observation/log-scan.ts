import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { ObservationEvent } from "../events/event.ts";
import type { FoundCanary } from "../people/canary.ts";
import { fillSecrets } from "../target/template.ts";
import { CANARIES_KEPT_MAX, foundAt } from "./found-at.ts";
import { type ObserveContext, reasonOf } from "./observe-context.ts";

/** Beyond this a log is scanned no further, and said so. */
const LOG_BYTES_MAX = 2 * 2 ** 30;
const CHUNK_BYTES = 2 ** 20;
/** A canary in the most wasteful wrapping (kana, escaped twice) has 22 · 6 · 2 characters; a line longer than this is cut in two. */
const OVERLAP_CHARACTERS = 4_096;

/** How long each log file is by now. One that is not there yet has nothing in it. */
export async function logPositions(
  logFiles: readonly string[],
  secrets: Record<string, string>,
): Promise<Record<string, number>> {
  const positions: Record<string, number> = {};
  for (const file of namesOf(logFiles, secrets)) {
    positions[file] = await stat(file).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return positions;
}

/** One scan event for each log file, over what was written since; `value` has the bytes, null where it cannot be read. */
export async function* scanLogs(
  bytesBefore: Readonly<Record<string, number>>,
  context: ObserveContext,
): AsyncGenerator<ObservationEvent> {
  for (const file of namesOf(context.plan.target.telemetry.logFiles, context.secrets)) {
    try {
      const { size } = await stat(file);
      const before = bytesBefore[file] ?? 0;
      // A file that shrank was rotated under way: all of it is new.
      const start = size < before ? 0 : before;
      const { bytes, found } = await scanFile(file, start, context);
      if (bytes === LOG_BYTES_MAX)
        context.say(`${file} was scanned up to ${LOG_BYTES_MAX / 2 ** 30} GiB only.`);
      yield {
        ...context.blank,
        kind: "scan",
        name: "logs",
        value: bytes,
        foreign: foundAt(`log:${basename(file)}`, found),
      };
    } catch (error) {
      context.say(`The log ${file} could not be read: ${reasonOf(error)}.`);
      yield { ...context.blank, kind: "scan", name: "logs" };
    }
  }
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

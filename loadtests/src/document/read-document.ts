import { open } from "node:fs/promises";
import type { z } from "zod";
import { UsageError } from "../usage-error.ts";
import { parseDocument } from "./parse-document.ts";

/** A campaign or a target file has a few kilobytes; more than this is some other file. */
export const DOCUMENT_BYTES_MAX = 256 * 1024;

/**
 * Reads one YAML file against one schema. Throws one UsageError that lists everything wrong with it, each
 * line beginning with `file:line:column`.
 */
export async function readDocument<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  return parseDocument(decode(file, await readBytes(file)), { file, schema });
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    const handle = await open(file, "r");
    try {
      if (!(await handle.stat()).isFile()) throw new UsageError(`${file} is not a file. Name a YAML file.`);
      const buffer = Buffer.alloc(DOCUMENT_BYTES_MAX + 1);
      // Read up to the limit and one byte, whatever stat says: a file may grow, and those of /proc have no size.
      let length = 0;
      for (let bytesRead = -1; bytesRead !== 0 && length < buffer.length; length += bytesRead) {
        ({ bytesRead } = await handle.read(buffer, length, buffer.length - length, null));
      }
      return buffer.subarray(0, length);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(whyUnreadable(file, cause), { cause });
  }
}

function whyUnreadable(file: string, cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR")
    return `${file} does not exist. Check the path with: ls ${file}`;
  if (code === "EISDIR") return `${file} is a folder. Name a YAML file in it.`;
  if (code === "EACCES" || code === "EPERM") return `${file} may not be read by you. Try: chmod u+r ${file}`;
  return `${file} could not be read (${cause instanceof Error ? cause.message : String(cause)}). Name a YAML file.`;
}

function decode(file: string, bytes: Buffer): string {
  if (bytes.length === 0) throw new UsageError(`${file} is empty. Copy a shipped one and change it.`);
  if (bytes.length > DOCUMENT_BYTES_MAX) {
    throw new UsageError(
      `${file} is larger than ${DOCUMENT_BYTES_MAX / 1024} KiB, the limit of a YAML file here. Is it the file you meant?`,
    );
  }
  if (bytes.includes(0))
    throw new UsageError(`${file} is binary, expected YAML text in UTF-8. Is it the file you meant?`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UsageError(`${file} is not UTF-8. Save it as UTF-8: iconv -f OLD -t UTF-8 ${file}`, { cause });
  }
}

import { access, constants } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { UsageError } from "../usage-error.ts";

/** The file of `--out`. Asked at the start: an hour later is late to learn that its folder is not there. */
export async function writableFile(file: string): Promise<string> {
  try {
    await access(dirname(resolve(file)), constants.W_OK);
  } catch (cause) {
    throw new UsageError(`--out ${file}: its folder is not there or may not be written to. Make it first.`, {
      cause,
    });
  }
  return file;
}

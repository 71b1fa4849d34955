import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** In the run folder, so that the report says what is left. */
export interface CleanUpRecord {
  cleanedAt: string;
  removed: number | null;
  left: number | null;
}

const RECORD_FILE = "cleanup.json";

export async function writeCleanUpRecord(
  dir: string,
  { removed, left }: Omit<CleanUpRecord, "cleanedAt">,
): Promise<void> {
  const record: CleanUpRecord = { cleanedAt: new Date().toISOString(), removed, left };
  const file = join(dir, RECORD_FILE);
  await writeFile(`${file}.part`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.part`, file);
}

/** Null where this run was never cleaned up. */
export async function readCleanUpRecord(dir: string): Promise<CleanUpRecord | null> {
  const text = await readFile(join(dir, RECORD_FILE), "utf8").catch(() => null);
  return text === null ? null : (JSON.parse(text) as CleanUpRecord);
}

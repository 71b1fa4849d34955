import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** What was measured until somebody pressed Ctrl-C is not measured again. */
export interface KeptResults<Value> {
  readonly all: Readonly<Record<string, Value>>;
  keep(name: string, value: Value): Promise<void>;
}

const FOLDER = join(import.meta.dirname, "..", "..", ".build");

/** `isFresh` forgets what was there. */
export async function openKeptResults<Value>(name: string, isFresh: boolean): Promise<KeptResults<Value>> {
  const file = join(FOLDER, `${name}.json`);
  const text = isFresh ? null : await readFile(file, "utf8").catch(() => null);
  const all: Record<string, Value> = text === null ? {} : (JSON.parse(text) as Record<string, Value>);
  let written = Promise.resolve();
  async function write(): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.part`, JSON.stringify(all));
    await rename(`${file}.part`, file);
  }
  return {
    all,
    keep(key, value) {
      all[key] = value;
      // One after the other: two who measure side by side would rename each other's file.
      written = written.then(write);
      return written;
    },
  };
}

import { rename, writeFile } from "node:fs/promises";

/** Whole or not at all: a file of a run folder is never half written, also when the disk fills up. For its owner alone. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.part`, text, { mode: 0o600 });
  await rename(`${path}.part`, path);
}

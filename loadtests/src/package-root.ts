import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of our package.json: a file of ours lies one folder deeper in the built package than in a clone. */
export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The version in package.json, which is one folder higher up for what was built into `dist/`. */
export const crowdproofVersion = readVersion(dirname(fileURLToPath(import.meta.url)));

function readVersion(folder: string): string {
  const file = join(folder, "package.json");
  if (existsSync(file)) return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
  const parent = dirname(folder);
  return parent === folder ? "unknown" : readVersion(parent);
}

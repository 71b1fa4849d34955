import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");
/** What a measurement of alerts is a measurement of. */
const MEASURED = [
  "service/src",
  "monitoring/rules",
  "monitoring/catalogue",
  "monitoring/prometheus",
  "monitoring/alertmanager",
  "monitoring/receiver",
];

/** Eight hex digits of all that runs in the service and what watches it; tests and prose left out. */
export function buildId(): string {
  const digest = createHash("sha256");
  for (const folder of MEASURED)
    for (const file of filesIn(join(ROOT, folder))) {
      digest.update(relative(ROOT, file)).update("\0").update(readFileSync(file));
    }
  return digest.digest("hex").slice(0, 8);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.ts$|\.md$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

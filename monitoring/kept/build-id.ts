import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");
/** What a measurement of alerts is a measurement of: what runs, and what is done to it. */
const MEASURED = [
  "service/src",
  "loadtests/campaigns",
  "monitoring/rules",
  "monitoring/catalogue",
  "monitoring/prometheus",
  "monitoring/alertmanager",
  "monitoring/receiver",
  "monitoring/stack",
  "monitoring/states",
  "monitoring/live/lanes.ts",
  "monitoring/live/scenes.ts",
];

/** Eight hex digits of all of it; tests and prose left out. */
export function buildId(): string {
  const digest = createHash("sha256");
  for (const folder of MEASURED)
    for (const file of filesIn(join(ROOT, folder))) {
      digest.update(relative(ROOT, file)).update("\0").update(readFileSync(file));
    }
  return digest.digest("hex").slice(0, 8);
}

function filesIn(place: string): string[] {
  if (statSync(place).isFile()) return [place];
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.ts$|\.md$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

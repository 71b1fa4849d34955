import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");
/** What a measurement of alerts is a measurement of: what runs, and what is done to it. */
const MEASURED = [
  "package-lock.json",
  "service/src",
  "loadtests/bin/crowdproof.mjs",
  "loadtests/campaigns",
  "loadtests/src",
  "loadtests/targets/reference.yaml",
  "loadtests/weather",
  "monitoring/rules",
  "monitoring/catalogue",
  "monitoring/prometheus",
  "monitoring/alertmanager",
  "monitoring/receiver",
  "monitoring/stack",
  "monitoring/states",
  "monitoring/live/connection.ts",
  "monitoring/live/lanes.ts",
  "monitoring/live/leaky-service.ts",
  "monitoring/live/prove-alert.ts",
  "monitoring/live/quiet-campaigns.ts",
  "monitoring/live/receiver-says.ts",
  "monitoring/live/scenes.ts",
];
/** What is only shown or written when all is over. */
const LEFT_OUT = /\.test\.ts$|\.md$|^loadtests\/src\/(?:report|blast-radius)\//;

/** Eight hex digits of all of it; tests and prose left out. */
export function buildId(): string {
  const digest = createHash("sha256");
  for (const file of measuredFiles())
    digest
      .update(file)
      .update("\0")
      .update(readFileSync(join(ROOT, file)));
  return digest.digest("hex").slice(0, 8);
}

/** From the project's root. */
export function measuredFiles(): string[] {
  return MEASURED.flatMap((place) => filesIn(join(ROOT, place)))
    .map((file) => relative(ROOT, file))
    .filter((file) => !LEFT_OUT.test(file));
}

function filesIn(place: string): string[] {
  if (statSync(place).isFile()) return [place];
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";
import { measuredFiles } from "./build-id.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const IMPORTED = /from "(\.{1,2}\/[^"]+)"/g;

it.each(["monitoring/live/lanes.ts", "monitoring/live/prove-alert.ts", "loadtests/src/probe/run-probe.ts"])(
  "a build has all that %s is made of",
  (file) => {
    const measured = new Set(measuredFiles());
    const parts = [...partsOf(file)];
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.filter((part) => !measured.has(part))).toEqual([]);
  },
);

it("a build has no test, no prose and no report in it", () => {
  expect(measuredFiles().filter((file) => /\/report\/|\.test\.ts$|\.md$/.test(file))).toEqual([]);
});

/** The file, and whatever it imports from this project, however far. */
function partsOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, path = ""] of readFileSync(join(ROOT, file), "utf8").matchAll(IMPORTED))
    partsOf(relative(ROOT, join(ROOT, dirname(file), path)), seen);
  return seen;
}

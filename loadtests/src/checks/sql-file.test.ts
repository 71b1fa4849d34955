import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ALERT_CHECKS, CHECKS } from "./check-table.ts";
import { readStatements } from "./sql-file.ts";

const FOLDER = join(import.meta.dirname, "sql");
/** Files that several checks use, or that are no check. */
const SHARED = ["exposures", "facts", "objectives", "overlap"];

test("each check has a file and each file a check", () => {
  const files = readdirSync(FOLDER).map((file) => file.replace(/\.sql$/, ""));
  expect(files.sort()).toEqual([...[...CHECKS, ...ALERT_CHECKS].map(({ name }) => name), ...SHARED].sort());
});

test.each([...CHECKS, ...ALERT_CHECKS])(
  "$name says its property first, and has something to count and something to find",
  async ({ name, kind }) => {
    const [first] = readFileSync(join(FOLDER, `${name}.sql`), "utf8").split("\n");
    expect(first?.toLowerCase().startsWith(`-- ${kind}: `)).toBe(true);
    const marks = (await readStatements(name)).map(({ mark }) => mark);
    expect(marks.some((mark) => mark === "observed" || mark === "parts")).toBe(true);
    expect(marks).toContain("violations");
  },
);

import { expect, it } from "vitest";
import { type LogMark, whatIsNew } from "./log-scan.ts";

const GIBIBYTE = 2 ** 30;

it.each<{ name: string; before?: LogMark; now: LogMark; start: number; says: RegExp | null }>([
  { name: "a log that grew", before: at(1, 100), now: at(1, 150), start: 100, says: null },
  { name: "a log that says nothing new", before: at(1, 100), now: at(1, 100), start: 100, says: null },
  { name: "a log that came into being", now: at(1, 100), start: 0, says: null },
  { name: "a log that is empty", before: at(1, 0), now: at(1, 0), start: 0, says: /it is empty/ },
  { name: "a log that was rotated", before: at(1, 100), now: at(2, 50), start: 0, says: /rotated/ },
  { name: "one that has grown since", before: at(1, 100), now: at(2, 150), start: 0, says: /rotated/ },
  { name: "a log that was cut", before: at(1, 100), now: at(1, 50), start: 0, says: /cut/ },
  { name: "2 GiB of news", before: at(1, 9), now: at(1, 2 * GIBIBYTE + 9), start: 9, says: null },
  {
    name: "a byte more",
    before: at(1, 9),
    now: at(1, 2 * GIBIBYTE + 10),
    start: 9,
    says: /only its first 2 GiB/,
  },
])("of $name searches what is new, and says what it does not see", ({ before, now, start, says }) => {
  const found = whatIsNew(before, now);
  expect(found.start).toBe(start);
  if (says === null) expect(found.gap).toBeNull();
  else expect(found.gap).toMatch(says);
});

function at(inode: number, bytes: number): LogMark {
  return { inode, bytes };
}

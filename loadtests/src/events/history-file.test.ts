import { chmod, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { arrival } from "../../test/history-builder.ts";
import { UsageError } from "../usage-error.ts";
import { openHistoryFile } from "./history-file.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "crowdproof-history-"));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

it("writes each event as a line, in a file for its owner only, and appends to what is there", async () => {
  const first = await openHistoryFile(dir);
  first.append(arrival({ visitor: 1 }));
  await first.close();
  const second = await openHistoryFile(dir);
  for (let visitor = 2; visitor <= 5_000; visitor++) second.append(arrival({ visitor }));
  await second.close();
  const file = join(dir, "events.ndjson");
  const visitors = (await readFile(file, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).visitor);
  expect(visitors).toEqual(Array.from({ length: 5_000 }, (_, index) => index + 1));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it("has written what it was given while it is still open: a killed run can be judged", async () => {
  const history = await openHistoryFile(dir);
  history.append(arrival({ visitor: 1 }));
  await expect.poll(async () => await readFile(join(dir, "events.ndjson"), "utf8")).toContain('"visitor":1');
  await history.close();
});

it.skipIf(process.getuid?.() === 0)("says what to do about a folder that may not be written to", async () => {
  await chmod(dir, 0o500);
  await expect(openHistoryFile(dir)).rejects.toThrow(/may not be written to; choose another/);
});

it("says what to do about a folder that is not there", async () => {
  const error = await openHistoryFile(join(dir, "nowhere")).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(UsageError);
  expect(String(error)).toContain("there is no such folder");
});

it("grows no further when the disk does not take it, and says so at the end", async () => {
  const history = await openHistoryFile(dir);
  const path = "x".repeat(1_000_000);
  // No turn of the event loop: nothing can be written in between.
  for (let index = 0; index < 40; index++) history.append({ ...arrival({}), run: path });
  await expect(history.close()).rejects.toThrow(/slower than they come/);
});

import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { arrival } from "../../test/history-builder.ts";
import type { Event } from "./event.ts";
import { followHistory } from "./follow-history.ts";

let dir: string;
let file: string;
let seen: number[];
let stop: AbortController;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "crowdproof-follow-"));
  file = join(dir, "events.ndjson");
  seen = [];
  stop = new AbortController();
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

const see = (event: Event) => {
  if (event.type === "arrival") seen.push(event.visitor);
};
const line = (visitor: number, run = "r") => `${JSON.stringify(arrival({ visitor, run }))}\n`;

it("waits for the file, follows it as it grows, and reads its rest when told to stop", async () => {
  const following = followHistory(file, see, stop.signal);
  await writeFile(file, line(1));
  await expect.poll(() => seen).toEqual([1]);
  await appendFile(file, line(2));
  await expect.poll(() => seen).toEqual([1, 2]);
  await appendFile(file, line(3));
  stop.abort();
  await following;
  expect(seen).toEqual([1, 2, 3]);
});

it("waits for the other half of a half line, also in the middle of a character", async () => {
  const following = followHistory(file, see, stop.signal);
  const bytes = Buffer.from(line(1, "神"));
  const half = bytes.indexOf(Buffer.from("神")) + 1;
  await writeFile(file, bytes.subarray(0, half));
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(seen).toEqual([]);
  await appendFile(file, bytes.subarray(half));
  await expect.poll(() => seen).toEqual([1]);
  stop.abort();
  await following;
});

it("passes over what is no event, and a half line at the end", async () => {
  await writeFile(file, `garbage\n[1]\nnull\n\n${line(1)}{"run":"r","ty`);
  stop.abort();
  await followHistory(file, see, stop.signal);
  expect(seen).toEqual([1]);
});

it("ends at once where there is no file and no wish to wait", async () => {
  stop.abort();
  await followHistory(file, see, stop.signal);
  expect(seen).toEqual([]);
});

it("keeps up with 5,000 lines a second with time to spare", async () => {
  const lines = Array.from({ length: 50_000 }, (_, visitor) => line(visitor)).join("");
  await writeFile(file, lines);
  stop.abort();
  const startedMs = performance.now();
  await followHistory(file, see, stop.signal);
  expect(seen).toHaveLength(50_000);
  // Ten seconds' worth; 0.15 s on an idle machine.
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});

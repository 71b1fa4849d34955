import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event } from "../src/events/event.ts";

/** A folder for one run of an engine, gone when `work` is done with what was written. */
export async function withRunFolder<Result>(work: (dir: string) => Promise<Result>): Promise<Result> {
  const dir = await mkdtemp(join(tmpdir(), "crowdproof-bench-"));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

export async function readEvents(dir: string): Promise<Event[]> {
  const lines = (await readFile(join(dir, "events.ndjson"), "utf8")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Event);
}

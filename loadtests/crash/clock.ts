import { existsSync, globSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The wall clock of the processes that are started with `environment`. */
export interface Clock {
  readonly environment: Record<string, string>;
  /** Noticed within a second. */
  step(seconds: number): Promise<void>;
}

export function findFaketime(): { library: string } | { missing: string } {
  if (process.platform !== "linux") return { missing: "needs Linux" };
  const [library] = globSync("/usr/lib/{*/,}faketime/libfaketime.so.1").filter((path) => existsSync(path));
  return library === undefined
    ? { missing: "needs libfaketime; type: apt-get install libfaketime" }
    : { library };
}

export async function createClock(folder: string, library: string): Promise<Clock> {
  const file = join(folder, "clock");
  const step = (seconds: number) => writeFile(file, `${seconds < 0 ? "" : "+"}${seconds}\n`);
  await step(0);
  return {
    step,
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      // Reading the file at each look at the clock would cost 30 µs each.
      FAKETIME_CACHE_DURATION: "1",
      // No operating system steps the monotonic clock.
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      // Else each killed process leaves a piece of shared memory behind.
      FAKETIME_DISABLE_SHM: "1",
    },
  };
}

import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, readPlan } from "../plan/plan-file.ts";
import { UsageError } from "../usage-error.ts";

/**
 * `probe.json` says whose it is; `cycles/` has the run folders of those whose people are still at the target; `look/` the
 * sliding history as it was judged last; `findings/` the red ones, each a run folder with its report; `verdict.json` the end.
 */
export interface ProbeFolder {
  dir: string;
  cycleDir(cycle: number, runId: string): string;
  lookDir: string;
  findingDir(number: number): string;
}

/** Who works in the folder. */
export interface ProbeRecord {
  format: 1;
  probe: string;
  target: string;
  baseUrl: string;
  pid: number;
  startedAt: string;
}

const RECORD_FILE = "probe.json";
const CYCLES = "cycles";

/** Takes a folder for a probe: a new one, or that of one that is not there any more. */
export async function takeFolder(dir: string, record: ProbeRecord): Promise<ProbeFolder> {
  const before = await readProbeRecord(dir);
  if (before !== null) requireFree(dir, before, record);
  else if ((await entriesOf(dir)).length > 0) {
    throw new UsageError(`${dir} holds something else than a probe. Choose another: --out DIR`);
  }
  await makeFolder(join(dir, CYCLES)).catch((cause: unknown) => {
    throw new UsageError(
      `${dir} cannot be written (${cause instanceof Error ? cause.message : String(cause)}). Choose a folder of yours: --out DIR`,
      { cause },
    );
  });
  await replaceFile(join(dir, RECORD_FILE), record);
  return {
    dir,
    // Sorts by time, whatever the number of digits a day has.
    cycleDir: (cycle, runId) => join(dir, CYCLES, `${String(cycle).padStart(7, "0")}-${runId}`),
    lookDir: join(dir, "look"),
    findingDir: (number) => join(dir, "findings", String(number)),
  };
}

/** Null where a folder is no probe's. */
export async function readProbeRecord(dir: string): Promise<ProbeRecord | null> {
  const text = await readFile(join(dir, RECORD_FILE), "utf8").catch(() => null);
  return text === null ? null : (JSON.parse(text) as ProbeRecord);
}

/** The run folders of a probe whose people may still be at the target, oldest first. */
export async function cycleFolders(dir: string): Promise<string[]> {
  const names = (await entriesOf(join(dir, CYCLES))).toSorted();
  const folders: string[] = [];
  for (const name of names) {
    const folder = join(dir, CYCLES, name);
    // A folder whose plan never came to be has sent nobody.
    const hasPlan = await readPlan(folder).then(
      () => true,
      (error: unknown) => {
        if (error instanceof UsageError) return false;
        throw error;
      },
    );
    if (hasPlan) folders.push(folder);
  }
  return folders;
}

/** Whole or not at all. */
export async function replaceFile(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.part`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.part`, path);
}

function requireFree(dir: string, before: ProbeRecord, record: ProbeRecord): void {
  if (before.baseUrl !== record.baseUrl || before.target !== record.target) {
    throw new UsageError(
      `${dir} is of a probe of ${before.target} at ${before.baseUrl}. Choose another: --out DIR`,
    );
  }
  // In a container every process is the first: our own number is nobody else's.
  if (before.pid === process.pid || !isAlive(before.pid)) return;
  throw new UsageError(
    `The probe with process ${before.pid} works in ${dir}. End it, or choose another: --out DIR (if it is no probe, remove ${join(dir, RECORD_FILE)}).`,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

async function entriesOf(dir: string): Promise<string[]> {
  return await readdir(dir).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
}

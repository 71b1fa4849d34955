import { randomUUID } from "node:crypto";
import { closeSync, fstatSync, fsync, mkdirSync, openSync, writeSync } from "node:fs";
import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * A local file for what the database did not take. One line a row: when `append` returns it outlives this process, when
 * it resolves the machine's power.
 */
export interface Spool<Row> {
  append(row: Row): Promise<void>;
  /** Hands the rows of this process's file, and of files whose process is gone, to `take`; those it took are removed. */
  drain(take: (rows: readonly Row[]) => Promise<void>): Promise<void>;
  /** Rows appended and not drained since the start; rows of a process that died are not counted before they are drained. */
  readonly waiting: number;
}

export interface SpoolOptions {
  readonly folder: string;
  /** The file's beginning; several processes share a folder. */
  readonly name: string;
  onDamaged(file: string): void;
}

/** 50,000 anomalies: a disk must not fill up with one piece of news. */
const FILE_BYTES_MAX = 16_777_216;
const BATCH_ROWS = 500;
const syncFile = promisify(fsync);

export function createSpool<Row>({ folder, name, onDamaged }: SpoolOptions): Spool<Row> {
  const own = new RegExp(`^${name}-(\\d+)-[0-9a-f-]{36}\\.(ndjson|draining)$`);
  let file: string | undefined;
  let waiting = 0;
  // One after another: two that drain would write each row twice.
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = last.then(work, work);
    last = turn.catch(() => {});
    return turn;
  }

  /** In one go and without a wait: who is killed right after it has left the row behind. Gives the open file. */
  function write(row: Row): number {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    file ??= join(folder, `${name}-${process.pid}-${randomUUID()}.ndjson`);
    const handle = openSync(file, "a", 0o600);
    try {
      if (fstatSync(handle).size > FILE_BYTES_MAX) throw new Error(`the spool ${file} is full`);
      writeSync(handle, `${JSON.stringify(row)}\n`);
    } catch (error) {
      closeSync(handle);
      throw error;
    }
    waiting += 1;
    return handle;
  }

  async function append(row: Row): Promise<void> {
    const handle = write(row);
    try {
      await syncFile(handle);
    } finally {
      closeSync(handle);
    }
  }

  /** Renamed first: what is appended meanwhile goes into a new file. */
  async function takeFiles(): Promise<string[]> {
    const names = await readdir(folder).catch(() => []);
    const taken: string[] = [];
    for (const found of names) {
      const pid = Number(own.exec(found)?.[1] ?? Number.NaN);
      if (Number.isNaN(pid) || (pid !== process.pid && isAlive(pid))) continue;
      const path = join(folder, found);
      if (path === file) file = undefined;
      const draining = path.replace(/\.ndjson$/, ".draining");
      // Another process may have been quicker; the rows' ids make it the same whoever writes them.
      if (draining !== path && !(await rename(path, draining).then(isDone, isNotDone))) continue;
      taken.push(draining);
    }
    return taken;
  }

  async function drainFile(path: string, take: (rows: readonly Row[]) => Promise<void>): Promise<void> {
    const text = await readFile(path, "utf8");
    const lines = text.split("\n").filter((line) => line !== "");
    const rows = lines.map(parseRow<Row>).filter((row) => row !== undefined);
    for (let at = 0; at < rows.length; at += BATCH_ROWS) await take(rows.slice(at, at + BATCH_ROWS));
    waiting = Math.max(0, waiting - rows.length);
    if (rows.length === lines.length) return rm(path, { force: true });
    // A line cut by a crash: its answer never left. Kept for whoever wants to look.
    await rename(path, `${path}.damaged`);
    onDamaged(path);
  }

  return {
    append,
    drain: (take) =>
      inTurn(async () => {
        const troubles: unknown[] = [];
        for (const path of await takeFiles()) {
          // Another process may have been quicker; anything else, and the file is the only record there is.
          await drainFile(path, take).catch((error) => isGone(error) || troubles.push(error));
        }
        if (troubles.length > 0) throw troubles[0];
      }),
    get waiting() {
      return waiting;
    },
  };
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

const isDone = () => true;
const isNotDone = () => false;

function parseRow<Row>(line: string): Row | undefined {
  try {
    return JSON.parse(line) as Row;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: alive, and somebody else's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** A local file for what the database did not take. One line a row; a row is there when `append` resolves. */
export interface Spool<Row> {
  append(row: Row): Promise<void>;
  /** Hands the rows of this process's file, and of files whose process is gone, to `write`; those it took are removed. */
  drain(write: (rows: readonly Row[]) => Promise<void>): Promise<void>;
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

export function createSpool<Row>({ folder, name, onDamaged }: SpoolOptions): Spool<Row> {
  const own = new RegExp(`^${name}-(\\d+)-[0-9a-f-]{36}\\.(ndjson|draining)$`);
  let file: string | undefined;
  let waiting = 0;
  // One after another: an append must not meet the renaming of its file.
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = last.then(work, work);
    last = turn.catch(() => {});
    return turn;
  }

  async function appendNow(row: Row): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    file ??= join(folder, `${name}-${process.pid}-${randomUUID()}.ndjson`);
    const handle = await open(file, "a", 0o600);
    try {
      if ((await handle.stat()).size > FILE_BYTES_MAX) throw new Error(`the spool ${file} is full`);
      await handle.appendFile(`${JSON.stringify(row)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    waiting += 1;
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

  async function drainFile(path: string, write: (rows: readonly Row[]) => Promise<void>): Promise<void> {
    const text = await readFile(path, "utf8").catch(() => "");
    const lines = text.split("\n").filter((line) => line !== "");
    const rows = lines.map(parseRow<Row>).filter((row) => row !== undefined);
    for (let at = 0; at < rows.length; at += BATCH_ROWS) await write(rows.slice(at, at + BATCH_ROWS));
    waiting = Math.max(0, waiting - rows.length);
    if (rows.length === lines.length) return rm(path, { force: true });
    // A line cut by a crash: its answer never left. Kept for whoever wants to look.
    await rename(path, `${path}.damaged`);
    onDamaged(path);
  }

  return {
    append: (row) => inTurn(() => appendNow(row)),
    drain: (write) =>
      inTurn(async () => {
        for (const path of await takeFiles()) await drainFile(path, write);
      }),
    get waiting() {
      return waiting;
    },
  };
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

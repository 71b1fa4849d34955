import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, statfs } from "node:fs/promises";
import { UsageError } from "../src/usage-error.ts";

/** A disk of its own for the database, which can be full: in memory, seen by nobody else, gone with this process. */
export interface Disk {
  /** What to put before a command so that it sees the disk. */
  readonly prefix: readonly string[];
  readonly folder: string;
  /** From now on nothing more fits. */
  fill(): Promise<void>;
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** A thousand rounds are some 500 MB; memory is taken only for what is stored. */
const MEBIBYTES = 2_048;

/** Empty: there can. Looked for once. */
let reason: string | undefined;

/** Why there can be no such disk here; null where there can. A container's root may often not mount. */
export function whyNoDisk(): string | null {
  reason ??= process.platform === "linux" ? tryMount() : "needs Linux";
  return reason === "" ? null : reason;
}

/** Seen by the tried process alone, and gone with it. */
function tryMount(): string {
  const script = "mount -t tmpfs -o size=1m crowdproof /tmp";
  const tried = spawnSync("unshare", ["--mount", "--propagation", "private", "sh", "-c", script]);
  const isRoot = process.getuid?.() === 0;
  return isRoot && tried.status === 0 ? "" : "needs root that may mount a disk of limited size";
}

/** The mount belongs to a process whose standard input we hold: it goes when we go, also by kill −9. */
export async function openDisk(folder: string): Promise<Disk> {
  await mkdir(folder, { mode: 0o755 });
  const script = `mount -t tmpfs -o size=${MEBIBYTES}m,mode=0755 crowdproof "$0" && echo ready && exec cat`;
  const holder = spawn("unshare", ["--mount", "--propagation", "private", "sh", "-c", script, folder], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const ended = once(holder, "close");
  let words = "";
  holder.stderr.on("data", (text) => (words += String(text)));
  const first = await Promise.race([once(holder.stdout, "data"), ended.then(() => null)]);
  if (first === null) throw new UsageError(`A disk for the database cannot be mounted: ${words.trim()}`);
  const prefix = ["nsenter", "--mount", `--target=${holder.pid}`];
  const seenFromHere = `/proc/${holder.pid}/root${folder}`;

  async function resize(bytes: number): Promise<boolean> {
    const [command = "", ...args] = [...prefix, "mount", "-o", `remount,size=${bytes}`, folder];
    const [code] = await once(spawn(command, args, { stdio: "ignore" }), "close");
    return code === 0;
  }
  return {
    prefix,
    folder,
    async fill() {
      // A disk as large as what is on it is full, and costs no memory. What is written meanwhile makes it too small: again.
      for (let tries = 0; tries < 20; tries++) {
        const { blocks, bfree, bsize } = await statfs(seenFromHere);
        if (await resize((blocks - bfree) * bsize)) return;
      }
      throw new Error("the database's disk could not be filled");
    },
    async empty() {
      if (!(await resize(MEBIBYTES * 2 ** 20))) throw new Error("the database's disk could not be emptied");
    },
    async close() {
      holder.stdin.end();
      await ended;
    },
  };
}

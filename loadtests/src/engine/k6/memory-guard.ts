import { readFile } from "node:fs/promises";
import { totalmem } from "node:os";

const LOOK_MS = 200;
/** 16 VUs with 8,000 visitors waiting were measured at 195 MB, a plan of a million visitors at 1.5 GB. */
const SHARE_MAX = 0.5;
const PAGE_BYTES = 4_096;

/**
 * Calls back when k6 takes more than half of the machine's memory: it reads an answer to its end, and a target may send
 * answers without one faster than they time out. Linux only; elsewhere the system's own out-of-memory killer decides.
 */
export function guardMemory(
  pid: number | undefined,
  onExceeded: () => void,
  bytesMax = memoryBytes() * SHARE_MAX,
): { stop(): void } {
  if (pid === undefined || process.platform !== "linux") return { stop() {} };
  const timer = setInterval(async () => {
    // Size, resident, shared … in pages; nothing once the process is gone.
    const statm = await readFile(`/proc/${pid}/statm`, "utf8").catch(() => "");
    const bytes = Number(statm.split(" ")[1] ?? 0) * PAGE_BYTES;
    if (bytes > bytesMax) onExceeded();
  }, LOOK_MS);
  return { stop: () => clearInterval(timer) };
}

/** What this process may have: the machine's memory, or its container's. */
export function memoryBytes(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Infinity);
}

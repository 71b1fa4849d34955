import { readFileSync } from "node:fs";

/** One process, as Linux' /proc tells it. */
export interface ProcessUse {
  /** User and system, of its life so far. */
  cpuSeconds: number;
  /** The kernel's own high-water mark: sampling would miss short peaks. */
  rssMebibytesMax: number;
}

/** USER_HZ: what /proc counts in, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** A service's workers: the children of its parent process; none where the system does not tell. */
export function childrenOf(pid: number): number[] {
  if (process.platform !== "linux") return [];
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

/** Null where the system does not tell. */
export function useOf(pid: number): ProcessUse | null {
  if (process.platform !== "linux") return null;
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return {
    cpuSeconds: cpuSecondsOf(pid),
    rssMebibytesMax: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024,
  };
}

/** proc(5): fields 14 and 15 are user and system time, counted behind the name, which may hold blanks. */
function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

import { readdirSync, readFileSync } from "node:fs";

/** The service's worker processes, by what Linux knows of its parent process. */
export function workerPids(parentPid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const status = read(`/proc/${pid}/status`);
      return (
        status.includes(`\nPPid:\t${parentPid}\n`) && read(`/proc/${pid}/cmdline`).includes("worker-main.")
      );
    });
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

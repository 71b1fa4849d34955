import { readdirSync, readFileSync } from "node:fs";

/** The worker processes of the service whose parent this is, by what Linux knows; zombies are none. */
export function workersOf(parentPid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const status = readProc(pid, "status");
      return (
        status.includes(`\nPPid:\t${parentPid}\n`) &&
        !/^State:\s+Z/m.test(status) &&
        readProc(pid, "cmdline").includes("worker-main.")
      );
    });
}

export function isAlive(pid: number): boolean {
  return !/^State:\s+[ZX]|^$/m.test(readProc(pid, "status"));
}

/** False where it is gone already. */
export function signalTo(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch (error) {
    // It ended under our eyes.
    if (error instanceof Error && "code" in error && ["ENOENT", "ESRCH"].includes(String(error.code)))
      return "";
    throw error;
  }
}

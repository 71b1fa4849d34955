import { readdirSync, readFileSync } from "node:fs";

/** The worker processes of a service's parent, oldest first, by what Linux knows. */
export function workerPidsOf(parentPid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(
      (pid) =>
        read(pid, "status").includes(`\nPPid:\t${parentPid}\n`) && /worker-main/.test(read(pid, "cmdline")),
    )
    .sort((one, other) => one - other);
}

/** What a process was started with. */
export function argumentsOf(pid: number): string[] {
  return read(pid, "cmdline")
    .split("\0")
    .filter((argument) => argument !== "");
}

/** Sends a signal; nothing where the process has ended meanwhile. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch (error) {
    // It ended under our eyes.
    if (error instanceof Error && "code" in error && ["ENOENT", "ESRCH"].includes(String(error.code)))
      return "";
    throw error;
  }
}

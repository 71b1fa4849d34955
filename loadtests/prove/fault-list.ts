import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What the service says of one of its faults. */
export interface FaultDescription {
  name: string;
  incident: string;
  breaks: string;
  shows: string;
  /** What has to happen beside a crowd, by the names of `WEATHERS` in weather.ts. */
  weather: string[];
  /** blocks: and halts. withholds: and halts nothing. blind: it cannot see this one. */
  guard: "blocks" | "withholds" | "blind";
  /** Who sees what the guard cannot. */
  seenBy?: string[];
  /** The first must fail; the others may, no further one may. */
  checks: [string, ...string[]];
}

const SERVICE = fileURLToPath(new URL("../../service/src/main.ts", import.meta.url));

/** Asks the service itself, as a process: the harness does not know its faults. */
export async function listFaults(): Promise<FaultDescription[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [SERVICE, "--list-faults"]);
  return JSON.parse(stdout) as FaultDescription[];
}

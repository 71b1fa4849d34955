import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningService } from "../../loadtests/src/reference/start-service.ts";

/** A probe of the reference service, as fast as a trickle may be. */
export interface ProbeProcess {
  readonly url: string;
  stop(): Promise<void>;
}

const LOADTESTS = join(import.meta.dirname, "../../loadtests");
const QUICK = ["--port", "0", "--per-minute", "60", "--window", "60", "--keep"];
const READY_SECONDS_MAX = 60;

export async function startProbe(service: RunningService, folder: string): Promise<ProbeProcess> {
  const args = ["probe", join(LOADTESTS, "targets/reference.yaml"), ...QUICK, "--out", join(folder, "probe")];
  const child = spawn(process.execPath, [join(LOADTESTS, "bin/crowdproof.mjs"), ...args], {
    env: { ...process.env, ...service.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let words = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (words += String(text)));
  const ended = once(child, "close");
  const metricsUrl = () => /metrics +(http\S+)\/metrics/.exec(words)?.[1];
  for (let tries = 0; metricsUrl() === undefined; tries++) {
    if (child.exitCode !== null || tries > READY_SECONDS_MAX * 10) {
      child.kill("SIGKILL");
      throw new Error(`the probe did not start: ${words}`);
    }
    await sleep(100);
  }
  return {
    url: metricsUrl() ?? "",
    async stop() {
      // Twice: at once, and its people stay where they are; their database goes as well.
      child.kill("SIGINT");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

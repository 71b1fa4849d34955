import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningService } from "../../loadtests/src/reference/start-service.ts";

/** A probe of the reference service, as fast as a trickle may be. */
export interface ProbeProcess {
  readonly url: string;
  /** Resolves when a visitor has been shown their own data. */
  whenSeeing(): Promise<void>;
  stop(): Promise<void>;
}

const LOADTESTS = join(import.meta.dirname, "../../loadtests");
const QUICK = ["--port", "0", "--per-minute", "60", "--window", "60", "--keep"];
const READY_SECONDS_MAX = 60;
const SEEING = /^crowdproof_probe_positive_total\{[^}]*check="reads-own"[^}]*\} [1-9]/m;
const SEEING_SECONDS_MAX = 60;

/** `targetUrl`: where its visitors go, the service itself or a wire to it. */
export async function startProbe(
  service: RunningService,
  targetUrl: string,
  folder: string,
): Promise<ProbeProcess> {
  const args = ["probe", join(LOADTESTS, "targets/reference.yaml"), ...QUICK, "--out", join(folder, "probe")];
  const child = spawn(process.execPath, [join(LOADTESTS, "bin/crowdproof.mjs"), ...args], {
    env: { ...process.env, ...service.environment, CROWDPROOF_TARGET_URL: targetUrl },
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
  const url = metricsUrl() ?? "";
  return {
    url,
    async whenSeeing() {
      const deadlineMs = Date.now() + SEEING_SECONDS_MAX * 1_000;
      while (!SEEING.test(await (await fetch(`${url}/metrics`)).text())) {
        if (Date.now() > deadlineMs)
          throw new Error(`nobody saw their own data in ${SEEING_SECONDS_MAX} s: ${words}`);
        await sleep(100);
      }
    },
    async stop() {
      // Twice: at once, and its people stay where they are; their database goes as well.
      child.kill("SIGINT");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { REFERENCE_TARGET } from "../src/reference/reference-target.ts";
import { type RunningService, startReferenceService } from "../src/reference/start-service.ts";
import type { Verdict } from "../src/verdict/verdict.ts";
import { readTruth, type Truth } from "./truth.ts";

/** A gate run against a service with a fault, the truth about it, and the service still there to be asked. */
export interface LeakRun {
  readonly truth: Truth;
  readonly verdict: Verdict;
  readonly from: string;
  readonly to: string;
  readonly service: RunningService;
  /** `crowdproof blast-radius` over the run, with these arguments beside. */
  ask(...args: string[]): Promise<{ code: number; output: string }>;
}

export interface LeakOptions {
  readonly fault: string | undefined;
  readonly guard: "on" | "off";
  readonly seed: number;
  /** Run folder, and the service's. */
  readonly dir: string;
  readonly workers?: number;
}

const COMMAND = fileURLToPath(new URL("../bin/crowdproof.mjs", import.meta.url));
const CAMPAIGN = fileURLToPath(new URL("../prove/campaign.yaml", import.meta.url));

/** The caller stops the service. */
export async function runLeak({ fault, guard, seed, dir, workers = 1 }: LeakOptions): Promise<LeakRun> {
  const service = await startReferenceService({
    port: 0,
    fault,
    databaseUrl: undefined,
    environment: { DATABASE_URL: "", GUARD: guard, WORKERS: String(workers) },
  });
  try {
    const from = new Date().toISOString();
    const out = join(dir, "run");
    const args = ["gate", CAMPAIGN, "--target", REFERENCE_TARGET, "--engine", "embedded"];
    await runCommand([...args, "--seed", String(seed), "--out", out], service.environment);
    const to = new Date().toISOString();
    const verdict = JSON.parse(await readFile(join(out, "verdict.json"), "utf8")) as Verdict;
    const database = service.environment["CROWDPROOF_DATABASE_URL"] ?? "";
    return {
      truth: await readTruth(out),
      verdict,
      from,
      to,
      service,
      ask: (...more) =>
        runCommand(["blast-radius", "--from", from, "--to", to, ...more], { DATABASE_URL: database }),
    };
  } catch (error) {
    await service.stop();
    throw error;
  }
}

async function runCommand(
  args: readonly string[],
  environment: Record<string, string>,
): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (output += part));
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? -1, output };
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Event } from "../src/events/event.ts";
import type { CheckResult, Verdict } from "../src/verdict/verdict.ts";
import type { EngineName } from "./schedule.ts";

export interface GateRun {
  engine: EngineName;
  seed: number;
  exitCode: number;
  /** Invariants that failed, as the verdict lists them. */
  failed: string[];
  /** The headline, or the last words where there is no verdict. */
  reason: string;
  /** When the check that was asked about first failed; null where it did not. */
  found: { signups: number; seconds: number } | null;
  /** The run folder, kept where `isKept` said so. */
  dir: string;
  tookSeconds: number;
}

export interface GateCall {
  engine: EngineName;
  seed: number;
  fault: string | null;
  /** The check whose first failure is told. */
  check: string | null;
  signal: AbortSignal;
  isKept(run: GateRun): boolean;
}

const COMMAND = fileURLToPath(new URL("../bin/crowdproof.mjs", import.meta.url));
const CAMPAIGN = fileURLToPath(new URL("campaign.yaml", import.meta.url));
/** Twenty times what a run takes on a quiet machine. */
const RUN_SECONDS_MAX = 180;
const LAST_WORDS_LINES = 3;

/** One whole gate, as the person at the terminal runs it, in a run folder of its own. */
export async function runGate(call: GateCall): Promise<GateRun> {
  const { engine, seed } = call;
  const startedMs = performance.now();
  const dir = await mkdtemp(join(tmpdir(), "crowdproof-prove-"));
  const { exitCode, output } = await runCommand(call, dir);
  const verdict = await readVerdict(dir);
  const failed = (verdict?.checks ?? []).filter(isFailedInvariant);
  const asked = failed.find(({ name }) => name === call.check);
  const run: GateRun = {
    engine,
    seed,
    exitCode,
    failed: failed.map(({ name }) => name),
    reason: verdict?.reasons[0] ?? lastWords(output),
    found: asked === undefined ? null : await firstViolation(dir, asked),
    dir,
    tookSeconds: (performance.now() - startedMs) / 1_000,
  };
  if (!call.isKept(run)) await rm(dir, { recursive: true, force: true });
  return run;
}

async function runCommand({ engine, seed, fault, signal }: GateCall, dir: string) {
  const args = [COMMAND, "gate", CAMPAIGN, "--engine", engine, "--seed", String(seed), "--out", dir];
  if (fault !== null) args.push("--fault", fault);
  // Never the database of whoever types this: faults take constraints away, for good. The service brings its own.
  const { DATABASE_URL: _notOurs, ...env } = process.env;
  // A group of its own, so that Ctrl-C reaches it once, through us: a second one would cut its orderly end short.
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const stop = () => child.kill("SIGTERM");
  const limit = setTimeout(stop, RUN_SECONDS_MAX * 1_000);
  signal.addEventListener("abort", stop);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(limit);
  signal.removeEventListener("abort", stop);
  return { exitCode: code ?? -1, output };
}

/** Without the frames of a stack, which would be all of them. */
function lastWords(output: string): string {
  const lines = output.split("\n").filter((line) => line.trim() !== "" && !/^\s+at /.test(line));
  return lines.slice(-LAST_WORDS_LINES).join(" ");
}

async function readVerdict(dir: string): Promise<Verdict | null> {
  const text = await readFile(join(dir, "verdict.json"), "utf8").catch(() => null);
  return text === null ? null : (JSON.parse(text) as Verdict);
}

function isFailedInvariant(check: CheckResult): boolean {
  return check.judged && check.kind === "invariant" && check.outcome === "fail";
}

/** Evidence is ordered by time: its first row is the first violation. Signups are people acknowledged by then. */
async function firstViolation(dir: string, { evidence }: CheckResult): Promise<GateRun["found"]> {
  const at = evidence[0]?.["atMicroseconds"];
  if (typeof at !== "number") return null;
  const acknowledged = new Set<number>();
  for await (const line of createInterface({ input: createReadStream(join(dir, "events.ndjson")) })) {
    const event = JSON.parse(line) as Event;
    if (event.type !== "request" || event.control !== null || event.class !== "acknowledged") continue;
    if (event.endedMicroseconds <= at) acknowledged.add(event.visitor);
  }
  return { signups: acknowledged.size, seconds: at / 1e6 };
}

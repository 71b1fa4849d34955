import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Event } from "../src/events/event.ts";
import { followHistory } from "../src/events/follow-history.ts";
import { REFERENCE_TARGET } from "../src/reference/reference-target.ts";
import type { RunningService } from "../src/reference/start-service.ts";
import type { CheckResult, Verdict } from "../src/verdict/verdict.ts";
import type { EngineName } from "./schedule.ts";
import type { ServiceLine } from "./service-line.ts";
import { addWeather, type Weather, WHY_NO_PROMISES } from "./weather.ts";

export interface GateRun {
  engine: EngineName;
  seed: number;
  exitCode: number;
  /** Invariants and objectives that failed, as the verdict lists them. */
  failed: string[];
  /** Times that somebody's data reached somebody else. */
  exposures: number;
  /** At the end the service told newcomers that the campaign is closed. */
  isHalted: boolean;
  /** Unknown for no other reason than that the machine had no time for the engine; of the service that says nothing. */
  isEngineLate: boolean;
  /** The headline, or the last words where there is no verdict. */
  reason: string;
  /** When the check that was asked about first failed; null where it did not. */
  found: { signups: number; seconds: number | null } | null;
  /** The run folder, kept where `isKept` said so. */
  dir: string;
  tookSeconds: number;
}

export interface GateCall {
  engine: EngineName;
  seed: number;
  weather: readonly string[];
  services: Pick<ServiceLine, "take" | "prepareNext" | "leave">;
  /** The check whose first failure is told. */
  check: string | null;
  signal: AbortSignal;
  isKept(run: GateRun): boolean;
}

const COMMAND = fileURLToPath(new URL("../bin/crowdproof.mjs", import.meta.url));
/** Twenty times what a run takes on a quiet machine. */
const RUN_SECONDS_MAX = 180;
const LAST_WORDS_LINES = 3;

/** One whole gate against a service with the fault, in its weather, in a run folder of its own. */
export async function runGate(call: GateCall): Promise<GateRun> {
  const { engine, seed, check } = call;
  const startedMs = performance.now();
  const dir = await mkdtemp(join(tmpdir(), "crowdproof-prove-"));
  const { exitCode, output, isHalted } = await runAgainstService(call, dir);
  const verdict = await readVerdict(dir);
  const failed = (verdict?.checks ?? []).filter(isFailure);
  const asked = failed.find(({ name }) => name === check);
  const run: GateRun = {
    engine,
    seed,
    exitCode,
    failed: failed.map(({ name }) => name),
    exposures: verdict?.exposuresTotal ?? 0,
    isHalted,
    isEngineLate: verdict?.outcome === "unknown" && isLateOnly(verdict),
    reason: verdict?.reasons[0] ?? lastWords(output),
    found: asked === undefined ? null : await firstViolation(dir, asked),
    dir,
    tookSeconds: (performance.now() - startedMs) / 1_000,
  };
  if (!call.isKept(run)) await rm(dir, { recursive: true, force: true });
  return run;
}

interface Ended {
  exitCode: number;
  output: string;
  isHalted: boolean;
}

async function runAgainstService(call: GateCall, dir: string): Promise<Ended> {
  const weather = addWeather(call.weather);
  const service = await call.services.take();
  try {
    const target = await writeTarget(dir, weather);
    const campaign = fileURLToPath(new URL(weather.campaign, import.meta.url));
    const gate = runCommand(call, { dir, campaign, target, environment: service.environment });
    const over = new AbortController();
    const making = makeWeather(call, { service, dir, over: over.signal });
    try {
      const { exitCode, output } = await gate;
      return { exitCode, output, isHalted: await askWhetherHalted(service) };
    } finally {
      over.abort();
      await making;
    }
  } finally {
    call.services.leave(service);
  }
}

/** The reference target as it is shipped, less what the weather makes impossible to judge. */
async function writeTarget(
  dir: string,
  { isCountLost, isPromiseLost }: Pick<Required<Weather>, "isCountLost" | "isPromiseLost">,
): Promise<string> {
  if (!isCountLost && !isPromiseLost) return REFERENCE_TARGET;
  const text = await readFile(REFERENCE_TARGET, "utf8");
  const counted = isCountLost ? text.replace("exclusive: true", "exclusive: false") : text;
  const notJudged = isPromiseLost ? `\nnotJudged:\n  refusals-honest: ${WHY_NO_PROMISES}\n` : "";
  const file = join(dir, "target.yaml");
  await writeFile(file, counted + notJudged);
  return file;
}

/** The weather lasts from the first event until people are read back; the next service starts when all is sent. */
async function makeWeather(
  { services, weather }: GateCall,
  { service, dir, over }: { service: RunningService; dir: string; over: AbortSignal },
): Promise<void> {
  const calm = new AbortController();
  let making: Promise<void> | undefined;
  const onEvent = (event: Event) => {
    making ??= addWeather(weather).make(service, calm.signal);
    // Awaited below; until then nobody listens.
    making.catch(() => undefined);
    if (event.type === "request" && event.phase === "read-back") calm.abort();
    if (event.type === "end") services.prepareNext();
  };
  await followHistory(join(dir, "events.ndjson"), onEvent, over);
  calm.abort();
  await making;
}

/** A halted campaign says so before it looks at what was sent: this registers nobody. */
async function askWhetherHalted({ url }: RunningService): Promise<boolean> {
  const answer = await fetch(`${url}/signups`, { method: "POST" }).catch(() => null);
  if (answer === null) return false;
  const { code } = (await answer.json()) as { code?: string };
  return code === "halted";
}

interface CommandCall {
  dir: string;
  campaign: string;
  target: string;
  environment: Record<string, string>;
}

async function runCommand({ engine, seed, signal }: GateCall, call: CommandCall) {
  const { dir, campaign, target, environment } = call;
  const args = [COMMAND, "gate", campaign, "--target", target, "--engine", engine];
  args.push("--seed", String(seed), "--out", dir);
  // A group of its own, so that Ctrl-C reaches it once, through us: a second one would cut its orderly end short.
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const limit = setTimeout(() => child.kill("SIGTERM"), RUN_SECONDS_MAX * 1_000);
  const release = stopWith(child, signal);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(limit);
  release();
  return { exitCode: code ?? -1, output };
}

function stopWith(child: ChildProcess, signal: AbortSignal): () => void {
  const stop = () => child.kill("SIGTERM");
  signal.addEventListener("abort", stop);
  return () => signal.removeEventListener("abort", stop);
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

function isFailure(check: CheckResult): boolean {
  return check.judged && check.outcome === "fail";
}

const LATE: readonly string[] = ["start-error", "generator"];

function isLateOnly({ checks }: Verdict): boolean {
  const unknown = checks.filter((check) => check.judged && check.outcome === "unknown");
  return unknown.length > 0 && unknown.every(({ name }) => LATE.includes(name));
}

/**
 * Evidence is ordered by time: its first row with one is the first violation. Signups are people acknowledged by then;
 * what is judged over the whole run, or seen outside of the answers, has no time within it.
 */
async function firstViolation(dir: string, { evidence }: CheckResult): Promise<GateRun["found"]> {
  const first = evidence.map((row) => row["atMicroseconds"]).find((at) => typeof at === "number");
  const at = first ?? Number.POSITIVE_INFINITY;
  const acknowledged = new Set<number>();
  for await (const line of createInterface({ input: createReadStream(join(dir, "events.ndjson")) })) {
    const event = JSON.parse(line) as Event;
    if (event.type !== "request" || event.control !== null || event.class !== "acknowledged") continue;
    if (event.endedMicroseconds <= at) acknowledged.add(event.visitor);
  }
  return { signups: acknowledged.size, seconds: first === undefined ? null : at / 1e6 };
}

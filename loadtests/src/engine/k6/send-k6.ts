import { appendFile, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { blankObservation } from "../../events/blank-observation.ts";
import type { ObservationEvent } from "../../events/event.ts";
import type { Plan } from "../../plan/plan.ts";
import { UsageError } from "../../usage-error.ts";
import { type SendOptions, type SentTotals, stopReason } from "../engine.ts";
import { findK6 } from "./find-k6.ts";
import { requireRun } from "./k6-exit.ts";
import { type K6Ending, type K6Process, startK6 } from "./k6-process.ts";
import { guardMemory, memoryBytes } from "./memory-guard.ts";
import { openStopLine, type StopLine } from "./stop-line.ts";
import { type ClockStep, watchClock } from "./watch-clock.ts";

export type SendK6Options = SendOptions & { k6Path: string };

/** What `loadtests/k6/campaign.ts` writes at its end. */
interface TotalsFile {
  arrivals: number;
  requests: number;
  dones: number;
  observations: number;
  vusDone: number;
  vus: number;
  setup: { startMs: number; startedAt: string } | null;
  runDurationMs: number;
}

/** setTimeout holds no more: 24.8 days. */
const TIMER_MS_MAX = 2 ** 31 - 1;
/** For visitors to write that they were cut short, before k6 itself is interrupted. */
const CUT_SHORT_MS = 1_000;

/** Sends the plan by k6. Events are in the history as they happen; the totals are k6's own counts. */
export async function sendK6(plan: Plan, options: SendK6Options): Promise<SentTotals> {
  requireSendable(plan);
  const folder = await mkdtemp(join(tmpdir(), "crowdproof-k6-"));
  const targetGone = new AbortController();
  const limit = AbortSignal.timeout(Math.min(plan.limits.secondsMax * 1_000, TIMER_MS_MAX));
  const stopLine = await openStopLine(() => targetGone.abort("target-gone"));
  try {
    const signal = AbortSignal.any([options.signal, targetGone.signal, limit]);
    return await run(plan, { ...options, signal }, folder, stopLine);
  } finally {
    await stopLine.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** HTTP clients of Go send such a request twice without telling, when a kept connection was closed under it. */
const REPLAYABLE_HEADERS = ["idempotency-key", "x-idempotency-key"];

/** What k6 cannot send honestly is refused: the reason in a sentence, null where there is none. */
export function whyNotK6({ target }: Pick<Plan, "target">): string | null {
  const header = target.idempotencyHeader?.toLowerCase() ?? "";
  if (target.connections === "kept" && REPLAYABLE_HEADERS.includes(header)) {
    return `on kept connections k6 silently sends requests with the header ${target.idempotencyHeader} again: set \`connections: fresh\` in the target file`;
  }
  if (target.http === "2" && target.baseUrl.startsWith("http://")) {
    return "k6 speaks HTTP/2 over TLS only, and the target's address begins with http://";
  }
  return null;
}

function requireSendable(plan: Plan): void {
  const reason = whyNotK6(plan);
  if (reason !== null)
    throw new UsageError(`The k6 engine cannot send this: ${reason}; or take --engine embedded.`);
}

async function run(
  plan: Plan,
  options: SendK6Options,
  folder: string,
  stopLine: StopLine,
): Promise<SentTotals> {
  const { signal } = options;
  const files = await writeFiles(plan, options.dir, folder);
  const watch = watchClock();
  const startedAtMs = Date.now();
  const startedMs = performance.now();
  const k6 = startK6({
    path: options.k6Path,
    args: argumentsFor(files),
    env: environmentFor(plan, options, files, stopLine),
    // k6 itself would send to the end, and nothing of it would be recorded.
    onSaid(said) {
      if (DISK_IS_FULL.test(said)) stop();
    },
  });
  const memory = guardMemory(k6.pid, k6.kill);
  let isStopping = false;
  const stop = () => {
    if (!isStopping) void stopEarly(k6, stopLine);
    isStopping = true;
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  const ending = await k6.ended;
  signal.removeEventListener("abort", stop);
  memory.stop();
  const steps = watch.stop();

  const log = (await readFile(files.log, "utf8").catch(() => "")).trim();
  const totals = await readTotals(files.totals);
  if (!signal.aborted) requireSound(ending, log, totals);
  const setup = totals?.setup ?? null;
  const startedAt = setup?.startedAt ?? new Date(startedAtMs).toISOString();
  const endedMs = totals && setup ? totals.runDurationMs - setup.startMs : performance.now() - startedMs;
  const endedMicroseconds = Math.max(0, Math.round(endedMs * 1_000));
  const stopped = whyStopped(signal, totals);
  const observations = [
    ...steps.map((step) => clockEvent(plan, step, Date.parse(startedAt))),
    ...(stopped === null ? [] : [observation(plan, "stop", endedMicroseconds, stopped, null)]),
  ];
  await appendEvents(files.history, observations);
  return {
    engine: "k6",
    engineVersion: versionOf(options.k6Path),
    startedAt,
    endedMicroseconds,
    arrivals: totals?.arrivals ?? 0,
    requests: totals?.requests ?? 0,
    dones: totals?.dones ?? 0,
    observations: (totals?.observations ?? 0) + observations.length,
    stopped,
  };
}

interface RunFiles {
  plan: string;
  config: string;
  log: string;
  totals: string;
  history: string;
}

async function writeFiles(plan: Plan, dir: string, folder: string): Promise<RunFiles> {
  const files: RunFiles = {
    plan: join(folder, "plan.json"),
    config: join(folder, "config.json"),
    log: join(folder, "k6.log"),
    totals: join(folder, "totals.json"),
    history: join(dir, "events.ndjson"),
  };
  await writeFile(files.plan, JSON.stringify(plan), { mode: 0o600 });
  await writeFile(files.config, "{}");
  // k6 would create it readable for everybody.
  await (await open(files.history, "a", 0o600)).close();
  return files;
}

function argumentsFor({ config, log, history }: RunFiles): string[] {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const script = fileURLToPath(new URL(`../../../k6/campaign.${extension}`, import.meta.url));
  return [
    "run",
    "--quiet",
    "--no-color",
    "--no-usage-report",
    // A file of ours: the person's own k6 configuration would change the run.
    `--config=${config}`,
    // One unbuffered line each, and nothing but the line.
    `--console-output=${history}`,
    "--log-format=raw",
    // Each lost request is a warning; what is an error is an exception of the script.
    `--log-output=file=${log},level=error`,
    script,
  ];
}

/** Of the machine's memory, from where on Go collects garbage whatever it costs; well below what the guard allows. */
const COLLECT_SHARE = 0.35;

/** How Go runs k6: also when it is measured beside us. */
export function goSettings(): { GOGC: string; GOMAXPROCS: string } {
  return {
    // Garbage of JavaScript is short-lived and the heap small: 3.9 s of CPU with this, 6.0 with Go's own 100.
    GOGC: "800",
    // Go lets a VU keep its thread for 10 ms; with threads to spare the kernel lets whoever is due in between. At 1,000/s on
    // 2 busy cores, one run each: start error p99 77 ms with 2 threads, 30 with 4, 28 with 6, 45 with 12.
    GOMAXPROCS: String(availableParallelism() * 2),
  };
}

/** Nothing of the person's own environment but the path: K6_… and …_PROXY change a run without a word. */
function environmentFor(
  { target }: Plan,
  { secrets }: SendK6Options,
  files: RunFiles,
  stopLine: StopLine,
): Record<string, string> {
  const { caFile, certFile, keyFile } = target.tls;
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: dirname(files.plan),
    K6_AUTO_EXTENSION_RESOLUTION: "false",
    ...goSettings(),
    GOMEMLIMIT: String(Math.floor(memoryBytes() * COLLECT_SHARE)),
    CROWDPROOF_PLAN_FILE: files.plan,
    CROWDPROOF_TOTALS_FILE: files.totals,
    CROWDPROOF_STOP_URL: stopLine.url,
    CROWDPROOF_SECRETS: JSON.stringify(secrets),
    // Go takes HTTP/2 wherever TLS offers it, unless told not to.
    ...(target.http === "1.1" ? { GODEBUG: "http2client=0" } : {}),
    // k6 has no setting for a CA of one's own; Go's is in the environment.
    ...(caFile === undefined ? {} : { SSL_CERT_FILE: resolve(caFile) }),
    ...(certFile === undefined ? {} : { CROWDPROOF_CERT_FILE: resolve(certFile) }),
    ...(keyFile === undefined ? {} : { CROWDPROOF_KEY_FILE: resolve(keyFile) }),
  };
}

/** Lets the visitors say that they were cut short, then ends k6, which writes its totals. */
async function stopEarly(k6: K6Process, stopLine: StopLine): Promise<void> {
  stopLine.stop();
  const isOver = await Promise.race([k6.ended.then(() => true), sleep(CUT_SHORT_MS, false)]);
  if (!isOver) k6.interrupt();
}

async function readTotals(file: string): Promise<TotalsFile | null> {
  const text = await readFile(file, "utf8").catch(() => null);
  return text === null ? null : (JSON.parse(text) as TotalsFile);
}

/** What k6 says of a line of events that it could not write. */
const DISK_IS_FULL = /no space left on device|disk quota exceeded|file too large/;

/** k6 only logs an exception in an iteration, and goes on to a friendly end. */
function requireSound(ending: K6Ending, log: string, totals: TotalsFile | null): void {
  requireRun(ending, log);
  if (DISK_IS_FULL.test(ending.said)) {
    throw new UsageError(
      "The history cannot be written: no space is left on its disk; free some, or choose another folder with --out",
    );
  }
  if (log !== "") throw new Error(`The k6 script threw in the middle of the run:\n${log}`);
  // One line of a kind: k6 says it once for each event.
  const said = [...new Set(ending.said.split("\n"))].join("\n");
  if (said !== "") throw new UsageError(`k6 complained in the middle of the run:\n${said}`);
  if (totals === null) throw new Error("k6 ended well, but without its totals.");
}

function whyStopped(signal: AbortSignal, totals: TotalsFile | null): SentTotals["stopped"] {
  if (signal.aborted) return isTimeout(signal.reason) ? "time-limit" : stopReason(signal);
  // Nothing was wrong and yet a VU did not come to its end: k6's maxDuration cut it.
  return totals !== null && totals.vusDone < totals.vus ? "time-limit" : null;
}

/** The reason AbortSignal.timeout gives. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === "TimeoutError";
}

function versionOf(k6Path: string): string {
  const found = findK6({ K6_BIN: k6Path });
  if ("missing" in found) throw new UsageError(found.missing);
  return found.version;
}

function clockEvent(plan: Plan, { wallMs, seconds }: ClockStep, startMs: number): ObservationEvent {
  return observation(plan, "clock", Math.max(0, Math.round((wallMs - startMs) * 1_000)), "wall", seconds);
}

function observation(
  { runId }: Plan,
  kind: ObservationEvent["kind"],
  atMicroseconds: number,
  name: string,
  value: number | null,
): ObservationEvent {
  return { ...blankObservation(runId, atMicroseconds), kind, name, value };
}

async function appendEvents(file: string, events: readonly ObservationEvent[]): Promise<void> {
  await appendFile(file, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
}

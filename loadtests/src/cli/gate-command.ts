import { join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { loadCampaign } from "../campaign/load-campaign.ts";
import { counted } from "../counted.ts";
import {
  type ChosenEngine,
  chooseEngine,
  ENGINE_CHOICES,
  type EngineChoice,
} from "../engine/choose-engine.ts";
import { sendEmbedded } from "../engine/embedded/send-embedded.ts";
import type { SendOptions, SentTotals } from "../engine/engine.ts";
import { findK6 } from "../engine/k6/find-k6.ts";
import { sendK6, whyNotK6 } from "../engine/k6/send-k6.ts";
import type { Event } from "../events/event.ts";
import { followHistory } from "../events/follow-history.ts";
import { isExposure } from "../events/is-exposure.ts";
import { type MailSink, openMailSink } from "../mail/mail-sink.ts";
import { compilePlan } from "../plan/compile-plan.ts";
import { forecastPlan, latenessOf, requireCapacity, whyK6IsLate } from "../plan/forecast.ts";
import type { Plan } from "../plan/plan.ts";
import { createRunId } from "../plan/run-id.ts";
import { REFERENCE_TARGET } from "../reference/reference-target.ts";
import { type RunningService, startReferenceService } from "../reference/start-service.ts";
import { loadTarget } from "../target/load-target.ts";
import { requireOwnTarget } from "../target/permission.ts";
import { requireReachable } from "../target/reachable.ts";
import { resolveSecrets } from "../target/secrets.ts";
import { hasColor } from "../terminal/color.ts";
import { showProgress } from "../terminal/show-progress.ts";
import { showVerdict } from "../terminal/show-verdict.ts";
import { UsageError } from "../usage-error.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { parseScale, wholeNumber } from "./parse-number.ts";
import { ownTargetOption } from "./repeatable.ts";
import {
  addWatchOptions,
  demandOf,
  isWatched,
  openRunWatch,
  type RunWatch,
  type WatchFlags,
} from "./watch-run.ts";

interface GateFlags extends WatchFlags {
  target?: string;
  engine: EngineChoice;
  seed?: number;
  scale: number;
  fault?: string;
  out?: string;
  stopOnExposure?: boolean;
  iOwnThisTarget: string[];
}

/** Over the plan's own seconds: what lingers then (answers, read-backs) is not worth waiting for. */
const OVERTIME_SECONDS = 60;

export function addGateCommand(program: Command): void {
  const command = program
    .command("gate")
    .description(
      "Send a campaign's crowd to a signup, and judge whether anybody was shown somebody else's data.",
    )
    .argument("[CAMPAIGN]", "campaign file, or the name of a shipped one", "default")
    .option("--target <FILE>", "target file; without it the reference service is started")
    .addOption(
      new Option("--engine <NAME>", "who sends; auto takes k6 where it is")
        .choices(ENGINE_CHOICES)
        .default("auto"),
    )
    .option(
      "--seed <N>",
      "decides arrivals and behaviour; the campaign's own by default",
      wholeNumber("--seed"),
    )
    .option("--scale <X>", "multiplies rates and bursts", parseScale, 1)
    .option("--fault <NAME>", "switch on one of the reference service's deliberate bugs")
    .option("--out <DIR>", "run folder; a new one under runs/ by default")
    .option("--stop-on-exposure", "stop sending as soon as anybody is shown somebody else's data")
    .addOption(ownTargetOption());
  addWatchOptions(command)
    .addHelpText(
      "after",
      "\nExample:\n  crowdproof gate spike --target my-signup.yaml --engine embedded --seed 7\n",
    )
    .action(gate);
}

async function gate(campaignName: string, flags: GateFlags): Promise<void> {
  if (flags.target !== undefined && flags.fault !== undefined) {
    throw new UsageError("--fault is for the reference service; leave out --target, or leave out --fault.");
  }
  const plan = await preparePlan(campaignName, flags);
  // k6 that was asked for is taken, and warned of; left to us, the engine that is on time is.
  const whyNot = whyNotK6(plan) ?? (flags.engine === "auto" ? whyK6IsLate(plan) : null);
  const chosen = chooseEngine(flags.engine, findK6(process.env), whyNot);
  const lateness = latenessOf(plan, chosen.engine);
  if (lateness !== null) say(lateness);
  // Checks and report take a second to load: what is wrong with what was typed is told before that.
  const { runGate } = await import("../gate.ts");
  const stop = stopOnSignals();
  const seen = { exposed: 0 };
  const service = flags.target === undefined ? await startOwnService(plan, flags, stop.signal) : null;
  let mails: MailSink | null = null;
  let watch: RunWatch | null = null;
  try {
    const resolved = await resolveSecrets(plan.target, { ...process.env, ...service?.environment });
    await requireReachable(plan.target, resolved);
    mails = await openMailSink({ plan, secrets: resolved, say });
    const secrets = { ...resolved, ...mails?.secrets };
    watch = await openRunWatch({ plan, flags, secrets, signal: stop.signal, tell });
    const { alerts } = watch;
    const dir = resolve(flags.out ?? join("runs", runFolderName(plan)));
    const sendLoad = watched({
      dir,
      chosen,
      stop,
      seen,
      service,
      mails,
      followers: [mails?.see, watch.see],
      isStoppedByExposure: flags.stopOnExposure === true,
    });
    const verdict = await runGate({ dir, plan, secrets, signal: stop.signal, mails, alerts, sendLoad, say });
    process.stdout.write(showVerdict(verdict, dir));
    const isInterrupted = stop.signal.reason === "interrupted";
    process.exitCode = EXIT_CODES[isInterrupted ? "interrupted" : verdict.outcome].code;
  } catch (error) {
    // A full disk has no verdict to write, but what was shown was shown.
    if (!(error instanceof UsageError) || seen.exposed === 0) throw error;
    const answers = `${counted(seen.exposed, "{answer or mail|answers and mails}")} had shown somebody else's data by then.`;
    process.stderr.write(`${error.message}\n${answers}\n`);
    process.exitCode = EXIT_CODES.fail.code;
  } finally {
    try {
      // Whoever watches goes first: a service that is told to stop is no alarm.
      await watch?.close();
      // The mails lie in the service's folder, which goes with it.
      await mails?.close();
    } finally {
      await service?.stop();
      stop.release();
    }
  }
}

/** Everything that can be wrong with what was typed is found here, before anything is started. */
async function preparePlan(campaignName: string, flags: GateFlags): Promise<Plan> {
  const [campaign, target] = await Promise.all([
    loadCampaign(campaignName),
    loadTarget(flags.target ?? REFERENCE_TARGET),
  ]);
  await requireOwnTarget(target, flags.iOwnThisTarget);
  const seed = flags.seed === undefined ? {} : { seed: flags.seed };
  const compiled = compilePlan(campaign, target, { runId: createRunId(), scale: flags.scale, ...seed });
  requireCapacity(compiled);
  const files = {
    campaignFile: campaignName,
    ...(flags.target === undefined ? {} : { targetFile: flags.target }),
  };
  const fault = flags.fault === undefined ? {} : { fault: flags.fault };
  return { ...compiled, ...files, ...fault, ...(await demandOf(flags)) };
}

interface Watch {
  dir: string;
  chosen: ChosenEngine;
  stop: Stop;
  /** Answers and mails that carried somebody else's data. */
  seen: { exposed: number };
  mails: Pick<MailSink, "follow"> | null;
  service: RunningService | null;
  /** Told of each event soon after it was written. */
  followers: (((event: Event) => void) | undefined)[];
  isStoppedByExposure: boolean;
}

/** Sends while the history is followed: for the person at the terminal, and to stop at an exposure. */
function watched({ dir, chosen, stop, seen, service, mails, followers, isStoppedByExposure }: Watch) {
  return async (plan: Plan, options: SendOptions): Promise<SentTotals> => {
    process.stdout.write(`Sending with the ${chosen.engine} engine (${chosen.why}). Run folder: ${dir}\n`);
    const isTty = process.stdout.isTTY === true;
    const view = showProgress({ plan, stream: process.stdout, isTty, color: hasColor(process.stdout) });
    // Mails are still waited for when all is sent; then there is nothing left to stop.
    let isSending = true;
    const onEvent = (event: Event) => {
      view.onEvent(event);
      for (const see of followers) see?.(event);
      if (!isExposure(event)) return;
      seen.exposed++;
      if (isStoppedByExposure && isSending) stop.request("exposure");
    };
    mails?.follow(onEvent);
    const sent = new AbortController();
    const following = followHistory(join(dir, "events.ndjson"), onEvent, sent.signal);
    const overtime = setTimeout(() => stop.request("time-limit"), secondsOf(plan) * 1_000);
    service?.ended.then(() => stop.request("target-gone"));
    const onStop = () => {
      view.stop();
      process.stdout.write(`${stopSentence(stop.signal.reason)}\n`);
    };
    if (stop.signal.aborted) onStop();
    stop.signal.addEventListener("abort", onStop, { once: true });
    try {
      return await send(chosen, plan, options);
    } finally {
      isSending = false;
      clearTimeout(overtime);
      stop.signal.removeEventListener("abort", onStop);
      // A run that was stopped reads nothing back any more: the service goes while we judge.
      if (stop.signal.aborted) void service?.end();
      sent.abort();
      await following;
      view.stop();
    }
  };
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What could not be looked at leaves its check unknown; here is why. */
function say(reason: string): void {
  process.stderr.write(`${reason}\n`);
}

function send(chosen: ChosenEngine, plan: Plan, options: SendOptions): Promise<SentTotals> {
  return chosen.engine === "k6"
    ? sendK6(plan, { ...options, k6Path: chosen.k6Path })
    : sendEmbedded(plan, options);
}

function secondsOf(plan: Plan): number {
  return plan.durationSeconds + plan.drainSeconds + plan.readBackSeconds + OVERTIME_SECONDS;
}

/**
 * A door as small as a campaign of half a minute is: its bursts are more than 16 at once, as a real push is more than a
 * real door's 256, so that some are told to wait and come back. A fault is looked for in a crowd and not in a line, and
 * with the guard off: it would keep back what the fault shows, and halt the campaign. Where alerts are demanded, that is
 * what is asked for. What the environment says, wins.
 */
function circumstancesFor(flags: GateFlags): Record<string, string> {
  if (flags.fault !== undefined) return { GUARD: process.env["GUARD"] ?? (isWatched(flags) ? "on" : "off") };
  return {
    WORKING_MAX: process.env["WORKING_MAX"] ?? "16",
    QUEUE_MAX: process.env["QUEUE_MAX"] ?? "0",
  };
}

async function startOwnService(plan: Plan, flags: GateFlags, signal: AbortSignal): Promise<RunningService> {
  // Empty is none, as it is to the service.
  const databaseUrl = process.env["DATABASE_URL"] || undefined;
  const where = databaseUrl === undefined ? "an embedded PostgreSQL" : "the PostgreSQL of DATABASE_URL";
  const { fault } = flags;
  const environment: Record<string, string> = {
    // Alert rules compare what comes, and what the service can do, with this; both file tickets alone, which fail no gate.
    PLAN_VISITORS_PER_SECOND:
      process.env["PLAN_VISITORS_PER_SECOND"] ?? String(forecastPlan(plan).peakPerSecond),
    ...circumstancesFor(flags),
  };
  const guarded =
    environment["GUARD"] === "off" ? ", its guard off so that the fault shows (GUARD=on keeps it on)" : "";
  process.stdout.write(`Starting the reference service on ${where}${guarded} …\n`);
  return startReferenceService({ port: 0, fault, databaseUrl, environment, signal });
}

/** `2026-12-04T19-00-00-default-cp-…`: sorts by time, and two gates at once never share one. */
function runFolderName(plan: Plan): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  return `${time}-${plan.campaign}-${plan.runId}`;
}

function stopSentence(reason: unknown): string {
  switch (reason) {
    case "exposure":
      return "Somebody was shown somebody else's data: sending stops, as asked. Judging what there is …";
    case "target-gone":
      return "The service is gone: sending stops. Judging what there is …";
    case "time-limit":
      return "The time is up: sending stops. Judging what there is …";
    default:
      return "Stopping, and judging what there is … Ctrl-C once more leaves at once.";
  }
}

interface Stop {
  signal: AbortSignal;
  request(reason: string): void;
  release(): void;
}

/** The first Ctrl-C stops the run and judges it; the second leaves at once. */
function stopOnSignals(): Stop {
  const controller = new AbortController();
  let isAsked = false;
  const onSignal = () => {
    if (isAsked) process.exit(EXIT_CODES.interrupted.code);
    isAsked = true;
    controller.abort("interrupted");
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    request: (reason) => {
      if (!controller.signal.aborted) controller.abort(reason);
    },
    release: () => {
      process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    },
  };
}

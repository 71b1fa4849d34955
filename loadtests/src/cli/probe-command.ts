import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { PORTS } from "../../../monitoring/catalogue/ports.ts";
import { createRunId } from "../plan/run-id.ts";
import { describeEnd, type Look } from "../probe/describe-probe.ts";
import { BURST_MAX, PER_MINUTE_MAX, WINDOW_SECONDS_MAX, WINDOW_SECONDS_MIN } from "../probe/limits.ts";
import { secretsForProbe } from "../probe/probe-target.ts";
import type { ProbeSettings } from "../probe/start-probe.ts";
import { createStatusLine } from "../probe/status-line.ts";
import { tryCleanUp } from "../probe/try-clean-up.ts";
import { loadTarget } from "../target/load-target.ts";
import { requireOwnConnection, requireOwnTarget } from "../target/permission.ts";
import { requireAddress, requireReachable } from "../target/reachable.ts";
import type { Target } from "../target/target.ts";
import { createColors, hasColor } from "../terminal/color.ts";
import { UsageError } from "../usage-error.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { portNumber, wholeNumber } from "./parse-number.ts";
import { webUrl, webUrls } from "./parse-url.ts";
import { ownTargetOption } from "./repeatable.ts";

interface ProbeFlags {
  perMinute: number;
  burst: number;
  window: number;
  seed: number;
  port: number;
  alertmanager?: string[];
  onViolation?: string;
  haltWebhook?: string;
  haltTokenFile?: string;
  maxVisitors: number;
  for: number;
  out?: string;
  keep?: boolean;
  iOwnThisTarget: string[];
}

const YEAR_SECONDS = 31_536_000;

export function addProbeCommand(program: Command): void {
  const command = program
    .command("probe")
    .description(
      "Send a few visitors a minute to a signup for as long as it lives; page, and stop the campaign, as soon as one is shown somebody else's data.",
    )
    .argument("<TARGET>", "target file");
  const endless = "endless by default";
  command
    .option(
      "--per-minute <N>",
      `visitors a minute, at most ${PER_MINUTE_MAX}`,
      wholeNumber("--per-minute", { min: 1, max: PER_MINUTE_MAX }),
      6,
    )
    .option(
      "--burst <N>",
      `visitors at one instant, every three minutes, at most ${BURST_MAX}`,
      wholeNumber("--burst", { min: 0, max: BURST_MAX }),
      4,
    )
    .option(
      "--window <SECONDS>",
      "how long visitors are kept, and compared with each other",
      wholeNumber("--window", { min: WINDOW_SECONDS_MIN, max: WINDOW_SECONDS_MAX }),
      1_800,
    )
    .option("--seed <N>", "decides arrivals and behaviour", wholeNumber("--seed"), 1)
    .option(
      "--port <N>",
      "of its metrics, on 127.0.0.1; 0 takes any that is free",
      portNumber("--port"),
      PORTS.probe,
    )
    .option(
      "--alertmanager <URLS>",
      "push alerts there, past Prometheus; several with commas",
      webUrls("--alertmanager", PORTS.alertmanager),
    )
    .option(
      "--halt-webhook <URL>",
      "stop the campaign: posted to when something is found, as by Alertmanager",
      webUrl("--halt-webhook", PORTS.admin),
    )
    .option("--halt-token-file <FILE>", "the webhook's bearer token, in a file that only you can read")
    .option("--on-violation <COMMAND>", "stop the campaign: run by the shell when something is found")
    .option(
      "--max-visitors <N>",
      `end after so many visitors; ${endless}`,
      wholeNumber("--max-visitors", { min: 1 }),
    )
    .option(
      "--for <SECONDS>",
      `end after so long; ${endless}`,
      wholeNumber("--for", { min: 1, max: YEAR_SECONDS }),
    )
    .option("--out <DIR>", "its folder; a new one under runs/ by default")
    .option("--keep", "leave its people at the target")
    .addOption(ownTargetOption())
    .addHelpText("after", HELP)
    .action(probe);
}

const HELP = `
The campaign is stopped again by what is found five minutes later, or soon where that failed. Ctrl-C ends the probe with its verdict.

Exit codes:
    0  its visitors saw their own data, and nobody else's
    1  a check failed
    2  wrong usage or target file; nobody was sent
    3  nothing could be seen, or not at the end

Example:
  crowdproof probe my-signup.yaml --alertmanager http://127.0.0.1:9093
`;

async function probe(file: string, flags: ProbeFlags): Promise<void> {
  const status = createStatusLine(process.stdout);
  const settings = await prepare(file, flags);
  // Engine and checks take a second to load: what is wrong with what was typed is told before that.
  const { startProbe } = await import("../probe/start-probe.ts");
  const stop = stopOnSignals(settings.dir, settings.isCleaned);
  const look: Look = {
    columns: process.stdout.columns ?? 100,
    colors: createColors(hasColor(process.stdout)),
  };
  stop.signal.addEventListener("abort", () => {
    status.tell(
      "stopping",
      "Judging what there is, and removing its people … Ctrl-C once more leaves at once.",
    );
  });
  try {
    await requireReachable(settings.target, settings.secrets).catch((error: unknown) => {
      if (!(error instanceof UsageError)) throw error;
      // A probe may be there before its target is, and it stays when the target goes.
      status.tell("unknown", error.message);
    });
    const verdict = await startProbe({ ...settings, signal: stop.signal, status, look });
    status.close();
    process.stdout.write(describeEnd(verdict, settings, look));
    process.exitCode = EXIT_CODES[verdict.outcome].code;
  } finally {
    status.close();
    stop.release();
  }
}

/** Everything that can be wrong with what was typed is found here, before anybody is sent. */
async function prepare(
  file: string,
  flags: ProbeFlags,
): Promise<Omit<ProbeSettings, "signal" | "status" | "look">> {
  const target = await loadTarget(file);
  await requireOwnTarget(target, flags.iOwnThisTarget);
  const isCleaned = flags.keep !== true;
  requireNoMails(target);
  if (isCleaned) requireCleanUp(target);
  const webhook = await webhookOf(flags);
  const secrets = await secretsForProbe(target, process.env, isCleaned);
  requireAddress(target, secrets);
  if (isCleaned) {
    await requireOwnConnection(target, secrets, flags.iOwnThisTarget);
    await tryCleanUp(target, secrets);
  }
  const probeId = createRunId();
  return {
    perMinute: flags.perMinute,
    burst: flags.burst,
    windowSeconds: flags.window,
    seed: flags.seed,
    probeId,
    target,
    secrets,
    dir: resolve(flags.out ?? join("runs", folderName(target, probeId))),
    port: flags.port,
    alertmanagers: flags.alertmanager ?? [],
    webhook,
    command: flags.onViolation ?? null,
    isCleaned,
    visitorsMax: flags.maxVisitors ?? Number.POSITIVE_INFINITY,
    seconds: flags.for ?? Number.POSITIVE_INFINITY,
    places: {
      runbookBaseUrl: process.env["RUNBOOK_BASE_URL"] ?? `http://127.0.0.1:${PORTS.receiver}/runbooks`,
      dashboardBaseUrl: process.env["DASHBOARD_BASE_URL"] ?? `http://127.0.0.1:${PORTS.grafana}`,
    },
  };
}

function requireCleanUp(target: Target): void {
  if (target.cleanUp !== undefined) return;
  throw new UsageError(
    `${target.name} has no cleanUp in its target file: a probe leaves some 10,000 people a day. ` +
      "Say there how they are removed (docs/target-file.md), or leave them at the target: --keep",
  );
}

/** A sink belongs to one run, and a probe has a new one each minute. */
function requireNoMails({ name, steps }: Target): void {
  const step = steps.find(({ isMail }) => isMail);
  if (step === undefined) return;
  throw new UsageError(
    `The step "${step.name}" of ${name} waits for a mail, which a probe cannot yet. Give it a target file whose steps do without (a signup that needs no confirmation), or look with: crowdproof gate`,
  );
}

async function webhookOf({ haltWebhook, haltTokenFile }: ProbeFlags): Promise<ProbeSettings["webhook"]> {
  if (haltWebhook === undefined && haltTokenFile !== undefined) {
    throw new UsageError("--halt-token-file is for a webhook; add: --halt-webhook URL");
  }
  if (haltWebhook === undefined) return null;
  return {
    url: haltWebhook,
    token: haltTokenFile === undefined ? undefined : await readToken(haltTokenFile),
  };
}

const TOKEN_BYTES_MAX = 4_096;

async function readToken(file: string): Promise<string> {
  const found = await stat(file).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--halt-token-file ${file} cannot be read (${why}).`, { cause });
  });
  if (!found.isFile() || found.size === 0 || found.size > TOKEN_BYTES_MAX) {
    throw new UsageError(`--halt-token-file ${file} is no file with one token in it.`);
  }
  if ((found.mode & 0o077) !== 0) {
    throw new UsageError(`--halt-token-file ${file} can be read by others than you. Type: chmod 600 ${file}`);
  }
  return (await readFile(file, "utf8")).trim();
}

/** `2026-12-04T19-00-00-probe-my-signup-cp-…`: sorts by time, and two probes at once never share one. */
function folderName({ name }: Target, probeId: string): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 40);
  return `${time}-probe-${plain}-${probeId}`;
}

/** The first Ctrl-C ends the probe with its verdict; the second leaves at once, and its people where they are. */
function stopOnSignals(dir: string, isCleaned: boolean): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) {
      if (isCleaned)
        process.stderr.write(`\nIts people are still there: npx crowdproof cleanup ${dir} --yes\n`);
      process.exit(EXIT_CODES.interrupted.code);
    }
    controller.abort("interrupted");
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    },
  };
}

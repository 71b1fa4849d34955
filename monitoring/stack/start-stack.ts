import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { alertmanagerYaml, type Parameters, prometheusYaml, readRules, withLinks } from "./configuration.ts";
import { findProgram, howToInstall } from "./find-program.ts";
import { ALERTMANAGER_FLAGS, PROMETHEUS_FLAGS } from "./flags.ts";
import { type KeptProcess, keepProcess } from "./keep-process.ts";
import { startReceiver } from "./start-receiver.ts";
import { UsageError } from "./usage-error.ts";

export interface StackOptions {
  /** Where `/metrics`, `/metrics/anomalies` and `/alerts` are; absent: no service of ours is watched. */
  readonly serviceAdminUrl?: string | undefined;
  readonly probeUrl?: string | undefined;
  readonly gateUrl?: string | undefined;
  /** `quick` for tests: waits of seconds instead of minutes. */
  readonly parameters: Parameters;
  /** Becomes the label `run` of every alert that Prometheus sends. */
  readonly runLabel?: string | undefined;
  /** The service's ALERTS_TOKEN_FILE; absent: alerts close nothing, and the receiver says so. */
  readonly haltTokenFile?: string | undefined;
  /** Rules of a test's own instead of the committed ones. */
  readonly rulesFile?: string | undefined;
  /** Absent or 0: any that is free. */
  readonly ports?: Partial<Record<"prometheus" | "alertmanager" | "receiver", number>> | undefined;
  /** Arguments of the receiver, such as `--on-silence COMMAND`. */
  readonly receiverArguments?: readonly string[] | undefined;
  readonly grafanaUrl?: string | undefined;
  /** Instead of what is installed. */
  readonly programs?: { readonly prometheus?: string; readonly alertmanager?: string } | undefined;
}

export interface Stack {
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  readonly receiverUrl: string;
  readonly pids: Readonly<Record<"prometheus" | "alertmanager" | "receiver", number>>;
  /** Resolves with a sentence when one of the three has ended. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts receiver, Alertmanager and Prometheus with the committed configuration, on 127.0.0.1, and waits until each target
 * has been scraped and Prometheus knows its Alertmanager: five seconds, for its discovery speaks only every five.
 * None of them outlives this process. A UsageError says what is missing or taken.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const programs = {
    prometheus: options.programs?.prometheus ?? required("prometheus"),
    alertmanager: options.programs?.alertmanager ?? required("alertmanager"),
  };
  const folder = await mkdtemp(join(tmpdir(), "crowdproof-stack-"));
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    // Whoever asks goes before who is asked.
    for (const each of started.toReversed()) await each.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const receiver = await startReceiver({
      folder: join(folder, "receiver"),
      port: options.ports?.receiver ?? 0,
      args: options.receiverArguments ?? [],
    });
    started.push(receiver);
    const receiverUrl = `http://${receiver.address}`;
    const alertmanager = await startAlertmanager(programs.alertmanager, folder, receiverUrl, options);
    started.push(alertmanager);
    const addresses = { receiver: receiver.address, alertmanager: alertmanager.address };
    const prometheus = await startPrometheus(programs.prometheus, folder, addresses, options);
    started.push(prometheus);
    const prometheusUrl = `http://${prometheus.address}`;
    const ended = Promise.race([receiver.ended, alertmanager.ended, prometheus.ended]);
    await whenWatching(prometheusUrl, ended);
    return {
      prometheusUrl,
      alertmanagerUrl: `http://${alertmanager.address}`,
      receiverUrl,
      pids: { prometheus: prometheus.pid, alertmanager: alertmanager.pid, receiver: receiver.pid },
      ended,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function required(program: "prometheus" | "alertmanager"): string {
  const path = findProgram(program);
  if (path === null) throw new UsageError(`${program} is not here: ${howToInstall(program)}.`);
  return path;
}

const LISTENING = /msg="Listening on" address=(\S+)/;

async function startAlertmanager(
  program: string,
  runFolder: string,
  receiverUrl: string,
  { parameters, serviceAdminUrl, haltTokenFile, ports }: StackOptions,
): Promise<KeptProcess> {
  const folder = join(runFolder, "alertmanager");
  await mkdir(folder, { mode: 0o700 });
  const killSwitch =
    serviceAdminUrl === undefined || haltTokenFile === undefined
      ? undefined
      : { adminUrl: serviceAdminUrl, tokenFile: haltTokenFile };
  const config = join(folder, "alertmanager.yml");
  await writeFile(config, alertmanagerYaml(parameters, { receiverUrl, killSwitch }));
  return keepProcess({
    name: "Alertmanager",
    program,
    folder,
    listening: LISTENING,
    args: [
      ...ALERTMANAGER_FLAGS,
      `--config.file=${config}`,
      `--storage.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${ports?.alertmanager ?? 0}`,
    ],
  });
}

async function startPrometheus(
  program: string,
  runFolder: string,
  addresses: { readonly receiver: string; readonly alertmanager: string },
  options: StackOptions,
): Promise<KeptProcess> {
  const folder = join(runFolder, "prometheus");
  const config = join(folder, "etc", "prometheus.yml");
  const targets = join(folder, "etc", "targets");
  await mkdir(targets, { recursive: true, mode: 0o700 });
  await mkdir(join(folder, "rules"));
  await writeFile(config, prometheusYaml(options.parameters, options.runLabel));
  await writeRules(join(folder, "rules", "crowdproof.yml"), `http://${addresses.receiver}`, options);
  const writeTarget = (name: string, address: string | undefined) =>
    writeFile(
      join(targets, `${name}.yml`),
      JSON.stringify(address === undefined ? [] : [{ targets: [address] }]),
    );
  await writeTarget("service", hostOf(options.serviceAdminUrl));
  await writeTarget("probe", hostOf(options.probeUrl));
  await writeTarget("gate", hostOf(options.gateUrl));
  await writeTarget("alertmanager", addresses.alertmanager);
  await writeTarget("receiver", addresses.receiver);
  const prometheus = await keepProcess({
    name: "Prometheus",
    program,
    folder,
    listening: LISTENING,
    args: [
      ...PROMETHEUS_FLAGS,
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${options.ports?.prometheus ?? 0}`,
    ],
  });
  // Known only now; it looks at the folder again before its discovery speaks for the first time.
  await writeTarget("prometheus", prometheus.address);
  return prometheus;
}

function hostOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : new URL(url).host;
}

const EXTENSION = import.meta.url.endsWith(".ts") ? "ts" : "js";
const WRITE_RULES = join(import.meta.dirname, "..", "rules", `write-rules.${EXTENSION}`);

async function writeRules(out: string, receiverUrl: string, options: StackOptions): Promise<void> {
  const { parameters, rulesFile, grafanaUrl } = options;
  if (rulesFile === undefined && parameters === "quick")
    await promisify(execFile)(process.execPath, [WRITE_RULES, "--parameters", "quick", "--out", out]);
  const rules = readRules(rulesFile ?? (parameters === "quick" ? out : undefined));
  await writeFile(out, withLinks(rules, receiverUrl, grafanaUrl));
}

const WATCHING_SECONDS_MAX = 90;
const POLL_MS = 100;

/** A target that is down is no hindrance: that is what the stack is there to say. */
async function whenWatching(prometheusUrl: string, ended: Promise<string>): Promise<void> {
  const deadline = performance.now() + WATCHING_SECONDS_MAX * 1_000;
  let sentence: string | undefined;
  ended.then((words) => {
    sentence = words;
  });
  while (performance.now() < deadline) {
    if (sentence !== undefined) throw new UsageError(`${sentence} while the stack was starting.`);
    if ((await isDiscovered(prometheusUrl)) && (await isScraped(prometheusUrl))) return;
    await sleep(POLL_MS);
  }
  throw new UsageError(
    `Prometheus at ${prometheusUrl} did not come to watch within ${WATCHING_SECONDS_MAX} s.`,
  );
}

async function isDiscovered(prometheusUrl: string): Promise<boolean> {
  const found = await ask<{ activeAlertmanagers: unknown[] }>(`${prometheusUrl}/api/v1/alertmanagers`);
  return (found?.activeAlertmanagers.length ?? 0) > 0;
}

async function isScraped(prometheusUrl: string): Promise<boolean> {
  const found = await ask<{ activeTargets: { health: string; scrapePool: string }[] }>(
    `${prometheusUrl}/api/v1/targets?state=active`,
  );
  const targets = found?.activeTargets ?? [];
  const isThere = targets.some(({ scrapePool }) => scrapePool === "prometheus");
  return isThere && targets.every(({ health }) => health !== "unknown");
}

async function ask<T>(url: string): Promise<T | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return answer.ok ? ((await answer.json()) as { data: T }).data : undefined;
  } catch (error) {
    // Not up yet, or cut off: asked again.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

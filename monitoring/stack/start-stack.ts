import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, howToInstall } from "./find-program.ts";
import type { KeptProcess } from "./keep-process.ts";
import type { StackOptions } from "./stack-options.ts";
import { startAlertmanager } from "./start-alertmanager.ts";
import { startPrometheus } from "./start-prometheus.ts";
import { startReceiver } from "./start-receiver.ts";
import { UsageError } from "./usage-error.ts";
import { whenWatching } from "./when-watching.ts";

export interface Stack {
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  readonly receiverUrl: string;
  readonly pids: Readonly<Record<"prometheus" | "alertmanager" | "receiver", number>>;
  /** Resolves with a sentence when one of the three has ended. */
  readonly ended: Promise<string>;
  /** Something that comes and goes while the stack runs; null for no longer. */
  scrape(name: "gate" | "probe", url: string | null): Promise<void>;
  readReceiverLog(): Promise<string>;
  stop(): Promise<void>;
}

/** What is there of it; at least the receiver, which needs nothing but Node. */
export interface PartialStack extends Omit<Stack, "prometheusUrl" | "alertmanagerUrl" | "pids"> {
  readonly prometheusUrl: string | null;
  readonly alertmanagerUrl: string | null;
  readonly pids: Readonly<Record<"prometheus" | "alertmanager" | "receiver", number | null>>;
}

/**
 * Starts receiver, Alertmanager and Prometheus with the committed configuration, on 127.0.0.1, and waits until each target
 * has been scraped and Prometheus knows its Alertmanager: five seconds, for its discovery speaks only every five.
 * None of them outlives this process. A UsageError says what is missing or taken.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  for (const program of ["prometheus", "alertmanager"] as const)
    if (programOf(program, options) === null)
      throw new UsageError(`${program} is not here: ${howToInstall(program)}.`);
  return (await startWhatIsThere(options)) as Stack;
}

/** The same with what is installed. */
export async function startWhatIsThere(options: StackOptions): Promise<PartialStack> {
  const folder = await mkdtemp(join(tmpdir(), "crowdproof-stack-"));
  const started: KeptProcess[] = [];
  const stop = async () => {
    // Whoever asks goes before who is asked.
    for (const each of started.toReversed()) await each.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const keep = <T extends KeptProcess>(running: T): T => {
    started.push(running);
    return running;
  };
  try {
    return { ...(await startInOrder(folder, options, keep)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startInOrder(
  folder: string,
  options: StackOptions,
  keep: <T extends KeptProcess>(running: T) => T,
): Promise<Omit<PartialStack, "stop">> {
  const programs = {
    alertmanager: programOf("alertmanager", options),
    prometheus: programOf("prometheus", options),
  };
  const receiver = keep(
    await startReceiver({
      folder: join(folder, "receiver"),
      port: options.ports?.receiver ?? 0,
      args: options.receiverArguments ?? [],
      signal: options.signal,
    }),
  );
  const receiverUrl = `http://${receiver.address}`;
  const alertmanager =
    programs.alertmanager === null
      ? null
      : keep(
          await startAlertmanager(programs.alertmanager, join(folder, "alertmanager"), receiverUrl, options),
        );
  const service = await options.startService?.(urlOf(alertmanager), receiverUrl);
  if (service !== undefined) await alertmanager?.reload(service);
  const neighbours = { receiver: receiver.address, alertmanager: alertmanager?.address ?? null };
  const prometheus =
    programs.prometheus === null
      ? null
      : keep(
          await startPrometheus(programs.prometheus, join(folder, "prometheus"), neighbours, {
            ...options,
            ...service,
          }),
        );
  const running = [receiver, alertmanager, prometheus].filter((each) => each !== null);
  const ended = Promise.race(running.map((each) => each.ended));
  if (prometheus !== null)
    await whenWatching({
      address: prometheus.address,
      hasAlertmanager: alertmanager !== null,
      ended,
      signal: options.signal,
    });
  return {
    prometheusUrl: urlOf(prometheus),
    alertmanagerUrl: urlOf(alertmanager),
    receiverUrl,
    pids: {
      prometheus: prometheus?.pid ?? null,
      alertmanager: alertmanager?.pid ?? null,
      receiver: receiver.pid,
    },
    ended,
    scrape: async (name, url) => prometheus?.scrape(name, url),
    readReceiverLog: receiver.readLog,
  };
}

function programOf(program: "prometheus" | "alertmanager", { programs }: StackOptions): string | null {
  return programs?.[program] ?? findProgram(program);
}

const urlOf = (running: KeptProcess | null) => (running === null ? null : `http://${running.address}`);

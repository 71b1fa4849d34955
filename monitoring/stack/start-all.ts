import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { PORTS } from "../catalogue/ports.ts";
import { findProgram } from "./find-program.ts";
import type { KeptProcess } from "./keep-process.ts";
import { createRunFolder, type RunFolder } from "./run-folder.ts";
import { startGrafana } from "./start-grafana.ts";
import { type RunningService, startService } from "./start-service.ts";
import { type PartialStack, startWhatIsThere } from "./start-stack.ts";
import { UsageError } from "./usage-error.ts";

export interface UpOptions {
  readonly folder: string;
  readonly fault: string | undefined;
  readonly workers: number;
  /** The catalogue's ports, which people and links know; or any that are free. */
  readonly ports: "known" | "free";
  readonly onSilence: string | undefined;
  /** Visitors a second at the plan's peak, which rules compare with what comes; absent: not said. */
  readonly plannedPerSecond: number | undefined;
}

export interface Everything {
  readonly service: RunningService;
  readonly stack: PartialStack;
  readonly grafana: { readonly url: string } | { readonly missing: string };
  readonly folder: RunFolder;
  /** Resolves with a sentence when any part has ended. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface Start {
  readonly say: (step: string) => void;
  /** Aborted: what was started is stopped, and `startAll` rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/** Alertmanager before the service, which pushes to it, and the service before Prometheus, which would miss it. None outlives this process. */
export async function startAll(options: UpOptions, { say, signal }: Start): Promise<Everything> {
  const folder = await openRunFolder(options.folder);
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).toReversed()) await each();
  };
  const port = portsOf(options);
  try {
    const grafanaPlace = await grafanaPlaceOf(port("grafana"));
    let service: RunningService | undefined;
    say("Alertmanager, receiver");
    const stack = await startWhatIsThere({
      parameters: "production",
      signal,
      grafanaUrl: grafanaPlace?.url,
      ports: {
        prometheus: port("prometheus"),
        alertmanager: port("alertmanager"),
        receiver: port("receiver"),
      },
      receiverArguments: options.onSilence === undefined ? [] : [`--on-silence=${options.onSilence}`],
      async startService(alertmanagerUrl, receiverUrl) {
        say("service, PostgreSQL");
        service = await startService({
          folder: folder.path,
          logFile: folder.logFile,
          signal,
          environment: {
            ...folder.environment,
            MAIL_DIR: folder.mailsFolder,
            ...environmentOf(options, { alertmanagerUrl, receiverUrl, grafanaUrl: grafanaPlace?.url }),
          },
        });
        stops.push(service.stop);
        say("Prometheus, which takes five seconds to look around");
        return { serviceAdminUrl: service.adminUrl, haltTokenFile: folder.tokenFiles.alerts };
      },
    });
    stops.push(stack.stop);
    if (service === undefined) throw new Error("the stack did not start the service");
    const grafana = await startIfThere(grafanaPlace, folder, stack, signal);
    if ("stop" in grafana) stops.push(grafana.stop);
    await writeEnvironment(folder, service, { ...stack, grafanaUrl: grafanaPlace?.url ?? null });
    return { service, stack, grafana, folder, ended: Promise.race([stack.ended, service.ended]), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openRunFolder(path: string): Promise<RunFolder> {
  try {
    const folder = await createRunFolder(path);
    await mkdir(folder.mailsFolder, { mode: 0o700 });
    return folder;
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    const words = `The run's folder cannot be made (${error.message}). Name a new one: --folder DIR`;
    throw new UsageError(words, { cause: error });
  }
}

const portsOf =
  ({ ports }: UpOptions) =>
  (name: keyof typeof PORTS) =>
    ports === "free" ? 0 : PORTS[name];

interface Links {
  readonly alertmanagerUrl: string | null;
  readonly receiverUrl: string;
  readonly grafanaUrl: string | undefined;
}

function environmentOf(
  options: UpOptions,
  { alertmanagerUrl, receiverUrl, grafanaUrl }: Links,
): Record<string, string> {
  const port = portsOf(options);
  return {
    PORT: String(port("service")),
    ADMIN_PORT: String(port("admin")),
    WORKERS: String(options.workers),
    RUNBOOK_BASE_URL: `${receiverUrl}/runbooks`,
    ...(grafanaUrl === undefined ? {} : { DASHBOARD_BASE_URL: grafanaUrl }),
    ...(options.plannedPerSecond === undefined
      ? {}
      : { PLAN_VISITORS_PER_SECOND: String(options.plannedPerSecond) }),
    ...(options.fault === undefined ? {} : { FAULT: options.fault }),
    ...(alertmanagerUrl === null ? {} : { ALERTMANAGER_URLS: alertmanagerUrl }),
  };
}

type MaybeGrafana = { url: string; stop: KeptProcess["stop"] } | { missing: string };

interface GrafanaPlace {
  readonly program: string;
  readonly port: number;
  readonly url: string;
}

/** Where it will be, decided before anything that links to it starts; null where it is not installed, or has nobody to ask. */
async function grafanaPlaceOf(wishedPort: number): Promise<GrafanaPlace | null> {
  const program = findProgram("grafana");
  if (program === null || findProgram("prometheus") === null) return null;
  const port = wishedPort === 0 ? await portThatIsFree() : wishedPort;
  return { program, port, url: `http://127.0.0.1:${port}` };
}

async function portThatIsFree(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** People can look without it; so that it does not start is told, and stops nothing. */
async function startIfThere(
  place: GrafanaPlace | null,
  folder: RunFolder,
  { prometheusUrl, receiverUrl }: Urls,
  signal: AbortSignal,
): Promise<MaybeGrafana> {
  if (place === null || prometheusUrl === null) return { missing: "not here" };
  try {
    const grafana = await startGrafana({
      program: place.program,
      folder: join(folder.path, "grafana"),
      port: place.port,
      prometheusUrl,
      receiverUrl,
      signal,
    });
    return { url: place.url, stop: grafana.stop };
  } catch (error) {
    if (error instanceof UsageError)
      return { missing: `it did not start: ${error.message.split("\n", 1)[0]}` };
    throw error;
  }
}

interface Urls {
  readonly prometheusUrl: string | null;
  readonly alertmanagerUrl: string | null;
  readonly receiverUrl: string;
}

/** What the target file of the reference service, `blast-radius`, the probe, and the runbooks ask of the environment. */
async function writeEnvironment(
  folder: RunFolder,
  service: RunningService,
  stack: Urls & { readonly grafanaUrl: string | null },
): Promise<void> {
  const environment = {
    CROWDPROOF_TARGET_URL: service.url,
    CROWDPROOF_ADMIN_URL: service.adminUrl,
    CROWDPROOF_DATABASE_URL: service.databaseUrl,
    CROWDPROOF_SERVICE_LOG: folder.logFile,
    CROWDPROOF_MAIL_DIR: folder.mailsFolder,
    DATABASE_URL: service.databaseUrl,
    SECRET_KEY_FILE: folder.environment["SECRET_KEY_FILE"],
    SERVICE: service.url,
    ADMIN: service.adminUrl,
    PROMETHEUS: stack.prometheusUrl,
    ALERTMANAGER: stack.alertmanagerUrl,
    RECEIVER: stack.receiverUrl,
    RUNBOOK_BASE_URL: `${stack.receiverUrl}/runbooks`,
    DASHBOARD_BASE_URL: stack.grafanaUrl,
    OPERATOR_TOKEN_FILE: folder.tokenFiles.jane,
    SERVICE_PID: String(service.pid),
  };
  const lines = Object.entries(environment).flatMap(([name, value]) =>
    value === null ? [] : [`export ${name}='${value}'\n`],
  );
  await writeFile(join(folder.path, "env"), lines.join(""), { mode: 0o600 });
}

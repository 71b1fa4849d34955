import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { alertmanagerYaml } from "./configuration.ts";
import { ALERTMANAGER_FLAGS } from "./flags.ts";
import { type KeptProcess, keepProcess } from "./keep-process.ts";
import type { StackOptions, WatchedService } from "./stack-options.ts";
import { UsageError } from "./usage-error.ts";

export interface RunningAlertmanager extends KeptProcess {
  /** From now on an alert that halts closes this one's campaign. */
  reload(service: WatchedService): Promise<void>;
}

const RELOAD_SECONDS_MAX = 30;
const POLL_MS = 50;

export async function startAlertmanager(
  program: string,
  folder: string,
  receiverUrl: string,
  options: StackOptions,
): Promise<RunningAlertmanager> {
  await mkdir(folder, { mode: 0o700 });
  const config = join(folder, "alertmanager.yml");
  const write = async (service: WatchedService) => {
    const text = alertmanagerYaml(options.parameters, { receiverUrl, killSwitch: killSwitchOf(service) });
    await writeFile(`${config}.part`, text);
    await rename(`${config}.part`, config);
  };
  await write(options);
  const alertmanager = await keepProcess({
    name: "Alertmanager",
    program,
    folder,
    signal: options.signal,
    listening: /msg="Listening on".*? address=(\S+)/,
    args: [
      ...ALERTMANAGER_FLAGS,
      `--config.file=${config}`,
      `--storage.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${options.ports?.alertmanager ?? 0}`,
    ],
  });
  return {
    ...alertmanager,
    async reload(service) {
      const url = `http://${alertmanager.address}`;
      const before = await loadedAt(url);
      await write(service);
      process.kill(alertmanager.pid, "SIGHUP");
      await whenLoadedAgain(url, before, options.signal);
    },
  };
}

function killSwitchOf({ serviceAdminUrl, haltTokenFile }: WatchedService) {
  if (serviceAdminUrl === undefined || haltTokenFile === undefined) return undefined;
  return { adminUrl: serviceAdminUrl, tokenFile: haltTokenFile };
}

/** Its configuration it tells with every address hidden; when it last took one it tells as a metric. */
const LOADED_AT = /^alertmanager_config_last_reload_success_timestamp_seconds (\S+)$/m;

async function loadedAt(url: string): Promise<string | undefined> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) });
  return LOADED_AT.exec(await answer.text())?.[1];
}

async function whenLoadedAgain(
  url: string,
  before: string | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = performance.now() + RELOAD_SECONDS_MAX * 1_000;
  while (performance.now() < deadline) {
    signal?.throwIfAborted();
    if ((await loadedAt(url)) !== before) return;
    await sleep(POLL_MS);
  }
  throw new UsageError(`Alertmanager at ${url} did not take its new configuration.`);
}

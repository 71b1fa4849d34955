import { execFile } from "node:child_process";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { prometheusYaml, readRules, withLinks } from "./configuration.ts";
import { PROMETHEUS_FLAGS } from "./flags.ts";
import { type KeptProcess, keepProcess } from "./keep-process.ts";
import type { StackOptions } from "./stack-options.ts";

/** `host:port` of what runs beside it; null where it is missing. */
export interface Neighbours {
  readonly receiver: string;
  readonly alertmanager: string | null;
}

export interface RunningPrometheus extends KeptProcess {
  /** From its discovery's next word on, which comes every five seconds; null for no longer. */
  scrape(name: "gate" | "probe", url: string | null): Promise<void>;
}

export async function startPrometheus(
  program: string,
  folder: string,
  neighbours: Neighbours,
  options: StackOptions,
): Promise<RunningPrometheus> {
  // As in the clone: the configuration names the rules by ../rules.
  const config = join(folder, "etc", "prometheus.yml");
  const targets = join(folder, "etc", "targets");
  await mkdir(targets, { recursive: true, mode: 0o700 });
  await mkdir(join(folder, "rules"));
  await writeFile(config, prometheusYaml(options.parameters, options.runLabel));
  await writeRules(join(folder, "rules", "crowdproof.yml"), `http://${neighbours.receiver}`, options);
  const write = async (name: string, address: string | null) => {
    const file = join(targets, `${name}.yml`);
    await writeFile(`${file}.part`, JSON.stringify(address === null ? [] : [{ targets: [address] }]));
    // Whole or not at all: Prometheus looks as soon as anything changes.
    await rename(`${file}.part`, file);
  };
  await write("service", hostOf(options.serviceAdminUrl));
  await write("probe", hostOf(options.probeUrl));
  await write("gate", hostOf(options.gateUrl));
  await write("alertmanager", neighbours.alertmanager);
  await write("receiver", neighbours.receiver);
  const prometheus = await keepProcess({
    name: "Prometheus",
    program,
    folder,
    signal: options.signal,
    listening: /msg="Listening on".*? address=(\S+)/,
    args: [
      ...PROMETHEUS_FLAGS,
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${options.ports?.prometheus ?? 0}`,
    ],
  });
  // Known only now; it looks at the folder again before its discovery speaks for the first time.
  await write("prometheus", prometheus.address);
  return { ...prometheus, scrape: (name, url) => write(name, hostOf(url ?? undefined)) };
}

function hostOf(url: string | undefined): string | null {
  return url === undefined ? null : new URL(url).host;
}

/** Code that runs from the clone is TypeScript, from an installed package JavaScript. */
const EXTENSION = import.meta.url.endsWith(".ts") ? "ts" : "js";
const WRITE_RULES = join(import.meta.dirname, "..", "rules", `write-rules.${EXTENSION}`);

async function writeRules(out: string, receiverUrl: string, options: StackOptions): Promise<void> {
  const { parameters, rulesFile, grafanaUrl } = options;
  if (rulesFile === undefined && parameters === "quick")
    await promisify(execFile)(process.execPath, [WRITE_RULES, "--parameters", "quick", "--out", out]);
  const rules = readRules(rulesFile ?? (parameters === "quick" ? out : undefined));
  await writeFile(out, withLinks(rules, receiverUrl, grafanaUrl));
}

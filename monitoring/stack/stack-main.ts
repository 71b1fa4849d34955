/**
 * Prometheus, Alertmanager and the receiver as one process: one JSON line on standard output (and READY_FILE) once all watch, and
 * all of them stopped on SIGTERM, SIGINT, the end of standard input, or the death of whoever started it.
 */
import { rename, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { findProgram, howToInstall } from "./find-program.ts";
import type { StackOptions } from "./stack-options.ts";
import { startStack } from "./start-stack.ts";
import { tellEnding } from "./tell-ending.ts";
import { UsageError } from "./usage-error.ts";
import { whenAskedToStop } from "./when-asked-to-stop.ts";

const HELP = `Usage: node monitoring/stack/stack-main.ts [options]
  --service URL             the service's admin server
  --probe URL, --gate URL   more to scrape
  --halt-token-file FILE    the service's ALERTS_TOKEN_FILE; without it alerts close nothing
  --quick                   waits of seconds, for tests
  --run-label LABEL         the label \`run\` of every alert
  --rules FILE              other rules than the committed ones
  --prometheus-port N, --alertmanager-port N, --receiver-port N   0, the default, takes any that is free
  --on-silence COMMAND      run by the receiver when the watchdog is silent
`;

function readOptions(): StackOptions | undefined {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({
    options: {
      help: flag,
      quick: flag,
      service: text,
      probe: text,
      gate: text,
      "halt-token-file": text,
      "run-label": text,
      rules: text,
      "prometheus-port": { ...text, default: "0" },
      "alertmanager-port": { ...text, default: "0" },
      "receiver-port": { ...text, default: "0" },
      "on-silence": text,
    },
  });
  if (values.help) return undefined;
  const onSilence = values["on-silence"];
  return {
    serviceAdminUrl: webUrl("service", values.service),
    probeUrl: webUrl("probe", values.probe),
    gateUrl: webUrl("gate", values.gate),
    parameters: values.quick ? "quick" : "production",
    runLabel: values["run-label"],
    haltTokenFile: values["halt-token-file"],
    rulesFile: values.rules,
    ports: {
      prometheus: portOf(values["prometheus-port"]),
      alertmanager: portOf(values["alertmanager-port"]),
      receiver: portOf(values["receiver-port"]),
    },
    receiverArguments: onSilence === undefined ? [] : ["--on-silence", onSilence],
  };
}

function webUrl(option: string, text: string | undefined): string | undefined {
  if (text === undefined || /^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
  throw new UsageError(`--${option} ${text}: expected an address such as http://127.0.0.1:3001.`);
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`"${text}" is no port: a port is a whole number from 0 to 65535.`);
}

async function main(): Promise<void> {
  const stopAsked = whenAskedToStop();
  const options = readOptions();
  if (options === undefined) return void process.stdout.write(HELP);
  const stack = await startStack(options);
  try {
    const { prometheusUrl, alertmanagerUrl, receiverUrl, pids } = stack;
    const missing = findProgram("grafana") === null ? [`grafana: ${howToInstall("grafana")}`] : [];
    const ready = JSON.stringify({
      prometheusUrl,
      alertmanagerUrl,
      receiverUrl,
      grafanaUrl: null,
      missing,
      pids,
    });
    const readyFile = process.env["READY_FILE"];
    if (readyFile !== undefined && readyFile !== "") await writeReady(readyFile, ready);
    process.stdout.write(`${ready}\n`);
    const ending = await Promise.race([stopAsked.then(() => undefined), stack.ended]);
    if (ending !== undefined) throw new UsageError(`${ending}; the others were stopped.`);
  } finally {
    await stack.stop();
  }
}

/** Renamed into place, so that whoever waits for the file never reads half of it. */
async function writeReady(file: string, text: string): Promise<void> {
  await writeFile(`${file}.part`, text, { mode: 0o600 });
  await rename(`${file}.part`, file);
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    const { words, code } = tellEnding(error);
    process.stderr.write(`${words}\n`);
    process.exit(code);
  },
);

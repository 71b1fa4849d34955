/**
 * The end of the line, a process of its own that runs anywhere: takes Alertmanager's webhooks, prints a line for each alert,
 * and shouts when the watchdog is silent. `node monitoring/receiver/receiver-main.ts --help`
 */
import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, isIPv6 } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PORTS } from "../catalogue/ports.ts";
import { createDeadMansSwitch } from "./dead-mans-switch.ts";
import { lineOf } from "./lines.ts";
import { createReceiver } from "./receiver.ts";
import { shout } from "./shout.ts";

const EXIT = { usage: 2, bug: 70 } as const;

const HELP = `Usage: node monitoring/receiver/receiver-main.ts [options]
  --host HOST               address to listen on (127.0.0.1)
  --port N                  port; 0 takes any that is free (${PORTS.receiver})
  --silence-seconds S       silence of the watchdog after which it shouts (12)
  --first-word-seconds S    how long the first word may take (60)
  --on-silence COMMAND      run by sh, again each minute until the watchdog is heard
  --silence-webhook URL     POSTed to likewise; an empty one is none
  --runbooks FOLDER         with en/ and ja/ in it
  --notifications-max N     how many are kept for GET /notifications (1000)
`;

/**
 * Prometheus evaluates its watchdog every 5 s, Alertmanager passes on what is new every 2 s: words are up to 7 s apart. What was
 * under way when either died is heard 2 s later, so silence is shouted within 2 + 12 s of its cause; 15 are promised.
 */
const SILENCE_SECONDS_MAX = "12";
const LOOK_MS = 250;

function readOptions() {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      help: { type: "boolean", default: false },
      host: { ...text, default: "127.0.0.1" },
      port: { ...text, default: String(PORTS.receiver) },
      "silence-seconds": { ...text, default: SILENCE_SECONDS_MAX },
      "first-word-seconds": { ...text, default: "60" },
      "on-silence": text,
      "silence-webhook": text,
      runbooks: { ...text, default: join(import.meta.dirname, "..", "runbooks") },
      "notifications-max": { ...text, default: "1000" },
    },
  });
  return values;
}

/** The person who typed it can mend it. The stack's own is not here: the receiver runs from its folder and the catalogue alone. */
class UsageError extends Error {}

function notNegative(name: string, value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !(number >= 0)) throw new UsageError(`--${name} ${value}: expected a number`);
  return number;
}

function portOf(value: string): number {
  if (/^\d+$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw new UsageError(`--port ${value}: expected a whole number from 0 to 65535`);
}

/** Looked at now: a word that cannot be called would be noticed only when it is needed. */
function urlOf(value: string | undefined): string | undefined {
  if (value === undefined || value === "") return undefined;
  if (/^https?:/.test(value) && URL.canParse(value)) return value;
  throw new UsageError(`--silence-webhook ${value}: expected a URL of http or https`);
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) return void process.stdout.write(HELP);
  const webhookUrl = urlOf(options["silence-webhook"]);
  const number = (name: "silence-seconds" | "first-word-seconds" | "notifications-max") =>
    notNegative(name, options[name]);
  const nowSeconds = () => performance.now() / 1_000;
  const writeLine = (line: string) => void process.stdout.write(`${line}\n`);
  const deadMansSwitch = createDeadMansSwitch({
    startedSeconds: nowSeconds(),
    silenceSecondsMax: number("silence-seconds"),
    firstWordSecondsMax: number("first-word-seconds"),
  });
  const server = createReceiver({
    runbooksFolder: options.runbooks,
    notificationsMax: number("notifications-max"),
    deadMansSwitch,
    nowSeconds,
    writeLine,
  });
  await listen(server, portOf(options.port), options.host);
  const { port, address } = server.address() as AddressInfo;
  writeLine(`The receiver listens at http://${hostPort(address, port)}`);
  const writeSilence = (words: string) => writeLine(lineOf(Date.now(), "silence", words));
  const look = () => {
    const seconds = deadMansSwitch.secondsSince(nowSeconds());
    const seen = deadMansSwitch.look(nowSeconds());
    if (seen === "heard") writeSilence("over: the watchdog is heard again");
    if (seen !== "silent") return;
    writeSilence(
      `nothing heard of the watchdog for ${seconds.toFixed(0)} s: NOBODY IS WATCHING. Look at Prometheus and Alertmanager.`,
    );
    void shout(seconds, {
      command: options["on-silence"],
      webhookUrl,
      writeLine: writeSilence,
    });
  };
  const timer = setInterval(look, LOOK_MS);
  await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  clearInterval(timer);
  server.close();
  server.closeAllConnections();
}

/** In Prometheus' and Alertmanager's words where it cannot, so that whoever starts all three reads one sentence. */
async function listen(server: Server, port: number, host: string): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    const isTaken = "code" in error && error.code === "EADDRINUSE";
    const words = isTaken ? "bind: address already in use" : error.message;
    throw new UsageError(`listen tcp ${hostPort(host, port)}: ${words}`, { cause: error });
  }
}

function hostPort(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

function isParsing(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const isMendable = error instanceof UsageError || isParsing(error);
    const stack = error instanceof Error ? error.stack : String(error);
    process.stderr.write(isMendable ? `${error.message}\n` : `This is a bug.\n${stack}\n`);
    process.exit(isMendable ? EXIT.usage : EXIT.bug);
  },
);

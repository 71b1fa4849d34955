/**
 * The end of the line, a process of its own that runs anywhere: takes Alertmanager's webhooks, prints a line for each alert,
 * and shouts when the watchdog is silent. `node monitoring/receiver/receiver-main.ts --help`
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PORTS } from "../catalogue/ports.ts";
import { createDeadMansSwitch } from "./dead-mans-switch.ts";
import { lineOf } from "./lines.ts";
import { createReceiver } from "./receiver.ts";
import { shout } from "./shout.ts";

const HELP = `Usage: node monitoring/receiver/receiver-main.ts [options]
  --host HOST               address to listen on (127.0.0.1)
  --port N                  port; 0 takes any that is free (${PORTS.receiver})
  --silence-seconds S       silence of the watchdog after which it shouts (12)
  --first-word-seconds S    how long the first word may take (60)
  --on-silence COMMAND      run by sh, again each minute until the watchdog is heard
  --silence-webhook URL     POSTed to likewise
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

function notNegative(name: string, value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !(number >= 0)) throw new TypeError(`--${name} ${value}: expected a number`);
  return number;
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) return void process.stdout.write(HELP);
  const number = (name: "port" | "silence-seconds" | "first-word-seconds" | "notifications-max") =>
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
  server.listen(number("port"), options.host);
  await once(server, "listening");
  const { port, address, family } = server.address() as AddressInfo;
  writeLine(`The receiver listens at http://${family === "IPv6" ? `[${address}]` : address}:${port}`);
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
      webhookUrl: options["silence-webhook"],
      writeLine: writeSilence,
    });
  };
  const timer = setInterval(look, LOOK_MS);
  await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  clearInterval(timer);
  server.close();
  server.closeAllConnections();
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    // As Prometheus and Alertmanager say it, so that whoever starts all three reads one sentence.
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE" && "port" in error;
    const words = taken ? `listen tcp 127.0.0.1:${error.port}: bind: address already in use` : String(error);
    process.stderr.write(`${words}\n`);
    process.exit(2);
  },
);

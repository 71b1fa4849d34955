/** `npm run up`: service, PostgreSQL, Prometheus, Alertmanager, receiver and Grafana from what is installed; one Ctrl-C stops all. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { followGuests } from "./follow-guests.ts";
import { followLines } from "./follow-lines.ts";
import { InterruptedError } from "./interrupted-error.ts";
import { screenOf } from "./screen.ts";
import { startAll, type UpOptions } from "./start-all.ts";
import { tellEnding } from "./tell-ending.ts";
import { UsageError } from "./usage-error.ts";
import { whenAskedToStop } from "./when-asked-to-stop.ts";

const HELP = `Usage: npm run up -- [options]
  --fault NAME           switch on one of the service's deliberate bugs (docs/faults.md)
  --workers N            processes that serve (2)
  --planned N            visitors a second at the plan's peak (crowdproof plan says it): more than that files a ticket
  --free-ports           any ports that are free, instead of 3000, 3001, 3002, 9090, 9093 and 9095
  --folder DIR           for tokens and logs; a new one under runs/ by default
  --on-silence COMMAND   run when the watchdog is silent
`;

function readOptions(): UpOptions | undefined {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({
    options: {
      help: flag,
      fault: text,
      workers: { ...text, default: "2" },
      planned: text,
      "free-ports": flag,
      folder: { ...text, default: newFolder() },
      "on-silence": text,
    },
  });
  if (values.help) return undefined;
  if (!/^[1-9]\d?$/.test(values.workers))
    throw new UsageError(`--workers ${values.workers}: expected a number of processes, e.g. 2.`);
  return {
    folder: values.folder,
    fault: values.fault,
    workers: Number(values.workers),
    ports: values["free-ports"] ? "free" : "known",
    onSilence: values["on-silence"],
    plannedPerSecond: values.planned === undefined ? undefined : plannedOf(values.planned),
  };
}

/** The service takes no more than a million. */
function plannedOf(text: string): number {
  if (/^\d{1,6}(\.\d+)?$/.test(text)) return Number(text);
  throw new UsageError(`--planned ${text}: expected visitors a second at the plan's peak, e.g. 43.5.`);
}

function newFolder(): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  return join(import.meta.dirname, "..", "..", "runs", `up-${time}`);
}

async function main(): Promise<void> {
  const asked = new AbortController();
  const stopAsked = whenAskedToStop().then(() => {
    process.stderr.write("\nStopping everything …\n");
    asked.abort(new InterruptedError("Stopped before everything was up."));
  });
  const options = readOptions();
  if (options === undefined) return void process.stdout.write(HELP);
  const say = (step: string) => void process.stderr.write(`starting ${step} …\n`);
  const everything = await startAll(options, { say, signal: asked.signal });
  try {
    process.stdout.write(screenOf(everything, options.fault));
    const stopFollowing = followLines(everything.stack.readReceiverLog, (line) => {
      // Its first line says where it listens: that is on the screen already.
      if (/^\d\d:/.test(line)) process.stdout.write(`  ${line}\n`);
    });
    const stopFollowingGuests = followGuests({
      stack: everything.stack,
      say: (words) => void process.stderr.write(`${words}\n`),
    });
    const ending = await Promise.race([stopAsked, everything.ended]);
    stopFollowing();
    await stopFollowingGuests();
    if (typeof ending === "string") throw new UsageError(`${ending}. The rest was stopped.`);
  } finally {
    await everything.stop();
  }
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    const { words, code } = tellEnding(error);
    const isPort = /another program does|EADDRINUSE/.test(words);
    const advice = isPort ? "\nOr take ports that are free: npm run up -- --free-ports" : "";
    process.stderr.write(`${words}${advice}\n`);
    process.exit(code);
  },
);

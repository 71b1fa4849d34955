/** `npm run up`: service, PostgreSQL, Prometheus, Alertmanager, receiver and Grafana from what is installed; one Ctrl-C stops all. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { followGuests } from "./follow-guests.ts";
import { followLines } from "./follow-lines.ts";
import { screenOf } from "./screen.ts";
import { startAll, type UpOptions } from "./start-all.ts";
import { UsageError } from "./usage-error.ts";
import { whenAskedToStop } from "./when-asked-to-stop.ts";

const EXIT = { usage: 2, bug: 70 } as const;

const HELP = `Usage: npm run up -- [options]
  --fault NAME           switch on one of the service's deliberate bugs (docs/faults.md)
  --workers N            processes that serve (2)
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
  };
}

function newFolder(): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  return join(import.meta.dirname, "..", "..", "runs", `up-${time}`);
}

async function main(): Promise<void> {
  const stopAsked = whenAskedToStop();
  const options = readOptions();
  if (options === undefined) return void process.stdout.write(HELP);
  const everything = await startAll(options, (step) => process.stderr.write(`starting ${step} …\n`));
  try {
    process.stdout.write(screenOf(everything, options.fault));
    const stopFollowing = followLines(everything.stack.readReceiverLog, (line) => {
      // Its first line says where it listens: that is on the screen already.
      if (/^\d\d:/.test(line)) process.stdout.write(`  ${line}\n`);
    });
    const stopFollowingGuests = followGuests(everything.stack);
    const ending = await Promise.race([stopAsked.then(() => undefined), everything.ended]);
    stopFollowing();
    stopFollowingGuests();
    process.stderr.write("\nStopping everything …\n");
    if (ending !== undefined) throw new UsageError(`${ending}. The rest was stopped.`);
  } finally {
    await everything.stop();
  }
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    const isMendable = error instanceof UsageError || error instanceof TypeError;
    const words = error instanceof Error ? error.message : String(error);
    const isPort = /another program does|EADDRINUSE/.test(words);
    const advice = isPort ? "\nOr take ports that are free: npm run up -- --free-ports" : "";
    process.stderr.write(
      isMendable
        ? `${words}${advice}\n`
        : `This is a bug.\n${error instanceof Error ? error.stack : words}\n`,
    );
    process.exit(isMendable ? EXIT.usage : EXIT.bug);
  },
);

import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, styleText } from "node:util";
import { PORTS } from "../catalogue/ports.ts";
import { tellEnding } from "../stack/tell-ending.ts";
import { UsageError } from "../stack/usage-error.ts";
import { askPrometheus, PrometheusAway } from "./ask-prometheus.ts";
import { picture } from "./picture.ts";
import type { Paint, Tone } from "./tone.ts";
import { clockTime, cut } from "./words.ts";

/** The same numbers as the command line's own (`loadtests/src/cli/exit-codes.ts`). */
const EXIT = { seen: 0, unknown: 3 } as const;
const DEFAULT_URL = `http://127.0.0.1:${PORTS.prometheus}`;
const SECONDS_MIN = 0.5;
/** Where standard output is no terminal and says nothing of its size. */
const DEFAULT_SCREEN = { columns: 80, rows: 24 };

interface Options {
  readonly url: string;
  readonly isOnce: boolean;
  readonly everySeconds: number;
}

/** Asked by `crowdproof watch`: looks at Prometheus again and again until it is interrupted, or once. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const { stdout } = process;
  const isRepainted = stdout.isTTY && !options.isOnce;
  // Whoever reads the first lines and leaves ends the watch.
  stdout.on("error", () => process.exit(EXIT.seen));
  const paint = createPaint(stdout.isTTY);
  if (isRepainted) takeScreen();
  let lastSeenMs: number | null = null;
  for (;;) {
    const { columns, rows } = { ...DEFAULT_SCREEN, ...sizeOf(stdout) };
    const screen = { columns, rows: isRepainted ? rows - HEAD_LINES : Number.POSITIVE_INFINITY, paint };
    const seen = await look(options, screen, lastSeenMs);
    if (seen.isThere) lastSeenMs = Date.now();
    const lines = [...headLines(options, columns, paint), ...seen.lines];
    if (isRepainted) repaint(lines.slice(0, rows));
    else stdout.write(`${lines.join("\n")}\n`);
    if (options.isOnce) return seen.isThere ? EXIT.seen : EXIT.unknown;
    await sleep(options.everySeconds * 1_000);
  }
}

const HEAD_LINES = 2;

interface Seen {
  readonly isThere: boolean;
  readonly lines: readonly string[];
}

async function look(
  { url, isOnce, everySeconds }: Options,
  screen: Parameters<typeof picture>[1],
  lastSeenMs: number | null,
): Promise<Seen> {
  try {
    return { isThere: true, lines: picture(await askPrometheus(url), screen) };
  } catch (error) {
    if (!(error instanceof PrometheusAway)) throw error;
    const { paint } = screen;
    // The last picture is not shown any longer: nobody should take it for now.
    return {
      isThere: false,
      lines: [
        ` ${paint("badFlag", " NO PROMETHEUS ")}  ${error.message}`,
        "",
        ` Nothing can be said: ${url} does not answer as Prometheus does.`,
        " Start it with `npm run up`, or name another one:",
        "   crowdproof watch --prometheus URL",
        ...(isOnce ? [] : [` Asked again each ${everySeconds} s.${lastSeen(lastSeenMs)}`]),
      ],
    };
  }
}

const lastSeen = (ms: number | null) => (ms === null ? "" : ` It last answered at ${clockTime(ms)}.`);

function headLines({ url, isOnce, everySeconds }: Options, columns: number, paint: Paint): string[] {
  const now = `${clockTime(Date.now())}${isOnce ? "" : `, each ${everySeconds} s`}`;
  const left = cut(`Crowdproof  ${url}`, columns - now.length - 4);
  return [
    ` ${paint("bold", left)}${" ".repeat(Math.max(2, columns - left.length - now.length - 2))}${paint("dim", now)}`,
    "",
  ];
}

function sizeOf({ columns, rows }: NodeJS.WriteStream): Partial<typeof DEFAULT_SCREEN> {
  return { ...(columns > 0 ? { columns } : {}), ...(rows > 0 ? { rows } : {}) };
}

const STYLES = {
  plain: [],
  dim: ["dim"],
  bold: ["bold"],
  good: ["bold", "green"],
  bad: ["bold", "red"],
  look: ["bold", "yellow"],
  goodFlag: ["bold", "black", "bgGreen"],
  badFlag: ["bold", "white", "bgRed"],
  lookFlag: ["bold", "black", "bgYellow"],
} as const satisfies Record<Tone, readonly string[]>;

/** https://no-color.org: any value that is not empty; a file or a pipe is never coloured unless FORCE_COLOR asks. */
function createPaint(isTty: boolean): Paint {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  const isForced = FORCE_COLOR !== undefined && FORCE_COLOR !== "" && FORCE_COLOR !== "0";
  const hasColor = !NO_COLOR && (isForced || (isTty && TERM !== "dumb"));
  return (tone, text) =>
    hasColor && tone !== "plain" ? styleText([...STYLES[tone]], text, { validateStream: false }) : text;
}

/** The alternate screen, without a cursor; both are given back however this ends. */
function takeScreen(): void {
  process.stdout.write("\x1b[?1049h\x1b[?25l");
  process.on("exit", () => process.stdout.write("\x1b[?25h\x1b[?1049l"));
}

/** Over what is there, line by line: nothing flickers. */
function repaint(lines: readonly string[]): void {
  process.stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\r\n")}\x1b[J`);
}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      prometheus: { type: "string", default: DEFAULT_URL },
      once: { type: "boolean", default: false },
      every: { type: "string", default: "2" },
    },
  });
  const url = values.prometheus;
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new UsageError(`--prometheus ${url}: expected e.g. ${DEFAULT_URL}.`);
  const everySeconds = Number(values.every);
  if (!Number.isFinite(everySeconds) || everySeconds < SECONDS_MIN)
    throw new UsageError(`--every ${values.every}: expected seconds, ${SECONDS_MIN} or more.`);
  return { url, isOnce: values.once, everySeconds };
}

// Ctrl-C is how a watch ends, not how it fails.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => process.exit(EXIT.seen));
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const { words, code } = tellEnding(error);
    process.exitCode = code;
    process.stderr.write(`${words}\n`);
    process.exit();
  },
);

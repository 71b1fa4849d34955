import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { readConfig } from "../config.ts";
import type { Database } from "../db/database.ts";
import { createPool } from "../db/pool.ts";
import { errorCodeOf } from "../db/sql-state.ts";
import { readStatement } from "../db/statement.ts";
import { createIdentity } from "../guard/identity.ts";
import { deriveKeys } from "../keys.ts";
import { UsageError } from "../usage-error.ts";
import { type Range, readBlastRadius } from "./read-blast-radius.ts";
import type { BlastRadius } from "./report.ts";
import { sumUp } from "./sum-up.ts";
import { LANGUAGES, type Language } from "./words.ts";
import { writeReport } from "./write-report.ts";

/** The same numbers as the command line's own (`loadtests/src/cli/exit-codes.ts`). */
const EXIT = { none: 0, exposures: 1, usage: 2, unknown: 3, bug: 70 } as const;
/** A question about millions of rows, asked once after an incident. */
const STATEMENT_SECONDS_MAX = 600;
const CONNECT_SECONDS_MAX = 10;
/** Idle, a worker says every five seconds up to when its ledger is complete. */
const LAST_WORD_SECONDS_MAX = 7;
const POLL_MS = 250;
/** Beyond it no worker that lives has anything left to say. */
const SILENCE_MS_MAX = 15_000;
const READ_LAST_WORD = readStatement(import.meta.url, "read-last-word.sql");
const UNDEFINED_TABLE = "42P01";
const UNDEFINED_COLUMN = "42703";
/** Connecting, logging in, a right that is missing, a server that is stopping; or Node's own word for nobody there. */
const UNREADABLE = /^(08|28|3D|57)|^42501$|^E[A-Z]+$/;

interface Options {
  readonly range: Range;
  readonly language: Language;
  readonly format: "markdown" | "json";
  readonly hasList: boolean;
}

/** Asked by `crowdproof blast-radius`; the report goes to standard output. Reads only, and one snapshot. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  // It sends no mail: after an incident nobody is kept from looking by a relay that is not named.
  const config = readConfig({ ...process.env, SMTP_URL: "", SMTP_URL_FILE: "", MAIL_DIR: "unused" });
  if (config.databaseUrl === undefined)
    throw new UsageError("Which database? Type --database postgresql://…, or set DATABASE_URL.");
  const database = createPool({
    url: config.databaseUrl,
    connectionsMax: 1,
    statementSecondsMax: STATEMENT_SECONDS_MAX,
    connectSecondsMax: CONNECT_SECONDS_MAX,
    onIdleError() {},
  });
  try {
    const radius = await askDatabase(database, config.secretKey, options);
    process.stdout.write(
      options.format === "json"
        ? `${JSON.stringify(radius, null, 2)}\n`
        : writeReport(radius, options.language),
    );
    return EXIT[radius.outcome];
  } finally {
    await database.close();
  }
}

async function askDatabase(database: Database, secretKey: string, options: Options): Promise<BlastRadius> {
  try {
    await waitForLastWord(database, options.range.to);
    return await readSnapshot(database, secretKey, options);
  } catch (error) {
    const code = errorCodeOf(error);
    // Not a bug and not a zero: there is nothing that could say who saw what.
    if (code === UNDEFINED_TABLE || code === UNDEFINED_COLUMN)
      return sumUp(withoutLedger(options.range), sumUpOptions(options));
    if (!UNREADABLE.test(code)) throw error;
    throw new UsageError(
      `The database cannot be read (${code}). Check --database and the rights of its user.`,
      {
        cause: error,
      },
    );
  }
}

async function readSnapshot(database: Database, secretKey: string, options: Options): Promise<BlastRadius> {
  const connection = await database.connect();
  try {
    await connection.command("begin isolation level repeatable read read only");
    const identity = createIdentity(deriveKeys(secretKey));
    const findings = await readBlastRadius(connection.query, identity, options.range);
    await connection.command("commit");
    return sumUp(findings, sumUpOptions(options));
  } finally {
    // One question, one connection: whatever state it is in, nobody needs it again.
    connection.release(true);
  }
}

const sumUpOptions = ({ range, hasList }: Options) => ({ range, hasList, readAt: new Date() });

function withoutLedger({ from, to }: Range) {
  const gap = { worker: null, isOpen: false, lost: null, fromMs: from.getTime(), untilMs: to.getTime() };
  const gaps = [{ ...gap, cause: "no-ledger" as const }];
  return { exposures: [], numbers: new Map(), sharedNumbers: [], blocked: [], gaps, answers: 0 };
}

/** A range that ends now is complete some seconds later: that is waited for, once, and not longer. */
async function waitForLastWord({ query }: Database, to: Date): Promise<void> {
  if (Date.now() - to.getTime() > SILENCE_MS_MAX) return;
  const deadline = performance.now() + LAST_WORD_SECONDS_MAX * 1_000;
  while (performance.now() < deadline) {
    const [word] = await query<{ isAwaited: boolean }>(READ_LAST_WORD, [to.toISOString()]);
    if (word?.isAwaited !== true) return;
    await sleep(POLL_MS);
  }
}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      from: { type: "string" },
      to: { type: "string" },
      lang: { type: "string", default: "en" },
      format: { type: "string", default: "markdown" },
      list: { type: "boolean", default: false },
    },
  });
  const range = { from: parseMoment("--from", values.from), to: parseMoment("--to", values.to) };
  if (range.from >= range.to) throw new UsageError("--from must be before --to.");
  if (range.to.getTime() > Date.now())
    throw new UsageError("--to lies in the future, of which no ledger can tell. Leave it out for now.");
  const language = LANGUAGES.find((known) => known === values.lang);
  if (language === undefined)
    throw new UsageError(`--lang ${values.lang}: expected ${LANGUAGES.join(" or ")}.`);
  const { format } = values;
  if (format !== "markdown" && format !== "json")
    throw new UsageError(`--format ${format}: expected markdown or json.`);
  return { range, language, format, hasList: values.list };
}

/** With a time zone, or a whole day in UTC: an hour that means another one elsewhere would hide a leak. */
const MOMENT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2}))?$/;

function parseMoment(name: string, text: string | undefined): Date {
  const moment = new Date(text ?? Number.NaN);
  if (text !== undefined && MOMENT.test(text) && !Number.isNaN(moment.getTime())) return moment;
  throw new UsageError(
    `${name} ${text ?? "is missing"}: a time with its zone is needed. Type e.g. ${name} 2026-12-04T19:00:00+09:00.`,
  );
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const isUsage = error instanceof UsageError;
    const story = error instanceof Error ? error.stack : String(error);
    process.stderr.write(isUsage ? `${error.message}\n` : `This is a bug.\n${story}\n`);
    process.exitCode = isUsage ? EXIT.usage : EXIT.bug;
  },
);

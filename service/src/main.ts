import { rename, writeFile } from "node:fs/promises";
import pino from "pino";
import { type Config, readConfig } from "./config.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./db/embedded-postgres.ts";
import { FAULTS } from "./faults/catalogue/catalogue.ts";
import { findFault } from "./faults/find-fault.ts";
import { DEFAULT_SEAMS } from "./seams.ts";
import { createService, type Service } from "./service.ts";
import { UsageError } from "./usage-error.ts";

const EXIT = { usage: 2, bug: 70 } as const;
/** How soon an orphaned service notices that whoever started it is gone. */
const PARENT_POLL_MS = 500;

async function main(): Promise<void> {
  if (process.argv.includes("--list-faults")) {
    process.stdout.write(`${JSON.stringify(FAULTS, null, 2)}\n`);
    return;
  }
  const stopAsked = whenAskedToStop();
  const config = readConfig(process.env);
  // To standard error and without a line for each request: at 10,000 a second the log would be the bottleneck, and
  // what happened is in the metrics. Written at once, because what is logged is rare and matters after a crash.
  const log = pino({ level: config.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
  const seams = config.fault === undefined ? DEFAULT_SEAMS : findFault(config.fault).apply(DEFAULT_SEAMS);
  if (config.fault !== undefined)
    log.warn({ fault: config.fault }, "a deliberate fault is on; what it takes from the schema stays taken");

  const embedded =
    config.databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir: config.dataDir }) : undefined;
  const databaseUrl = config.databaseUrl ?? embedded?.url ?? "";
  try {
    const service = await createService({ config, databaseUrl, seams, log });
    await announce(service, databaseUrl, config);
    log.info(
      `stopping: ${await Promise.race([stopAsked, whenOrphaned(config), whenDatabaseEnds(embedded)])}`,
    );
    await service.close();
  } finally {
    await embedded?.stop();
  }
}

async function announce({ url }: Service, databaseUrl: string, { readyFile }: Config): Promise<void> {
  process.stdout.write(
    `Crowdproof's reference service is at ${url} (pid ${process.pid}). Ctrl-C stops it.\n`,
  );
  if (readyFile === undefined) return;
  // Renamed into place, so that whoever waits for the file never reads half of it. It holds the database's password.
  await writeFile(`${readyFile}.part`, JSON.stringify({ url, databaseUrl, pid: process.pid }), {
    mode: 0o600,
  });
  await rename(`${readyFile}.part`, readyFile);
}

function whenAskedToStop(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => resolve(signal));
  });
}

/** Started by a program (READY_FILE), the service must not outlive it, however that ended. */
function whenOrphaned({ readyFile }: Config): Promise<string> {
  return new Promise((resolve) => {
    if (readyFile === undefined) return;
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && resolve("its parent is gone"), PARENT_POLL_MS).unref();
    process.stdin.on("end", () => resolve("its standard input ended")).resume();
  });
}

function whenDatabaseEnds(embedded: EmbeddedPostgres | undefined): Promise<string> {
  return embedded?.ended.then((words) => `the embedded PostgreSQL ended: ${words}`) ?? new Promise(() => {});
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    const isUsage = error instanceof UsageError;
    const text = isUsage
      ? error.message
      : `This is a bug.\n${error instanceof Error ? error.stack : String(error)}`;
    process.stderr.write(`${text}\n`);
    process.exit(isUsage ? EXIT.usage : EXIT.bug);
  },
);

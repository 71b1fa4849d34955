import { rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { type Config, forgetSecrets, readConfig } from "../config.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../db/embedded-postgres.ts";
import { prepareDatabase } from "../db/migrate.ts";
import { errorCodeOf } from "../db/sql-state.ts";
import { findFault } from "../faults/find-fault.ts";
import { freePort } from "../free-port.ts";
import { createLog } from "../log.ts";
import { createParentAlarmMetrics } from "../metrics/alarm-metrics.ts";
import { createFleetMetrics, type FleetMetrics } from "../metrics/fleet-metrics.ts";
import { createMailMetrics } from "../metrics/mail-metrics.ts";
import { DEFAULT_SEAMS, type Seams } from "../seams.ts";
import { UsageError } from "../usage-error.ts";
import type { AppointmentBook } from "../waiting-room/appointment-book.ts";
import { answerFromBook } from "../waiting-room/book-link.ts";
import { openBook } from "../waiting-room/open-book.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { allAs, createLogins, type RoleUrls } from "./logins.ts";
import { startParentMailer } from "./parent-mailer.ts";
import { startWatch } from "./watch.ts";

/** How soon an orphaned service notices that whoever started it is gone. */
const STARTER_POLL_MS = 500;

/**
 * The parent process: what there is once for all workers (the database's schema, the admin server, …) and the workers
 * themselves. Resolves when it was asked to stop and everything has ended.
 */
export async function runParent(env: NodeJS.ProcessEnv): Promise<void> {
  const stopAsked = whenAskedToStop();
  const config = readConfig(env);
  forgetSecrets(env);
  const log = createLog(config);
  const seams = config.fault === undefined ? DEFAULT_SEAMS : findFault(config.fault).apply(DEFAULT_SEAMS);
  if (config.fault !== undefined)
    log.warn({ fault: config.fault }, "a deliberate fault is on; what it takes from the schema stays taken");
  const embedded =
    config.databaseUrl === undefined
      ? await startEmbeddedPostgres({ dataDir: config.dataDir, giveUp: stopAsked.then(letStart) })
      : undefined;
  const databaseUrl = config.databaseUrl ?? embedded?.url ?? "";
  try {
    const urls = await prepareAsOwner(config, databaseUrl, seams, log);
    const book = await openBook({ config, databaseUrl: urls.service, seams, log });
    try {
      await serve({ config, databaseUrl, urls, seams, log, book }, () =>
        Promise.race([stopAsked, whenOrphaned(config), whenDatabaseEnds(embedded)]),
      );
    } finally {
      await book.close();
    }
  } finally {
    await embedded?.stop();
  }
}

/** A start takes a few seconds, and ends best by itself; one that hangs must not keep us for ever. */
const START_GRACE_MS = 10_000;
const letStart = () => sleep(START_GRACE_MS, undefined, { ref: false });

interface Serving {
  readonly config: Config;
  /** The owner's, for whoever reads READY_FILE. */
  readonly databaseUrl: string;
  readonly urls: RoleUrls;
  readonly seams: Seams;
  readonly log: Logger;
  readonly book: AppointmentBook;
}

async function serve(
  { config, databaseUrl, urls, seams, log, book }: Serving,
  whenToStop: () => Promise<string>,
): Promise<void> {
  const port = config.port === 0 ? await drawPort(config.host) : config.port;
  const mails = createMailMetrics();
  const alarms = createParentAlarmMetrics();
  let fleet: Fleet | undefined;
  let countExit: FleetMetrics["countExit"] = () => {};
  const watch = await startWatch({
    config,
    urls,
    log,
    createPages(campaign) {
      const pages = createFleetMetrics({
        planVisitorsPerSecond: config.planVisitorsPerSecond,
        workers: () => fleet?.counts() ?? { starting: config.workers, serving: 0, leaving: 0, silent: 0 },
        workersWanted: () => fleet?.wanted() ?? config.workers,
        isDeploying: () => fleet?.isDeploying() ?? false,
        silentSeconds: () => fleet?.silentSeconds() ?? 0,
        snapshots: async (page) => [
          campaign.snapshot(page),
          mails.snapshot(page),
          alarms.snapshot(page),
          ...((await fleet?.snapshots(page)) ?? []),
        ],
      });
      countExit = pages.countExit;
      return pages;
    },
    countPush: alarms.countPush,
  });
  const mailer = startParentMailer({
    ...{ config, databaseUrl: urls.mailer, seams, log, raiseAlarm: watch.raiseAlarm },
    countAnomaly: alarms.countAnomaly,
    count: mails.count,
  });
  try {
    fleet = await startFleet({
      // A worker meets the world: it knows neither the owner's login nor the mail server's.
      settings: {
        config: { ...config, port, databaseUrl: undefined, smtpUrl: undefined },
        databaseUrl: urls.service,
      },
      log,
      attach: (link) => answerFromBook(link, book),
      onExit: (reason, last) => countExit(reason, last),
    });
    const stopRestarting = restartOnHangup(fleet, log);
    try {
      await announce({ url: fleet.url, adminUrl: watch.url, databaseUrl }, config);
      log.info(`stopping: ${await whenToStop()}`);
    } finally {
      stopRestarting();
      await fleet.stop();
    }
  } finally {
    await mailer.close();
    await watch.close();
  }
}

async function drawPort(host: string): Promise<number> {
  try {
    return await freePort(host);
  } catch (error) {
    const code = errorCodeOf(error);
    if (code === "") throw error;
    throw new UsageError(
      `HOST: the service cannot listen on ${host} (${code}). Set it to an address of this machine.`,
      { cause: error },
    );
  }
}

/** Brings the schema up to date and gives every part of the service a login that may do no more than its work. */
async function prepareAsOwner(config: Config, url: string, seams: Seams, log: Logger): Promise<RoleUrls> {
  const database = seams.createDatabase({
    url,
    connectionsMax: 1,
    statementSecondsMax: config.statementSecondsMax,
    connectSecondsMax: config.connectSecondsMax,
    onIdleError: (error) => log.warn({ name: error.name }, "an idle database connection died"),
  });
  try {
    await prepareDatabase(database, { config, databaseUrl: url, extra: seams.schema });
    // A fault changes rows that the service's own login may not.
    if (config.fault !== undefined) return allAs(url);
    const urls = await createLogins({ database, ownerUrl: url, secretKey: config.secretKey });
    if (urls !== undefined) return urls;
    log.warn(
      "the user of DATABASE_URL may not make logins (CREATEROLE): every part of the service runs as that user",
    );
    return allAs(url);
  } finally {
    await database.close();
  }
}

interface Places {
  readonly url: string;
  readonly adminUrl: string;
  readonly databaseUrl: string;
}

async function announce(places: Places, { readyFile }: Config): Promise<void> {
  process.stdout.write(
    `Crowdproof's reference service is at ${places.url} (pid ${process.pid}), its metrics at ${places.adminUrl}/metrics. Ctrl-C stops it.\n`,
  );
  if (readyFile === undefined) return;
  const part = `${readyFile}.part`;
  try {
    // Renamed into place, so that whoever waits for the file never reads half of it. It holds the database's password.
    await writeFile(part, JSON.stringify({ ...places, pid: process.pid }), { mode: 0o600 });
    await rename(part, readyFile);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw new UsageError(
      `READY_FILE: ${readyFile} cannot be written (${errorCodeOf(error)}). Make its folder, or name a file elsewhere.`,
      { cause: error },
    );
  }
}

function whenAskedToStop(): Promise<string> {
  // Until the workers serve there is nothing to restart; a hang-up then must not end the start.
  process.on("SIGHUP", () => {});
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve(signal));
  });
}

function restartOnHangup(fleet: Fleet, log: Logger): () => void {
  const restart = () => {
    log.info("rolling restart: begins");
    fleet.restart().then(
      () => log.info("rolling restart: done"),
      (error: unknown) =>
        log.error({ words: error instanceof Error ? error.message : "" }, "rolling restart: given up"),
    );
  };
  process.on("SIGHUP", restart);
  return () => process.off("SIGHUP", restart);
}

/** Started by a program (READY_FILE), the service must not outlive it, however that ended. */
function whenOrphaned({ readyFile }: Config): Promise<string> {
  return new Promise((resolve) => {
    if (readyFile === undefined) return;
    const starter = process.ppid;
    setInterval(
      () => process.ppid !== starter && resolve("whoever started it is gone"),
      STARTER_POLL_MS,
    ).unref();
    process.stdin.on("end", () => resolve("its standard input ended")).resume();
  });
}

function whenDatabaseEnds(embedded: EmbeddedPostgres | undefined): Promise<string> {
  return embedded?.ended.then((words) => `the embedded PostgreSQL ended: ${words}`) ?? new Promise(() => {});
}

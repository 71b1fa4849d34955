import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { processesOf, ROOT } from "./command-line.ts";

/** Twenty seconds on a quiet machine. */
const SECONDS_MAX = 380;
vi.setConfig({ testTimeout: 400_000 });

const PROGRAM = join(ROOT, "loadtests", "crash", "crash.ts");
/** Of seed 1: round 13 begins with kill −9 of a worker, round 1 of the parent. */
const WORKER_KILL = "13";

let folder: string;
let child: ChildProcess;
let said: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crowdproof-test-"));
  // Run as root, PostgreSQL is the user `postgres`, who must be able to enter it.
  chmodSync(folder, 0o755);
});

afterEach(() => {
  child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** What each thread of a process waits for in the kernel, where the kernel tells. */
function threadsOf(pid: number | undefined): string[] {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return [];
  return readdirSync(tasks).map(
    (task) => `  thread ${read(join(tasks, task, "comm"))} in ${read(join(tasks, task, "wchan"))}`,
  );
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The command, with everything it keeps in the test's own folder; gives its exit code. */
async function crash(...args: string[]): Promise<number | null> {
  said = "";
  child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => (said += String(text)));
  const end = AbortSignal.timeout(SECONDS_MAX * 1_000);
  try {
    const [code] = await once(child, "exit", { signal: end });
    expect(said).not.toContain("something was left open");
    return code;
  } catch (cause) {
    if (!end.aborted) throw cause;
    const running = [...processesOf(folder), ...threadsOf(child.pid)].join("\n");
    throw new Error(`not done after ${SECONDS_MAX} s; it said:\n${said}\nrunning:\n${running}`, { cause });
  }
}

const leftBehind = () => ({
  processes: processesOf(folder),
  files: readdirSync(folder).filter((name) => name.startsWith("crowdproof-")),
});
const NOTHING = { processes: [], files: [] };

test("two rounds of a healthy service lose nobody, and leave nothing behind", async () => {
  const code = await crash("--rounds", "2", "--seed", "1");
  expect(said).toContain("2 of 2 rounds passed every check");
  expect(code).toBe(0);
  expect(leftBehind()).toEqual(NOTHING);
});

test("a service that keeps registrations in memory is seen to lose them by a kill −9, and how to judge it again is told", async () => {
  const code = await crash("--round", WORKER_KILL, "--seed", "1", "--fault", "write-behind");
  expect(said).toMatch(/acks-durable: \d+ acknowledged members are missing/);
  expect(said).toMatch(/npx crowdproof judge \S+round-13-/);
  expect(code).toBe(1);
});

test("Ctrl-C stops everything, says how to go on, and the next run goes on there", async () => {
  const ended = crash("--rounds", "2", "--seed", "1");
  await expect.poll(() => said, { timeout: 240_000 }).toMatch(/✓ +1 /);
  child.kill("SIGINT");
  expect(await ended).toBe(130);
  expect(leftBehind()).toEqual(NOTHING);
  const [, resume = ""] = /--resume (\S+)/.exec(said) ?? [];
  await crash("--rounds", "2", "--seed", "1", "--resume", resume);
  expect(said).toContain("2 rounds of seed 1, 1 of them done");
  expect(said).toContain("2 of 2 rounds passed every check");
});

test("Ctrl-C in a single round names that round as the one to go on with", async () => {
  const ended = crash("--round", WORKER_KILL, "--seed", "1");
  await expect.poll(() => said, { timeout: 60_000 }).toContain("1 rounds of seed 1");
  child.kill("SIGINT");
  expect(await ended).toBe(130);
  expect(said).toMatch(/To go on: npm run crash -- --seed 1 --round 13 --resume \S+-crash-1\n/);
});

test("a folder to resume that holds no rounds is refused, and not made", async () => {
  expect(await crash("--resume", "typo")).toBe(2);
  expect(said).toContain("holds no rounds.ndjson");
  expect(said).toContain("leave --resume out");
  expect(existsSync(join(folder, "typo"))).toBe(false);
});

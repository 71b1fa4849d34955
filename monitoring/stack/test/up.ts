import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type ExpectStatic, it } from "vitest";

/** PostgreSQL, two workers and three more on a machine that has other things to do. */
export const WITHIN = { timeout: 120_000, interval: 200 };
export const TEST_MS = 300_000;
const MAIN = join(import.meta.dirname, "..", "up-main.ts");

/** `npm run up`, as a person has it before them. */
export interface Up {
  readonly child: ChildProcess;
  /** Everything it and its children write to disk. */
  readonly room: string;
  readonly folder: string;
  readonly said: () => string;
  readonly exited: Promise<unknown[]>;
}

export type Environment = Readonly<Record<string, string>>;

/** Stops what a test has started. */
export const test = it.extend<{
  start: (...args: string[]) => Promise<Up>;
  /** The same with keys of its own. */
  startWith: (env: Environment, ...args: string[]) => Promise<Up>;
}>({
  start: ({ startWith }, use) => use((...args) => startWith({}, ...args)),
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures a fixture needs from the pattern.
  startWith: async ({}, use) => {
    const started: Up[] = [];
    await use(async (env, ...args) => {
      const up = await startUp(args, env);
      started.push(up);
      return up;
    });
    for (const up of started) {
      up.child.kill("SIGTERM");
      await up.exited;
      await rm(up.room, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
    }
  },
});

async function startUp(args: string[], env: Environment): Promise<Up> {
  const room = await mkdtemp(join(tmpdir(), "crowdproof-up-test-"));
  // Run as root, PostgreSQL is the user `postgres`, who must be able to enter.
  await chmod(room, 0o755);
  const folder = join(room, "up");
  const child = spawn(process.execPath, [MAIN, "--folder", folder, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: room, ...env },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  return { child, room, folder, said: () => said, exited: once(child, "exit") };
}

export async function whenUp({ child, said }: Up, expect: ExpectStatic): Promise<void> {
  await expect
    .poll(() => (child.exitCode === null ? said() : `ended: ${said()}`), WITHIN)
    .toMatch(/^ended|^ {2}with a fault /m);
  expect(child.exitCode, said()).toBeNull();
}

/** Whoever has the run's folder in its command line or its environment. */
export function processesOf({ room }: Up): string[] {
  return readdirSync("/proc").filter(
    (pid) =>
      /^\d+$/.test(pid) &&
      ["cmdline", "environ"].some((part) => read(join("/proc", pid, part)).includes(room)),
  );
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // It ended meanwhile, or is somebody else's.
    return "";
  }
}

export const urlIn = (up: Up, name: string) =>
  new RegExp(`^  ${name} +(http://[\\d.:]+)`, "m").exec(up.said())?.[1] ?? "";

export const ROOT = join(import.meta.dirname, "../../..");
const COMMAND = join(ROOT, "loadtests", "bin", "crowdproof.mjs");

/** The same in a shell, without waiting for npx. */
export function asTyped(command: string): string {
  return command.replaceAll("npx crowdproof", `"${process.execPath}" "${COMMAND}"`);
}

/** A line of the screen, as a person types it in another terminal. */
export async function typed(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)("bash", ["-c", asTyped(command)], { cwd: ROOT });
  return stdout;
}

/** What the screen says behind some words, up to the end of the line, or of those that go on with a backslash. */
export function commandIn({ said }: Up, words: string): string {
  const found = new RegExp(`^  ${words} +((?:.*\\\\\\n)*.*)$`, "m").exec(said())?.[1];
  return found ?? `echo no "${words}" on the screen; false`;
}

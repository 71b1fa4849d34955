import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, type ExpectStatic, it } from "vitest";
import { describeWith } from "../../../loadtests/test/needs.ts";
import { PORTS } from "../../catalogue/ports.ts";
import { keepBursting } from "../../states/crowd.ts";

/** PostgreSQL, two workers and three more on a machine that has other things to do. */
const WITHIN = { timeout: 120_000, interval: 200 };
const TEST_MS = 300_000;
const MAIN = join(import.meta.dirname, "..", "up-main.ts");

interface Up {
  readonly child: ChildProcess;
  /** Everything it and its children write to disk. */
  readonly room: string;
  readonly folder: string;
  readonly said: () => string;
  readonly exited: Promise<unknown[]>;
}

const test = it.extend<{ start: (...args: string[]) => Promise<Up> }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures a fixture needs from the pattern.
  start: async ({}, use) => {
    const started: Up[] = [];
    await use(async (...args) => {
      const up = await startUp(args);
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

async function startUp(args: string[]): Promise<Up> {
  const room = await mkdtemp(join(tmpdir(), "crowdproof-up-test-"));
  // Run as root, PostgreSQL is the user `postgres`, who must be able to enter.
  await chmod(room, 0o755);
  const folder = join(room, "up");
  const child = spawn(process.execPath, [MAIN, "--folder", folder, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: room },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  return { child, room, folder, said: () => said, exited: once(child, "exit") };
}

async function whenUp({ child, said }: Up, expect: ExpectStatic): Promise<void> {
  await expect
    .poll(() => (child.exitCode === null ? said() : `ended: ${said()}`), WITHIN)
    .toMatch(/^ended|What Alertmanager says/m);
  expect(child.exitCode, said()).toBeNull();
}

/** Whoever has the run's folder in its command line or its environment. */
function processesOf({ room }: Up): string[] {
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

const urlIn = (up: Up, name: string) =>
  new RegExp(`^  ${name} +(http://[\\d.:]+)`, "m").exec(up.said())?.[1] ?? "";

const ROOT = join(import.meta.dirname, "../../..");
const COMMAND = join(ROOT, "loadtests", "bin", "crowdproof.mjs");

/** A line of the screen, as a person types it in another terminal. */
async function typed(command: string): Promise<string> {
  const line = command.replaceAll("npx crowdproof", `"${process.execPath}" "${COMMAND}"`);
  const { stdout } = await promisify(execFile)("bash", ["-c", line], { cwd: ROOT });
  return stdout;
}

/** What the screen says behind a word, up to the line's end. */
function commandIn({ said }: Up, word: string): string {
  return new RegExp(`^  ${word} +(.*)$`, "m").exec(said())?.[1] ?? `echo no "${word}" on the screen; false`;
}

describe.skipIf(!existsSync("/proc/self/environ"))("npm run up", () => {
  test.concurrent("starts all of it, says where it is and who may do what, and Ctrl-C leaves only tokens and logs", {
    timeout: TEST_MS,
  }, async ({ start, expect }) => {
    const up = await start("--free-ports");
    await whenUp(up, expect);
    expect(await (await fetch(`${urlIn(up, "sign up")}/healthz`)).text()).toContain("alive");
    expect((await fetch(`${urlIn(up, "receiver")}/healthz`)).status).toBe(200);
    expect((await stat(up.folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(up.folder, "jane.token"))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(up.folder, "env"), "utf8")).toContain(urlIn(up, "sign up"));
    expect(
      await typed(`. ${join(up.folder, "env")}; xargs -0 < "/proc/$SERVICE_PID/cmdline"`),
      "SIGHUP goes to",
    ).toMatch(/service\/src\/main\.ts$/m);
    expect(await halt(up)).toMatchObject({ phase: "halted" });
    expect(processesOf(up).length).toBeGreaterThan(4);
    up.child.kill("SIGINT");
    expect(await up.exited).toEqual([0, null]);
    await expect.poll(() => processesOf(up), WITHIN).toEqual([]);
    await expect.poll(() => readdir(up.room), WITHIN).toEqual(["up"]);
  });

  test.concurrent("leaves no process behind when it is killed", { timeout: TEST_MS }, async ({
    start,
    expect,
  }) => {
    const up = await start("--free-ports", "--fault", "module-variable");
    await whenUp(up, expect);
    expect(up.said()).toContain("with the fault module-variable switched on");
    up.child.kill("SIGKILL");
    await expect.poll(() => processesOf(up), WITHIN).toEqual([]);
    await expect.poll(() => readdir(up.room), WITHIN).toEqual(["up"]);
  });

  test.concurrent("says which port is taken, and how to do without", { timeout: TEST_MS }, async ({
    start,
    expect,
  }) => {
    // Ours, or another program's that has it already: the same to whoever types it.
    const other = createServer()
      .listen(PORTS.receiver, "127.0.0.1")
      .on("error", () => {});
    await Promise.race([once(other, "listening"), once(other, "error")]);
    try {
      const up = await start();
      expect(await up.exited).toEqual([2, null]);
      expect(up.said()).toContain(
        `The receiver cannot listen on 127.0.0.1:${PORTS.receiver}: another program does.`,
      );
      expect(up.said()).toContain("npm run up -- --free-ports");
      await expect.poll(() => processesOf(up), WITHIN).toEqual([]);
    } finally {
      other.close();
    }
  });
});

/** As the screen says to. */
async function halt(up: Up): Promise<unknown> {
  const answer = await fetch(`${urlIn(up, "admin")}/halt`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${await readFile(join(up.folder, "jane.token"), "utf8")}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ reason: "I want to see it" }),
  });
  return answer.json();
}

describeWith("alertmanager", "npm run up on the evening of a campaign", () => {
  describeWith("prometheus", "with a fault switched on", () => {
    test("pages and closes the campaign, and the commands on its screen say what happened and to whom", {
      timeout: TEST_MS,
    }, async ({ start, expect }) => {
      const up = await start("--free-ports", "--fault", "module-variable");
      await whenUp(up, expect);
      const people = keepBursting(urlIn(up, "sign up"), 64);
      try {
        // The service's own push, and the rule's.
        await expect.poll(up.said, WITHIN).toMatch(/IdAnomaly/);
        await expect.poll(() => stateOf(up), WITHIN).toMatchObject({ phase: "halted" });
      } finally {
        await people.stop();
      }
      await expect.poll(() => typed(`${commandIn(up, "watch it")} --once`), WITHIN).toMatch(/halted/i);
      expect(await typed(commandIn(up, "open a runbook"))).toContain("IdAnomaly");
      const affected = await typed(`${commandIn(up, "who is affected")} --lang en || test $? -eq 3`);
      expect(affected).toMatch(/withheld/i);
    });
  });
});

async function stateOf(up: Up): Promise<unknown> {
  return (await fetch(`${urlIn(up, "admin")}/state`)).json();
}

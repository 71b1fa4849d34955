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

type Environment = Readonly<Record<string, string>>;

const test = it.extend<{
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

async function whenUp({ child, said }: Up, expect: ExpectStatic): Promise<void> {
  await expect
    .poll(() => (child.exitCode === null ? said() : `ended: ${said()}`), WITHIN)
    .toMatch(/^ended|^ {2}with a fault /m);
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

/** Fewer programs start sooner. */
const NOWHERE = { PROMETHEUS_BIN: "/nowhere", ALERTMANAGER_BIN: "/nowhere" };

describe.skipIf(!existsSync("/proc/self/environ"))("npm run up", () => {
  test.concurrent("starts all of it, says where it is and who may do what, and Ctrl-C leaves only tokens and logs", {
    timeout: TEST_MS,
  }, async ({ start, expect }) => {
    const up = await start("--free-ports", "--planned", "43.5");
    await whenUp(up, expect);
    expect(await (await fetch(`${urlIn(up, "admin")}/metrics`)).text()).toMatch(
      /^crowdproof_plan_visitors_per_second 43\.5$/m,
    );
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

  test.concurrent("says first that nobody is paged where nothing is there to page, and what to mend", {
    timeout: TEST_MS,
  }, async ({ startWith, expect }) => {
    const up = await startWith(NOWHERE, "--free-ports");
    await whenUp(up, expect);
    expect(up.said()).toMatch(
      /^Up, but NOBODY IS PAGED: Alertmanager is not here\. Ctrl-C stops all of it\.$/m,
    );
    expect(up.said()).not.toMatch(/Everything is up|What Alertmanager says/);
    expect(up.said()).toMatch(
      /^ {2}Prometheus {5}not here: no numbers, no rules, no dashboards\. PROMETHEUS_BIN is \/nowhere, which is no program: correct or unset it\.$/m,
    );
    expect(up.said()).toMatch(
      /^ {2}Alertmanager {3}not here: nobody is paged, .*\. ALERTMANAGER_BIN is \/nowhere, which is no program: /m,
    );
  });

  test.concurrent("ends, and leaves no process behind, when its service is killed", {
    timeout: TEST_MS,
  }, async ({ startWith, expect }) => {
    const up = await startWith(NOWHERE, "--free-ports");
    await whenUp(up, expect);
    const pid = /SERVICE_PID='(\d+)'/.exec(await readFile(join(up.folder, "env"), "utf8"))?.[1];
    process.kill(Number(pid), "SIGKILL");
    expect(await up.exited).toEqual([2, null]);
    await expect
      .poll(up.said, WITHIN)
      .toMatch(/The service ended \(SIGKILL\); its log is .* The rest was stopped\./);
    await expect.poll(() => processesOf(up), WITHIN).toEqual([]);
  });

  test.concurrent("stops what it has started when Ctrl-C comes during the start, and once more while it stops", {
    timeout: TEST_MS,
  }, async ({ startWith, expect }) => {
    const up = await startWith(NOWHERE, "--free-ports");
    await expect.poll(up.said, { ...WITHIN, interval: 20 }).toContain("starting service, PostgreSQL");
    expect(processesOf(up).length).toBeGreaterThan(1);
    up.child.kill("SIGINT");
    await expect.poll(up.said, { ...WITHIN, interval: 5 }).toContain("Stopping everything");
    up.child.kill("SIGINT");
    expect(await up.exited).toEqual([130, null]);
    expect(up.said()).toContain("Stopped before everything was up.");
    expect(up.said()).not.toContain("with a fault");
    await expect.poll(() => processesOf(up), WITHIN).toEqual([]);
    await expect.poll(() => readdir(up.room), WITHIN).toEqual(["up"]);
  });

  test.concurrent.for([
    { args: ["--fautl", "x"], words: /^Unknown option '--fautl'/ },
    { args: ["--planned", "many"], words: /^--planned many: expected visitors a second/ },
    { args: ["--workers", "0"], words: /^--workers 0: expected a number of processes/ },
    {
      args: ["--folder", "/dev/null"],
      words: /^The run's folder cannot be made .* Name a new one: --folder DIR$/m,
    },
  ])("refuses $args in a sentence", { timeout: TEST_MS }, async ({ args, words }, { start, expect }) => {
    const up = await start(...args);
    expect(await up.exited).toEqual([2, null]);
    await expect.poll(up.said, WITHIN).toMatch(words);
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

/** Grafana is not installed where this is tested: it says where it would listen. */
const STAND_IN = join(import.meta.dirname, "stand-in-grafana.sh");

describeWith("alertmanager", "npm run up on the evening of a campaign", () => {
  describeWith("prometheus", "with a fault switched on", () => {
    test("pages and closes the campaign, and the commands on its screen say what happened and to whom", {
      timeout: TEST_MS,
    }, async ({ startWith, expect }) => {
      const up = await startWith({ GRAFANA_BIN: STAND_IN }, "--free-ports", "--fault", "module-variable");
      await whenUp(up, expect);
      const people = keepBursting(urlIn(up, "sign up"), 64);
      try {
        const links = {
          runbook_url: `${urlIn(up, "receiver")}/runbooks/IdAnomaly`,
          dashboard_url: `${urlIn(up, "Grafana")}/d/crowdproof-identity`,
        };
        // The service's own push, and the rule's.
        await expect.poll(() => linksByLane(up), WITHIN).toEqual({ push: links, rule: links });
        expect(up.said()).toMatch(/Z PAGE +IdAnomaly /);
        await expect.poll(() => stateOf(up), WITHIN).toMatchObject({ phase: "halted" });
      } finally {
        await people.stop();
      }
      await expect.poll(() => typed(`${commandIn(up, "watch it")} --once`), WITHIN).toMatch(/halted/i);
      expect(await typed(commandIn(up, "open a runbook"))).toContain("IdAnomaly");
      const affected = await typed(`${commandIn(up, "who is affected")} --lang en || test $? -eq 3`);
      expect(affected).toMatch(/another person's data \| [1-9]/);
      const dashboard = await readFile(join(up.folder, "grafana", "dashboards", "identity.json"), "utf8");
      expect(dashboard).toContain(`${urlIn(up, "receiver")}/runbooks`);
    });
  });
});

interface Told {
  alerts: { labels: Record<string, string>; annotations: Record<string, string> }[];
}

/** Of what the receiver was told of IdAnomaly, by who told it. */
async function linksByLane(up: Up): Promise<Record<string, unknown>> {
  const answer = await fetch(`${urlIn(up, "receiver")}/notifications`);
  const { notifications } = (await answer.json()) as { notifications: Told[] };
  return Object.fromEntries(
    notifications
      .flatMap(({ alerts }) => alerts)
      .filter(({ labels }) => labels["alertname"] === "IdAnomaly")
      .map(({ labels, annotations: { runbook_url, dashboard_url } }) => [
        labels["lane"],
        { runbook_url, dashboard_url },
      ]),
  );
}

async function stateOf(up: Up): Promise<unknown> {
  return (await fetch(`${urlIn(up, "admin")}/state`)).json();
}

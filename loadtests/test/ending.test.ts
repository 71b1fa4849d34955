import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Desk, type Ended, kill, openDesk, ROOT, type Running, readVerdict } from "./command-line.ts";

/** 3 s on an idle machine (printed below); tests share theirs. */
const STOP_SECONDS_MAX = 15;
/** Starting PostgreSQL, sending some seconds, judging: on two cores that everybody shares. */
const TEST_MS_MAX = 120_000;

let desk: Desk;

beforeEach(() => {
  desk = openDesk();
  // Longer than any test waits: whatever ends, was ended.
  writeFileSync(
    join(desk.path, "long.yaml"),
    `claim: wiring
arrivals:
  pieces:
    - { name: trickle, shape: constant, seconds: 90, perSecond: 20 }
thinkTimes: { betweenSteps: { kind: constant, seconds: 0.05 } }
drainSeconds: 1
readBackSeconds: 1
`,
  );
});

/** However it ended: nothing runs on, and TMPDIR is as it was. */
afterEach(async () => {
  const left = { processes: await desk.processesAfter(STOP_SECONDS_MAX), folders: desk.temporary() };
  await desk.close();
  expect(left).toEqual({ processes: [], folders: [] });
});

/** A gate that is in the middle of sending. */
async function gateUnderWay(args: string[] = [], env: Record<string, string> = {}): Promise<Running> {
  const gate = desk.start(["gate", "long.yaml", "--engine", "embedded", "--out", "run", ...args], { env });
  await gate.until("Sending with");
  await untilHistory((line) => line.includes('"class":"served"'));
  return gate;
}

async function untilHistory(isThere: (line: string) => boolean): Promise<void> {
  const file = join(desk.path, "run", "events.ndjson");
  for (let tries = 0; tries < 600; tries++) {
    if (existsSync(file) && readFileSync(file, "utf8").split("\n").some(isThere)) return;
    await sleep(50);
  }
  throw new Error(`the history never had it: ${isThere}`);
}

async function timed(ending: Promise<Ended>): Promise<Ended & { seconds: number }> {
  const before = performance.now();
  const ended = await ending;
  return { ...ended, seconds: (performance.now() - before) / 1e3 };
}

const verdict = () => readVerdict(join(desk.path, "run"));
/** The deliberate wrong answers of the control are none. */
const isExposure = (line: string) => line.includes('"foreign":[{') && line.includes('"control":null');

describe("a gate that is stopped by", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "%s judges what there is, says unknown and exits 130",
    async (signal) => {
      const gate = await gateUnderWay();
      gate.signal(signal);
      const { exitCode, stdout, stderr, seconds } = await timed(gate.ended);
      process.stdout.write(`${signal}: stopped, judged and gone in ${seconds.toFixed(1)} s\n`);
      expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: "" });
      expect(seconds).toBeLessThan(STOP_SECONDS_MAX);
      // Before the command returned, not some time later.
      expect(desk.processes()).toEqual([]);
      expect(desk.temporary()).toEqual([]);
      expect(verdict()).toMatchObject({ outcome: "unknown", run: { stopped: "interrupted" } });
      expect(stdout).toMatch(/Stopping, and judging what there is/);
      expect(stdout).toMatch(/UNKNOWN.*the run was stopped by hand/);
      expect(existsSync(join(desk.path, "run", "report.html"))).toBe(true);
      // Without a terminal: plain lines, nothing that moves a cursor.
      expect(stdout).not.toContain("\u001b");
    },
    TEST_MS_MAX,
  );

  it(
    "Ctrl-C after an exposure says fail, and still exits 130",
    async () => {
      const gate = await gateUnderWay(["--fault", "shared-cache-key"]);
      await untilHistory(isExposure);
      gate.signal("SIGINT");
      expect(await gate.ended).toMatchObject({ exitCode: 130, stderr: "" });
      expect(verdict()).toMatchObject({ outcome: "fail", run: { stopped: "interrupted" } });
      expect(verdict().exposuresTotal).toBeGreaterThan(0);
    },
    TEST_MS_MAX,
  );

  it(
    "a second Ctrl-C leaves at once, and the service stops by itself",
    async () => {
      const gate = await gateUnderWay();
      gate.signal("SIGINT");
      await gate.until("Stopping");
      gate.signal("SIGINT");
      const { exitCode, seconds } = await timed(gate.ended);
      expect(exitCode).toBe(130);
      expect(seconds).toBeLessThan(2);
    },
    TEST_MS_MAX,
  );

  it(
    "Ctrl-C while the service starts has nothing to judge, and says so",
    async () => {
      const gate = desk.start(["gate", "long.yaml", "--engine", "embedded", "--out", "run"]);
      await gate.until("Starting the reference service");
      gate.signal("SIGINT");
      const { exitCode, stderr } = await gate.ended;
      expect({ exitCode, stderr }).toEqual({
        exitCode: 130,
        stderr: "Stopped before anything was sent: nothing to judge.\n",
      });
      expect(existsSync(join(desk.path, "run"))).toBe(false);
    },
    TEST_MS_MAX,
  );

  it.each([
    { what: "an exposure", fault: "shared-cache-key" },
    { what: "an exposure in a mail", fault: "mail-buffer-reuse" },
  ])(
    "$what, where it was asked to, exits 1 long before its plan is done",
    async ({ fault }) => {
      const gate = await gateUnderWay(["--fault", fault, "--stop-on-exposure"]);
      expect(await gate.ended).toMatchObject({ exitCode: 1, stderr: "" });
      const { outcome, exposuresTotal, run } = verdict();
      expect({ outcome, stopped: run.stopped }).toEqual({ outcome: "fail", stopped: "exposure" });
      expect(exposuresTotal).toBeGreaterThan(0);
      expect(run.visitorsStarted).toBeLessThan(run.visitorsPlanned / 2);
    },
    TEST_MS_MAX,
  );
});

describe("a gate that is killed with -9", () => {
  it.each([
    { fault: undefined, outcome: "unknown", exitCode: 3 },
    { fault: "shared-cache-key", outcome: "fail", exitCode: 1 },
  ])(
    "takes its service along, and its run is judged $outcome",
    async ({ fault, outcome, exitCode }) => {
      const gate = await gateUnderWay(fault === undefined ? [] : ["--fault", fault]);
      if (fault !== undefined) await untilHistory(isExposure);
      gate.signal("SIGKILL");
      await gate.ended;
      const before = performance.now();
      expect(await desk.processesAfter(STOP_SECONDS_MAX)).toEqual([]);
      process.stdout.write(`kill -9: all gone in ${((performance.now() - before) / 1e3).toFixed(1)} s\n`);
      // Nobody was left to remove the service's log and, once there was one, its mails; the database's password is not in there.
      const left = desk.temporary();
      expect(left).toHaveLength(1);
      for (const folder of left)
        expect([["service.log"], ["mails", "service.log"]]).toContainEqual(
          readdirSync(join(desk.path, "tmp", folder)).sort(),
        );
      for (const folder of left) rmSync(join(desk.path, "tmp", folder), { recursive: true });
      expect(await desk.run(["judge", "run"])).toMatchObject({ exitCode, stderr: "" });
      expect(verdict().outcome).toBe(outcome);
    },
    TEST_MS_MAX,
  );
});

describe("a service that dies in the middle makes the run unknown, with exit code 3:", () => {
  it.each([
    { name: "its process killed", victim: /service\/src\/main/ },
    { name: "its PostgreSQL killed", victim: /bin\/postgres -D/ },
    { name: "the keeper of its PostgreSQL killed", victim: /postgres-keeper/ },
  ])(
    "$name",
    async ({ victim }) => {
      const gate = await gateUnderWay();
      killOne(victim);
      const { exitCode, stderr, stdout } = await gate.ended;
      expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: "" });
      expect(verdict()).toMatchObject({ outcome: "unknown", run: { stopped: "target-gone" } });
      expect(stdout).toMatch(/UNKNOWN.*the target was gone/);
      expect(stdout).toMatch(/next +look into the target's log why it ended/);
    },
    TEST_MS_MAX,
  );

  it(
    "one that was given as --target",
    async () => {
      const service = desk.start(["serve", "--port", "0"]);
      await service.until("Ctrl-C stops it.");
      const exports = [...service.said().matchAll(/export (\w+)='([^']*)'/g)];
      const env = Object.fromEntries(exports.map(([, name = "", value = ""]) => [name, value]));
      const target = join(ROOT, "loadtests", "targets", "reference.yaml");
      const gate = await gateUnderWay(["--target", target], env);
      killOne(/service\/src\/main/);
      expect(await gate.ended).toMatchObject({ exitCode: 3 });
      expect(verdict()).toMatchObject({ outcome: "unknown", run: { stopped: "target-gone" } });
      const served = await service.ended;
      expect(served).toMatchObject({ exitCode: 3, stderr: "the service ended (SIGKILL)\n" });
    },
    TEST_MS_MAX,
  );
});

describe("a gate whose disk is full in the middle", () => {
  it.for([
    { fault: [], exitCode: 2, says: /what was recorded until then can be judged: npx crowdproof judge/i },
    { fault: ["--fault", "shared-cache-key"], exitCode: 1, says: /and mails had shown somebody else's data/ },
  ])(
    "stops sending, says what to type next and exits $exitCode",
    { timeout: TEST_MS_MAX },
    async ({ fault, exitCode, says }, { skip }) => {
      const disk = join(desk.path, "disk");
      mkdirSync(disk);
      if (!mountSmallDisk(disk)) skip("mounting a small disk needs root");
      try {
        const args = ["gate", "long.yaml", "--engine", "embedded", "--out", "disk/run", ...fault];
        const ended = await desk.run(args);
        expect(ended.exitCode, ended.stderr).toBe(exitCode);
        expect(ended.stderr).toMatch(/events\.ndjson cannot be written: no space is left on this disk/);
        expect(ended.stderr).toMatch(says);
        // What cannot be judged for want of space is no bug, and leaves nothing that takes more of it.
        expect(await desk.run(["judge", "disk/run"])).toMatchObject({
          exitCode: 2,
          stderr: expect.stringMatching(/no space is left on its disk; free some/),
        });
        expect(readdirSync(join(disk, "run")).sort()).toEqual(["events.ndjson", "plan.json"]);
      } finally {
        execFileSync("umount", [disk]);
      }
    },
  );
});

/** False where this user, or this container, may not. */
function mountSmallDisk(path: string): boolean {
  const args = ["-t", "tmpfs", "-o", "size=256k", "none", path];
  return spawnSync("mount", args, { stdio: "ignore" }).status === 0;
}

describe("two gates at once", () => {
  it(
    "disturb neither each other's people nor ports nor folders",
    async () => {
      const gates = [1, 2].map(() => desk.start(["gate", "smoke", "--engine", "embedded"]));
      const ended = await Promise.all(gates.map((gate) => gate.ended));
      const dirs = readdirSync(join(desk.path, "runs"));
      expect(dirs).toHaveLength(2);
      const verdicts = dirs.map((dir) => readVerdict(join(desk.path, "runs", dir)));
      expect(new Set(verdicts.map(({ run }) => run.runId)).size).toBe(2);
      for (const [index, { outcome, exposuresTotal, checks }] of verdicts.entries()) {
        // Unknown where two at once are too much for this machine: late starts, a lagging generator.
        expect(["pass", "unknown"]).toContain(outcome);
        expect(exposuresTotal).toBe(0);
        const invariants = checks.filter(({ kind, judged }) => kind === "invariant" && judged);
        expect(invariants, ended[index]?.stdout).toEqual(
          invariants.map((check) => ({ ...check, outcome: "pass" })),
        );
      }
      expect(ended.map(({ exitCode }) => [0, 3].includes(exitCode ?? -1))).toEqual([true, true]);
    },
    TEST_MS_MAX,
  );
});

function killOne(victim: RegExp): void {
  const line = desk.processes().find((process) => victim.test(process));
  if (line === undefined) throw new Error(`no such process: ${victim} in ${desk.processes().join("\n")}`);
  kill(Number(line.split(":")[0]));
}

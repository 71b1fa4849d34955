import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ExpectStatic, it } from "vitest";
import { describeWith } from "../../../loadtests/test/needs.ts";
import type { StackOptions } from "../stack-options.ts";
import { type Stack, startStack } from "../start-stack.ts";

/** A machine with other things to do; nothing here asserts how long anything takes. */
const WITHIN = { timeout: 60_000, interval: 100 };
const TEST_MS = 150_000;
const MAIN = join(import.meta.dirname, "..", "stack-main.ts");

/** A test's own, so that what is tested is the stack; they are evaluated as the real ones are. */
const RULES = `
groups:
  - name: watching
    interval: 1s
    rules:
      - alert: Watchdog
        expr: vector(time())
        labels: { severity: none }
        annotations: { description: 'Evaluated at {{ $value }}.' }
      - alert: IdAnomaly
        expr: vector(1)
        labels: { severity: page, halt: "true", kind: duplicate }
        annotations: { summary: seen, runbook_url: "http://127.0.0.1:9095/runbooks/IdAnomaly" }
`;

/** Each test has a folder of its own: they spend their time waiting for Prometheus' first words, and wait side by side. */
const test = it.extend<{ room: Room }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures a fixture needs from the pattern.
  room: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), "crowdproof-stack-test-"));
    const rulesFile = join(folder, "rules.yml");
    await writeFile(rulesFile, RULES);
    const stops: (() => Promise<unknown>)[] = [];
    await use({ folder, rulesFile, stops });
    for (const stop of stops) await stop();
    await rm(folder, { recursive: true });
  },
});

interface Room {
  readonly folder: string;
  readonly rulesFile: string;
  readonly stops: (() => Promise<unknown>)[];
}

async function start({ rulesFile, stops }: Room, options: Partial<StackOptions> = {}): Promise<Stack> {
  const stack = await startStack({ parameters: "quick", rulesFile, ...options });
  stops.push(stack.stop);
  return stack;
}

const isAlive = (pid: number) => existsSync(`/proc/${pid}`) || canSignal(pid);

function canSignal(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

interface Told {
  route: string;
  receiver: string;
  alerts: { labels: Record<string, string>; annotations: Record<string, string> }[];
}
const told = async ({ receiverUrl }: Stack) =>
  (await (await fetch(`${receiverUrl}/notifications`)).json()) as {
    notifications: Told[];
    watchdogLastMs: number;
  };
const health = async ({ receiverUrl }: Stack) => (await fetch(`${receiverUrl}/healthz`)).status;

interface Main {
  readonly child: ChildProcess;
  readonly pids: number[];
  readonly exited: Promise<unknown>;
}

/** As a process of its own, in a temporary folder of its own, so that what it leaves behind can be seen. */
async function startMain({ folder, rulesFile, stops }: Room, expect: ExpectStatic): Promise<Main> {
  const readyFile = join(folder, "ready.json");
  const child = spawn(process.execPath, [MAIN, "--quick", "--rules", rulesFile], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, TMPDIR: folder, READY_FILE: readyFile },
  });
  const exited = once(child, "exit");
  stops.push(() => {
    child.kill("SIGTERM");
    return exited;
  });
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  const ready = JSON.parse(said.toString()) as { pids: Record<string, number> };
  expect(JSON.parse(await readFile(readyFile, "utf8"))).toEqual(ready);
  return { child, pids: Object.values(ready.pids), exited };
}

async function nothingIsLeft({ folder }: Room, { pids }: Main, expect: ExpectStatic): Promise<void> {
  expect(pids).toHaveLength(3);
  await expect.poll(() => pids.filter(isAlive), WITHIN).toEqual([]);
  await expect.poll(async () => (await readdir(folder)).sort(), WITHIN).toEqual(["ready.json", "rules.yml"]);
}

it.for([
  { args: ["--quik"], words: /^Unknown option '--quik'/ },
  { args: ["--service", "admin"], words: /^--service admin: expected an address such as/ },
  { args: ["--receiver-port", "x"], words: /^"x" is no port/ },
])(
  "the stack's command refuses $args in a sentence",
  { timeout: TEST_MS },
  async ({ args, words }, { expect }) => {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["pipe", "inherit", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    expect(await once(child, "close")).toEqual([2, null]);
    expect(said).toMatch(words);
  },
);

describeWith("alertmanager", "the stack", () => {
  describeWith("prometheus", "of Prometheus, Alertmanager and the receiver", () => {
    test.concurrent("pages at once, says that it could close nothing, and labels the run", {
      timeout: TEST_MS,
    }, async ({ room, expect }) => {
      const stack = await start(room, { runLabel: "run-7" });
      await expect
        .poll(async () => (await told(stack)).notifications, WITHIN)
        .toMatchObject([
          {
            route: "page",
            receiver: "identity",
            alerts: [
              {
                labels: { alertname: "IdAnomaly", kind: "duplicate", run: "run-7" },
                annotations: { runbook_url: `${stack.receiverUrl}/runbooks/IdAnomaly` },
              },
            ],
          },
        ]);
      await expect.poll(() => stack.readReceiverLog(), WITHIN).toMatch(/Z HALT +.*NOTHING WAS CLOSED/);
    });

    test.concurrent.for(["prometheus", "alertmanager"] as const)(
      "shouts when %s is stopped, and says when it is heard again",
      { timeout: TEST_MS },
      async (program, { room, expect }) => {
        const shouted = join(room.folder, "shouted");
        const onSilence = `--on-silence=echo "$CROWDPROOF_SILENT_SECONDS" >> ${shouted}`;
        const stack = await start(room, { receiverArguments: ["--silence-seconds=4", onSilence] });
        await expect.poll(async () => (await told(stack)).watchdogLastMs, WITHIN).toBeGreaterThan(0);
        process.kill(stack.pids[program], "SIGSTOP");
        await expect.poll(() => health(stack), WITHIN).toBe(503);
        await expect.poll(() => readFile(shouted, "utf8").catch(() => ""), WITHIN).toMatch(/^\d+\n/);
        process.kill(stack.pids[program], "SIGCONT");
        await expect.poll(() => health(stack), WITHIN).toBe(200);
      },
    );

    test.concurrent.for([
      { name: "SIGTERM", end: ({ child }: Main) => child.kill("SIGTERM") },
      { name: "SIGINT", end: ({ child }: Main) => child.kill("SIGINT") },
      { name: "the end of its standard input", end: ({ child }: Main) => child.stdin?.end() },
      { name: "kill −9 of itself", end: ({ child }: Main) => child.kill("SIGKILL") },
      {
        name: "SIGTERM while all it started stands still",
        end: ({ child, pids }: Main) => {
          for (const pid of pids) process.kill(pid, "SIGSTOP");
          child.kill("SIGTERM");
        },
      },
    ])("leaves nothing behind after $name", { timeout: TEST_MS }, async ({ end }, { room, expect }) => {
      const main = await startMain(room, expect);
      end(main);
      await main.exited;
      await nothingIsLeft(room, main, expect);
    });

    test.concurrent("ends, and stops the others, when one of its programs ends", {
      timeout: TEST_MS,
    }, async ({ room, expect }) => {
      const main = await startMain(room, expect);
      process.kill(main.pids[0] ?? 0, "SIGKILL");
      expect(await main.exited).toEqual([2, null]);
      await nothingIsLeft(room, main, expect);
    });

    test.concurrent.for(["prometheus", "alertmanager", "receiver"] as const)(
      "names the port of %s when another program has it",
      { timeout: TEST_MS },
      async (program, { room, expect }) => {
        const other = createServer().listen(0, "127.0.0.1");
        await once(other, "listening");
        const { port } = other.address() as { port: number };
        try {
          await expect(start(room, { ports: { [program]: port } })).rejects.toThrow(
            new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: another program does`),
          );
        } finally {
          other.close();
        }
      },
    );
  });
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { labelSetsOf } from "../../monitoring/catalogue/catalogue.ts";
import { PROBE_METRICS } from "../../monitoring/catalogue/probe-metrics.ts";
import type { ProbeVerdict } from "../src/probe/probe-verdict.ts";
import { type Desk, openDesk, type Running } from "./command-line.ts";
import { type LeakySignup, leakyTarget, startLeakySignup } from "./leaky-signup.ts";
import { describeWith } from "./needs.ts";

/** A busy machine takes long for anything; nothing here waits for a time, only for what is to happen. */
const MS_MAX = 120_000;
const SOON = { timeout: 60_000, interval: 100 };
const TOKEN = "a-token-that-may-only-halt-a-campaign";
/** As fast as a trickle may be, and looked at every three seconds. */
const QUICK = ["--port", "0", "--per-minute", "60", "--window", "60"];

let desk: Desk;
let signup: LeakySignup;
let folders = 0;

beforeAll(() => {
  desk = openDesk();
  writeFileSync(join(desk.path, "halt.token"), `${TOKEN}\n`, { mode: 0o600 });
});
afterAll(async () => {
  const left = await desk.processesAfter(10);
  await desk.close();
  expect(left).toEqual([]);
});
beforeEach(async () => {
  signup = await startLeakySignup();
  writeFileSync(join(desk.path, "leaky.yaml"), leakyTarget(signup.url));
});
afterEach(() => signup.close());

interface Probe {
  dir: string;
  running: Running;
  /** The value of a series; without labels the only one. */
  value(series: string): Promise<number>;
  page(): Promise<string>;
  verdict(): ProbeVerdict;
}

async function startProbe(args: readonly string[] = [], target = "leaky.yaml"): Promise<Probe> {
  const dir = join(desk.path, `probe-${++folders}`);
  const running = desk.start(["probe", target, ...QUICK, "--out", dir, ...args]);
  await running.until(/metrics +http\S+\/metrics/);
  const url = /http\S+\/metrics/.exec(running.said())?.[0] ?? "";
  const page = async () => (await fetch(url)).text();
  return {
    dir,
    running,
    page,
    async value(series) {
      const line = (await page()).split("\n").find((one) => one.startsWith(`crowdproof_probe_${series}`));
      return Number(line?.split(" ").at(-1));
    },
    verdict: () => JSON.parse(readFileSync(join(dir, "verdict.json"), "utf8")) as ProbeVerdict,
  };
}

async function stopProbe({ running }: Probe): Promise<number | null> {
  running.signal("SIGINT");
  return (await running.ended).exitCode;
}

const positives = 'positive_total{check="reads-own"';
const violations = 'violations_total{check="reads-own"';

describe("a probe of a signup that shows people their own", { timeout: MS_MAX }, () => {
  it("passes, removes who is older than its window while it runs, and the rest at its end", async () => {
    const probe = await startProbe(["--window", "10", "--burst", "4"]);
    await expect.poll(() => signup.removed(), SOON).toBeGreaterThan(0);
    await expect.poll(() => probe.value('unknown{check="acks-durable"'), SOON).toBe(0);
    expect(await probe.value("people")).toBeGreaterThan(0);
    expect(await stopProbe(probe), probe.running.said()).toBe(0);
    expect(signup.members()).toBe(0);
    const { outcome, violations: found, peopleLeft, sawTheirOwn } = probe.verdict();
    expect({ outcome, found, peopleLeft }).toEqual({ outcome: "pass", found: {}, peopleLeft: 0 });
    expect(sawTheirOwn.visitors).toBeGreaterThan(4);
    expect(readdirSync(join(probe.dir, "cycles"))).toEqual([]);
  });

  it("has every label set of the catalogue on its page from the start, and no other metric", async () => {
    const probe = await startProbe();
    const text = await probe.page();
    for (const [name, metric] of Object.entries(PROBE_METRICS)) {
      expect(text).toContain(`# HELP ${name} ${metric.meaning}\n# TYPE ${name} ${metric.type}\n`);
      for (const set of labelSetsOf(metric, { target: "leaky" })) {
        const labels = Object.entries(set).map(([label, value]) => `${label}="${value}"`);
        expect(text).toContain(`\n${name}{${labels.toSorted().join(",")}} `);
      }
    }
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(names.toSorted()).toEqual(Object.keys(PROBE_METRICS).toSorted());
    await stopProbe(probe);
  });

  it("ends by itself after its time or its visitors, and says what it cannot see", async () => {
    const probe = await startProbe(["--max-visitors", "5"]);
    const { exitCode, stdout } = await probe.running.ended;
    expect({ exitCode, visitors: probe.verdict().sawTheirOwn.visitors }, stdout).toEqual({
      exitCode: 0,
      visitors: 5,
    });
    expect(stdout).toMatch(/would see +a leak that hits 1 in 10 within/);
    expect(stdout).toMatch(/sees not +what other people are shown/);
    expect(stdout).toMatch(/PASS +5 visitors saw their own data/);
  });

  it("leaves nobody behind after kill −9: whoever starts again in its folder, or cleans it up, removes them", async () => {
    const first = await startProbe();
    await expect.poll(() => signup.members(), SOON).toBeGreaterThan(3);
    first.running.signal("SIGKILL");
    await first.running.ended;
    const left = signup.members();
    const counted = await desk.run(["cleanup", first.dir]);
    expect(counted.stdout).toMatch(/would be sent for each of the \d+ people/);
    expect(signup.members()).toBe(left);
    const cleaned = await desk.run(["cleanup", first.dir, "--yes"]);
    expect({ exitCode: cleaned.exitCode, members: signup.members() }, cleaned.stdout).toEqual({
      exitCode: 0,
      members: 0,
    });
    const again = await desk.run([
      "probe",
      "leaky.yaml",
      ...QUICK,
      "--max-visitors",
      "2",
      "--out",
      first.dir,
    ]);
    expect(again.exitCode, again.stdout).toBe(0);
    expect(again.stdout).toContain("An earlier probe was ended before it had cleaned up");
  });
});

describe("a probe of a signup that begins to leak while it runs", { timeout: MS_MAX }, () => {
  it("fails, stops the campaign once, tries again where that failed, and keeps a report", async () => {
    signup.answerHalts([500, 200]);
    const probe = await startProbe([
      ...["--halt-webhook", `${signup.url}/halt`, "--halt-token-file", "halt.token"],
      ...["--on-violation", "echo $CROWDPROOF_CHECK >> stopped.txt; exit 3"],
    ]);
    await expect.poll(() => probe.value(positives), SOON).toBeGreaterThan(3);
    expect(await probe.value(violations)).toBe(0);
    signup.leak(true);
    await expect.poll(() => signup.isHalted(), SOON).toBe(true);
    await probe.running.until("nobody sees their own data, so nothing can be seen");
    await probe.running.until("report.html");
    const { running } = probe;
    expect(await probe.value('actions_total{action="webhook",outcome="failed"')).toBe(1);
    expect(await probe.value('actions_total{action="webhook",outcome="done"')).toBe(1);
    expect(await probe.value('actions_total{action="command",outcome="failed"')).toBe(1);
    expect(await probe.value('unknown{check="reads-own"')).toBe(1);
    expect(await stopProbe(probe), running.said()).toBe(1);
    expect(readFileSync(join(desk.path, "stopped.txt"), "utf8")).toBe("reads-own\n");
    expect(signup.halts.map(({ authorization }) => authorization)).toEqual([
      `Bearer ${TOKEN}`,
      `Bearer ${TOKEN}`,
    ]);
    expect(signup.halts[0]?.body).toMatchObject({
      version: "4",
      alerts: [
        {
          status: "firing",
          labels: { alertname: "ProbeSawForeignData", halt: "true", check: "reads-own", target: "leaky" },
        },
      ],
    });
    expect(running.said()).toMatch(/visitor \d+ of cp-\w+ saw visitor \d+ of cp-\w+: .*email/);
    expect(running.said()).toContain("The command given by --on-violation ended with exit code 3");
    expect(existsSync(join(probe.dir, "findings", "1", "report.html"))).toBe(true);
    expect(probe.verdict()).toMatchObject({ outcome: "fail", peopleLeft: 0 });
    expect(signup.members()).toBe(0);
  });
});

describeWith("alertmanager", "a probe that finds something", (alertmanager) => {
  it(
    "tells Alertmanager itself, with the labels of the rule, also one that was not there at first",
    async () => {
      const pages = await receivePages();
      const am = await startAlertmanager(alertmanager, pages.url);
      const probe = await startProbe(["--alertmanager", `http://127.0.0.1:1,${am.url}`]);
      await expect.poll(() => probe.value(positives), SOON).toBeGreaterThan(0);
      signup.leak(true);
      await expect.poll(() => pages.checks(), SOON).toContain("reads-own");
      const held = (await (await fetch(`${am.url}/api/v2/alerts`)).json()) as Held[];
      expect(held.find(({ labels }) => labels["check"] === "reads-own")).toMatchObject({
        labels: {
          alertname: "ProbeSawForeignData",
          severity: "page",
          halt: "true",
          check: "reads-own",
          target: "leaky",
          lane: "push",
        },
        annotations: { runbook_url: "http://127.0.0.1:9095/runbooks/ProbeSawForeignData" },
      });
      await probe.running.until("Alertmanager 1 did not take the alert");
      await expect
        .poll(() => probe.value('actions_total{action="push",outcome="done"'), SOON)
        .toBeGreaterThan(0);
      expect(await stopProbe(probe)).toBe(1);
      am.child.kill("SIGKILL");
      await once(am.child, "close");
      pages.close();
    },
    MS_MAX,
  );
});

describe("a probe that can see nothing", { timeout: MS_MAX }, () => {
  it("is unknown, and says that and why, where the target is not there, and when it goes", async () => {
    const probe = await startProbe();
    await expect.poll(() => probe.value(positives), SOON).toBeGreaterThan(0);
    await signup.close();
    await probe.running.until("nobody sees their own data, so nothing can be seen");
    const lastPositive = await probe.value("last_positive_timestamp_seconds");
    await expect.poll(() => probe.value('visitors_total{outcome="failed"'), SOON).toBeGreaterThan(4);
    expect(await probe.value("last_positive_timestamp_seconds")).toBe(lastPositive);
    await expect.poll(() => probe.value('unknown{check="ids-unique"'), SOON).toBe(1);
    expect(await stopProbe(probe), probe.running.said()).toBe(3);
    // Its people could not be removed either.
    expect(probe.running.said()).toMatch(
      /\d+ are still at the target. To remove them: npx crowdproof cleanup/,
    );
    const absent = await desk.run(["probe", "leaky.yaml", ...QUICK, "--max-visitors", "3"]);
    expect(absent.exitCode, absent.stdout).toBe(3);
    expect(absent.stdout).toContain("Nobody answers at");
    expect(absent.stdout).toMatch(/UNKNOWN +none of 3 visitors was shown their own data/);
    signup = await startLeakySignup();
  });

  it("is unknown where a campaign is halted", async () => {
    signup.answerHalts([200]);
    await fetch(`${signup.url}/halt`, { method: "POST", body: "{}" });
    const probe = await startProbe(["--max-visitors", "4"]);
    const { exitCode, stdout } = await probe.running.ended;
    expect({ exitCode, visitors: probe.verdict().visitors }, stdout).toEqual({
      exitCode: 3,
      visitors: { halted: 4 },
    });
  });
});

interface BadCommand {
  name: string;
  args: string[];
  says: RegExp;
}

const BAD: BadCommand[] = [
  { name: "no target", args: [], says: /missing required argument 'TARGET'/ },
  {
    name: "a target that is not there",
    args: ["nope.yaml"],
    says: /nope\.yaml does not exist\. Check the path/,
  },
  { name: "an unknown option", args: ["leaky.yaml", "--per-hour", "3"], says: /unknown option '--per-hour'/ },
  {
    name: "a token without a webhook",
    args: ["leaky.yaml", "--halt-token-file", "halt.token"],
    says: /--halt-token-file is for a webhook; add: --halt-webhook URL/,
  },
  {
    name: "a token that everybody can read",
    args: ["leaky.yaml", "--halt-webhook", "http://127.0.0.1:1", "--halt-token-file", "open.token"],
    says: /open\.token can be read by others than you\. Type: chmod 600/,
  },
  {
    name: "a token that is not there",
    args: ["leaky.yaml", "--halt-webhook", "http://127.0.0.1:1", "--halt-token-file", "no.token"],
    says: /--halt-token-file no\.token cannot be read/,
  },
  {
    name: "a target that nobody can clean up",
    args: ["dirty.yaml"],
    says: /leaky has no cleanUp in its target file.*Say there how they are removed \(docs\/target-file\.md\), or .*--keep/s,
  },
  {
    name: "a target whose steps wait for mails",
    args: ["mailed.yaml"],
    says: /The step "confirm" of leaky waits for a mail, which a probe cannot yet\./,
  },
  {
    name: "a host that is not this machine",
    args: ["remote.yaml"],
    says: /leads to 192\.0\.2\.1, which is not this machine.*--i-own-this-target 192\.0\.2\.1/s,
  },
  {
    name: "a folder of something else",
    args: ["leaky.yaml", "--port", "0", "--out", "full"],
    says: /full holds something else than a probe\. Choose another: --out DIR/,
  },
];

describe("a probe that is asked for wrongly", { timeout: MS_MAX }, () => {
  beforeEach(() => {
    writeFileSync(join(desk.path, "dirty.yaml"), leakyTarget(signup.url, ""));
    const confirm = "  - { role: verify, name: confirm, mail: {}, captures: { link: 'pattern:(http.*)' } }\n";
    const sink = "sinks: { mail: { smtp: '127.0.0.1:1025' } }\n";
    writeFileSync(join(desk.path, "mailed.yaml"), leakyTarget(signup.url, confirm + sink));
    writeFileSync(join(desk.path, "remote.yaml"), leakyTarget("http://192.0.2.1"));
    writeFileSync(join(desk.path, "open.token"), TOKEN, { mode: 0o644 });
    mkdirSync(join(desk.path, "full"), { recursive: true });
    writeFileSync(join(desk.path, "full", "letter.txt"), "dear …");
  });

  it.each(BAD)("refuses $name with a sentence, and sends nobody", async ({ args, says }) => {
    const { exitCode, stderr } = await desk.run(["probe", ...args]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(says) });
    expect(signup.members()).toBe(0);
  });

  it("refuses a port and a folder that another probe has", async () => {
    const probe = await startProbe();
    const port = /127\.0\.0\.1:(\d+)\/metrics/.exec(probe.running.said())?.[1] ?? "";
    const taken = await desk.run(["probe", "leaky.yaml", "--port", port]);
    expect(taken.exitCode).toBe(2);
    expect(taken.stderr).toMatch(
      /Port \d+ is in use, perhaps by another probe\. Name another, or .*--port 0/,
    );
    const folder = await desk.run(["probe", "leaky.yaml", "--port", "0", "--out", probe.dir]);
    expect(folder.exitCode).toBe(2);
    expect(folder.stderr).toMatch(
      /The probe with process \d+ works in .* End it, or choose another: --out DIR/,
    );
    await stopProbe(probe);
  });
});

interface Held {
  labels: Record<string, string>;
}

/** Where Alertmanager pages. */
async function receivePages() {
  const checks: string[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    for (const { labels } of (JSON.parse(text) as { alerts: Held[] }).alerts)
      checks.push(labels["check"] ?? "");
    response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    checks: () => checks,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** It draws its port itself, and says which in its log. */
async function startAlertmanager(
  program: string,
  receiver: string,
): Promise<{ url: string; child: ChildProcess }> {
  const file = join(desk.path, "alertmanager.yml");
  writeFileSync(
    file,
    `route: { receiver: page, group_wait: 0s, group_interval: 1s, group_by: [alertname, check] }
receivers: [{ name: page, webhook_configs: [{ url: "${receiver}" }] }]
`,
  );
  const child = spawn(
    program,
    [
      ...[`--config.file=${file}`, `--storage.path=${join(desk.path, "alertmanager")}`],
      ...["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="],
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let words = "";
  child.stderr.on("data", (chunk) => (words += String(chunk)));
  const port = () => /"?Listening on"? address=\S*:(\d+)/.exec(words)?.[1];
  await expect.poll(() => port() ?? child.exitCode, SOON).not.toBeNull();
  const url = `http://127.0.0.1:${port() ?? expect.fail(words)}`;
  await expect.poll(async () => (await fetch(`${url}/-/ready`)).ok, SOON).toBe(true);
  return { url, child };
}

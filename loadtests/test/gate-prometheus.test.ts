import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Desk, openDesk, ROOT, readVerdict } from "./command-line.ts";
import { describeWith } from "./needs.ts";

const RUN_MS_MAX = 180_000;

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
  writeFileSync(
    join(desk.path, "short.yaml"),
    `claim: wiring
arrivals:
  pieces:
    - { name: trickle, shape: constant, seconds: 6, perSecond: 10 }
thinkTimes: { betweenSteps: { kind: constant, seconds: 0.05 } }
drainSeconds: 1
readBackSeconds: 1
`,
  );
});
afterEach(async () => {
  const left = { processes: await desk.processesAfter(15), folders: desk.temporary() };
  await desk.close();
  expect(left).toEqual({ processes: [], folders: [] });
});

const gate = (args: string[], env: Record<string, string>) =>
  desk.start(["gate", "short.yaml", "--engine", "embedded", ...args], { env });

function watching(run: string) {
  const { outcome, checks } = readVerdict(join(desk.path, run));
  const check = checks.find(({ name }) => name === "watching");
  return { outcome, summary: check?.summary, judged: check?.judged === true ? check.outcome : null };
}

describeWith("prometheus", "a Prometheus that runs already", () => {
  it("watches what has this run's label, and says so where nothing has", {
    timeout: RUN_MS_MAX,
  }, async () => {
    const service = desk.start(["serve", "--port", "0"]);
    await service.until("Ctrl-C stops it.");
    const exports = [...service.said().matchAll(/export (\w+)='([^']*)'/g)];
    const env = Object.fromEntries(exports.map(([, name = "", value = ""]) => [name, value]));
    const stack = startStack(env["CROWDPROOF_ADMIN_URL"] ?? "");
    try {
      const target = join(ROOT, "loadtests", "targets", "reference.yaml");
      const args = ["--target", target, "--alerts", "--prometheus", await stack.prometheusUrl];
      await gate([...args, "--out", "nobodys"], env).ended;
      expect(watching("nobodys")).toMatchObject({
        outcome: "unknown",
        judged: "unknown",
        summary: expect.stringContaining("never seen: targets scraped"),
      });
      // Those without the label.
      await gate([...args, "--alerts-label", "run=", "--out", "ours"], env).ended;
      expect(watching("ours")).toMatchObject({ judged: "pass" });
    } finally {
      await stack.stop();
      service.signal("SIGINT");
      await service.ended;
    }
  });
});

/** As another person would have it running. */
function startStack(adminUrl: string) {
  const main = join(ROOT, "monitoring", "stack", "stack-main.ts");
  const child = spawn(process.execPath, [main, "--quick", "--service", adminUrl], {
    cwd: desk.path,
    env: { ...process.env, TMPDIR: join(desk.path, "tmp") },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const line = once(child.stdout.setEncoding("utf8"), "data").then(([text]) => String(text));
  return {
    prometheusUrl: line.then((text) => (JSON.parse(text) as { prometheusUrl: string }).prometheusUrl),
    async stop() {
      const exited = once(child, "exit");
      child.stdin.end();
      await exited;
    },
  };
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "./command-line.ts";
import { describeWith } from "./needs.ts";
import { createShortGate, RUN_MS_MAX } from "./short-gate.ts";

const gate = createShortGate();

describeWith("prometheus", "a Prometheus that runs already", () => {
  it("watches what has this run's label, and says so where nothing has", {
    timeout: RUN_MS_MAX,
  }, async () => {
    const service = gate.desk.start(["serve", "--port", "0"]);
    await service.until("Ctrl-C stops it.");
    const exports = [...service.said().matchAll(/export (\w+)='([^']*)'/g)];
    const env = Object.fromEntries(exports.map(([, name = "", value = ""]) => [name, value]));
    const stack = startStack(env["CROWDPROOF_ADMIN_URL"] ?? "");
    try {
      const target = join(ROOT, "loadtests", "targets", "reference.yaml");
      const args = ["--target", target, "--alerts", "--prometheus", await stack.prometheusUrl];
      await gate.start([...args, "--out", "nobodys"], env).ended;
      expect(gate.watching("nobodys")).toMatchObject({
        outcome: "unknown",
        judged: "unknown",
        summary: expect.stringContaining("never seen: targets scraped"),
      });
      // Those without the label.
      await gate.start([...args, "--alerts-label", "run=", "--out", "ours"], env).ended;
      expect(gate.watching("ours")).toMatchObject({ judged: "pass" });
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
    cwd: gate.desk.path,
    env: { ...process.env, TMPDIR: join(gate.desk.path, "tmp") },
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

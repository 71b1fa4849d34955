import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startAlertmanager } from "./alertmanager.ts";
import { describeWith } from "./needs.ts";
import { createProbeStage, MS_MAX, POSITIVES, SOON, TOKEN, VIOLATIONS } from "./probe-stage.ts";

const stage = createProbeStage();

describe("a probe of a signup that begins to leak while it runs", { timeout: MS_MAX }, () => {
  it("fails, stops the campaign once, tries again where that failed, and keeps a report", async () => {
    stage.signup.answerHalts([500, 200]);
    const probe = await stage.startProbe([
      ...["--halt-webhook", `${stage.signup.url}/halt`, "--halt-token-file", "halt.token"],
      ...["--on-violation", "echo $CROWDPROOF_CHECK >> stopped.txt; exit 3"],
    ]);
    await expect.poll(() => probe.value(POSITIVES), SOON).toBeGreaterThan(3);
    expect(await probe.value(VIOLATIONS)).toBe(0);
    stage.signup.leak(true);
    await expect.poll(() => stage.signup.isHalted(), SOON).toBe(true);
    await probe.running.until("nobody sees their own data, so nothing can be seen");
    await probe.running.until("report.html");
    const { running } = probe;
    expect(await probe.value('actions_total{action="webhook",outcome="failed"')).toBe(1);
    expect(await probe.value('actions_total{action="webhook",outcome="done"')).toBe(1);
    expect(await probe.value('actions_total{action="command",outcome="failed"')).toBe(1);
    expect(await probe.value('unknown{check="reads-own"')).toBe(1);
    expect(await probe.stop(), running.said()).toBe(1);
    expect(readFileSync(join(stage.desk.path, "stopped.txt"), "utf8")).toBe("reads-own\n");
    expect(stage.signup.halts.map(({ authorization }) => authorization)).toEqual([
      `Bearer ${TOKEN}`,
      `Bearer ${TOKEN}`,
    ]);
    expect(stage.signup.halts[0]?.body).toMatchObject({
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
    expect(stage.signup.members()).toBe(0);
  });
});

describeWith("alertmanager", "a probe that finds something", (alertmanager) => {
  it(
    "tells Alertmanager itself, with the labels of the rule, also one that was not there at first",
    async () => {
      const pages = await receivePages();
      const am = await startAlertmanager(alertmanager, {
        folder: stage.desk.path,
        config: paging(pages.url),
      });
      const probe = await stage.startProbe(["--alertmanager", `http://127.0.0.1:1,${am.url}`]);
      await expect.poll(() => probe.value(POSITIVES), SOON).toBeGreaterThan(0);
      stage.signup.leak(true);
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
      expect(await probe.stop()).toBe(1);
      am.child.kill("SIGKILL");
      await once(am.child, "close");
      pages.close();
    },
    MS_MAX,
  );
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

const paging = (
  receiver: string,
) => `route: { receiver: page, group_wait: 0s, group_interval: 1s, group_by: [alertname, check] }
receivers: [{ name: page, webhook_configs: [{ url: "${receiver}" }] }]
`;

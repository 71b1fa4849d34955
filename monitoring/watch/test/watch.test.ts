import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith } from "../../../loadtests/test/needs.ts";
import { type Stack, startStack } from "../../stack/start-stack.ts";
import { QUESTIONS } from "../questions.ts";

const CROWDPROOF = join(import.meta.dirname, "../../../loadtests/bin/crowdproof.mjs");
const MS_MAX = 120_000;
/** What a page of the service's looks like when somebody has been halted for an anomaly. */
const PAGE = `# TYPE crowdproof_campaign_state gauge
crowdproof_campaign_state{phase="open"} 0
crowdproof_campaign_state{phase="halted"} 1
# TYPE crowdproof_halts_total counter
crowdproof_halts_total{by="guard"} 1
# TYPE crowdproof_signups_total counter
crowdproof_signups_total{outcome="acknowledged"} 41203
# TYPE crowdproof_anomalies_total counter
crowdproof_anomalies_total{kind="wrong-person"} 34
`;

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

async function watch(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [CROWDPROOF, "watch", ...args], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (text += String(part)));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, text };
}

it("says that Prometheus is away, and what to type", { timeout: MS_MAX }, async () => {
  // A port that was ours a moment ago and that nobody has now.
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  await new Promise((resolve) => server.close(resolve));
  const { code, text } = await watch(["--once", "--prometheus", url]);
  expect(code).toBe(3);
  expect(text).toContain("NO PROMETHEUS");
  expect(text).toContain("npm run up");
});

it("takes whatever else answers there for no Prometheus", { timeout: MS_MAX }, async () => {
  const server = createServer((_req, res) => void res.end("<html>")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  const { code, text } = await watch(["--once", "--prometheus", url]);
  server.close();
  server.closeAllConnections();
  expect([code, text.includes("NO PROMETHEUS")]).toEqual([3, true]);
});

it("says what is wrong with what was typed", { timeout: MS_MAX }, async () => {
  expect(await watch(["--once", "--prometheus", "nowhere"])).toMatchObject({ code: 2 });
  expect(await watch(["--every", "0"])).toMatchObject({ code: 2 });
  const unfinished = await watch(["--prometheus", "--once"]);
  expect(unfinished).toMatchObject({ code: 2, text: expect.stringContaining("'--prometheus' argument") });
});

describeWith("prometheus", "a watch", () => {
  describeWith("alertmanager", "with Alertmanager", () => {
    let stack: Stack;
    const service = createServer((_req, res) => void res.setHeader("content-type", "text/plain").end(PAGE));

    beforeAll(async () => {
      service.listen(0, "127.0.0.1");
      await once(service, "listening");
      const address = service.address();
      const adminUrl = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
      stack = await startStack({ serviceAdminUrl: adminUrl, parameters: "quick" });
    }, MS_MAX);
    afterAll(async () => {
      await stack?.stop();
      service.close();
      service.closeAllConnections();
    });

    it("shows what a live Prometheus knows, without a colour, and no data for the rest", {
      timeout: MS_MAX,
    }, async () => {
      await expect
        .poll(async () => (await watch(["--once", "--prometheus", stack.prometheusUrl])).text, {
          timeout: 60_000,
          interval: 500,
        })
        .toContain("CampaignHalted");
      const { code, text } = await watch(["--once", "--prometheus", stack.prometheusUrl]);
      expect(code).toBe(0);
      expect(text).toContain("HALTED");
      expect(text).toContain("34 wrong-person");
      expect(text).toMatch(/workers +no data/);
      expect(text).toMatch(/load test +no data/);
      expect(text).toContain(`${stack.receiverUrl}/runbooks/CampaignHalted`);
      expect(text).not.toContain("\u001b");
    });

    it("is coloured only where somebody asks for it", { timeout: MS_MAX }, async () => {
      const args = ["--once", "--prometheus", stack.prometheusUrl];
      expect((await watch(args, { FORCE_COLOR: "1" })).text).toContain("\u001b[");
      expect((await watch(args, { FORCE_COLOR: "1", NO_COLOR: "1" })).text).not.toContain("\u001b[");
    });

    it("asks nothing that Prometheus does not understand", async () => {
      for (const query of Object.values(QUESTIONS)) {
        const answer = await fetch(`${stack.prometheusUrl}/api/v1/query?${new URLSearchParams({ query })}`);
        expect([query, answer.status]).toEqual([query, 200]);
      }
    });
  });
});

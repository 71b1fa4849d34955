import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningService, startReferenceService } from "../../loadtests/src/reference/start-service.ts";
import { describeWith } from "../../loadtests/test/needs.ts";
import { createTcpProxy, type TcpProxy } from "../../loadtests/weather/tcp-proxy.ts";
import { type Stack, startStack } from "../../monitoring/stack/start-stack.ts";
import { type Running, startGate, startProbe } from "./crowdproof-process.ts";
import { numbersIn, queryRange } from "./prometheus-api.ts";
import { allQueries, fillIn, type PanelQuery } from "./read-dashboards.ts";

const CAMPAIGN = join(import.meta.dirname, "campaign.yaml");
/** Where nobody listens: a target that is not there yet. */
const NOWHERE = "http://127.0.0.1:9";
/** Eight scrapes of the stack of a test. */
const RATE_SECONDS = 4;
/** A machine that twenty others use as well needs most of it. */
const PATIENCE = { timeout: 120_000, interval: 1_000 };
const TEST_MS = 300_000;

/** These say that something is wrong: they have nothing to draw until it is. */
const EMPTY_WHEN_WELL = [
  "identity › Last anomaly › A",
  "annotation Halted",
  "annotation Reopened",
  "annotation Glass broken",
];
/** Drawn as 0 while all is well, and not under the fault. */
const ABOVE_ZERO_UNDER_FAULT = [
  "campaign › Wrong identities › A",
  "campaign › Wrong identities › B",
  "identity › Withheld by the guard › A",
  "identity › Found in the database › A",
  "identity › Anomalies by kind › A",
  "identity › Findings in the database by kind › A",
  "identity › Halts by who halted › A",
  "identity › Halts by who halted › B",
  "load-test › Wrong identities › B",
  "identity › Seen by the probe › A",
  "identity › Probe: what failed › A",
];
/** There is none in the first campaign. */
const isOfProbe = ({ expr }: PanelQuery) => expr.includes("crowdproof_probe_");

describeWith("prometheus", "the dashboards on a live Prometheus", () => {
  describeWith("alertmanager", "and Alertmanager", () => {
    const queries = allQueries();
    const glass = randomBytes(32).toString("base64url");
    let folder: string;
    let services: Record<"well" | "faulty" | "leaky", RunningService>;
    let stack: Stack;
    let wires: Record<"database" | "service" | "gate" | "probe", TcpProxy>;
    const running: Running[] = [];
    let beganSeconds: number;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "crowdproof-dashboards-"));
      const glassFile = join(folder, "glass");
      await writeFile(glassFile, createHash("sha256").update(glass).digest("hex"), { mode: 0o600 });
      const [faulty, leaky] = await Promise.all([
        startReferenceService({
          port: 0,
          fault: "module-variable",
          databaseUrl: undefined,
          environment: { GUARD: "on", BREAK_GLASS_FILE: glassFile, SPOOL_DIR: folder },
        }),
        startReferenceService({
          port: 0,
          fault: "shared-cache-key",
          databaseUrl: undefined,
          environment: { GUARD: "off", SPOOL_DIR: folder },
        }),
      ]);
      const database = await createTcpProxy(faulty.environment["CROWDPROOF_DATABASE_URL"] ?? "");
      const well = await startReferenceService({
        port: 0,
        fault: undefined,
        databaseUrl: database.url,
        environment: { WORKING_MAX: "2", QUEUE_MAX: "4", PLAN_VISITORS_PER_SECOND: "40", SPOOL_DIR: folder },
      });
      // Two at a time, 50 ms each: at most 40 a second on any machine, so that the service is full and people wait.
      database.slow({ answerDelayMs: 50 });
      services = { well, faulty, leaky };
      // Prometheus goes on asking the same addresses; what is behind them changes.
      wires = {
        database,
        service: await createTcpProxy(adminUrlOf(well)),
        gate: await createTcpProxy(NOWHERE),
        probe: await createTcpProxy(NOWHERE),
      };
      beganSeconds = Date.now() / 1_000;
      stack = await startStack({
        serviceAdminUrl: wires.service.url,
        gateUrl: wires.gate.url,
        probeUrl: wires.probe.url,
        parameters: "quick",
      });
    }, TEST_MS);

    afterAll(async () => {
      for (const each of running) await each.stop();
      await stack?.stop();
      // The faulty one brought the database of both.
      await services?.well.stop();
      await services?.faulty.stop();
      await services?.leaky.stop();
      for (const wire of Object.values(wires ?? {})) await wire.close();
      await rm(folder, { recursive: true, force: true });
    }, TEST_MS);

    it("draw something for every question after a campaign, and nothing for what must be empty", {
      timeout: TEST_MS,
    }, async () => {
      const gate = await startCampaign(services.well, "well");
      // Its own judgement is not ours: it may well fail in a campaign this narrow.
      expect([0, 1, 3]).toContain(await gate.ended);
      const mustDraw = queries.filter((query) => !isOfProbe(query) && !isIn(EMPTY_WHEN_WELL, query));
      await expect
        .poll(() => namesOf(mustDraw, async (query) => (await numbers(query)).length === 0), PATIENCE)
        .toEqual([]);
      const mustNot = queries.filter((query) => isOfProbe(query) || isIn(EMPTY_WHEN_WELL, query));
      expect(mustNot.length).toBeGreaterThan(EMPTY_WHEN_WELL.length);
      expect(await namesOf(mustNot, async (query) => (await numbers(query)).length > 0)).toEqual([]);
      const mustBeZero = queries.filter((query) => isIn(ABOVE_ZERO_UNDER_FAULT, query));
      expect(mustBeZero).toHaveLength(ABOVE_ZERO_UNDER_FAULT.length);
      expect(await namesOf(mustBeZero, async (query) => (await largest(query)) > 0)).toEqual([]);
    });

    it("draw the anomaly, the halt, the page and the reopening under a fault", {
      timeout: TEST_MS,
    }, async () => {
      beganSeconds = Date.now() / 1_000;
      wires.service.leadTo(adminUrlOf(services.faulty));
      // Prometheus keeps its connections, and would go on asking the other one.
      wires.service.cut();
      wires.service.release();
      const probe = await startProbe(services.leaky, join(folder, "probe"));
      running.push(probe);
      wires.probe.leadTo(probe.metricsUrl);
      const gate = await startCampaign(services.faulty, "faulty");
      const page = 'ALERTS{alertstate="firing",alertname="IdAnomaly"}';
      await expect.poll(() => numbersOf(page), PATIENCE).not.toEqual([]);
      await gate.stop();
      await breakGlass(services.faulty, glass);
      const mustDraw = queries.filter(
        (query) =>
          isIn([...EMPTY_WHEN_WELL, ...ABOVE_ZERO_UNDER_FAULT], query) || query.expr.includes("ALERTS"),
      );
      await expect
        .poll(() => namesOf(mustDraw, async (query) => !((await largest(query)) > 0)), PATIENCE)
        .toEqual([]);
      const ofProbe = queries.filter(isOfProbe);
      expect(ofProbe.length).toBeGreaterThan(9);
      await expect
        .poll(() => namesOf(ofProbe, async (query) => (await numbers(query)).length === 0), PATIENCE)
        .toEqual([]);
    });

    async function startCampaign(service: RunningService, name: string): Promise<Running> {
      const gate = await startGate(service, CAMPAIGN, join(folder, name));
      running.push(gate);
      wires.gate.leadTo(gate.metricsUrl);
      return gate;
    }
    function numbersOf(query: string): Promise<number[]> {
      return queryRange(stack.prometheusUrl, query, beganSeconds).then(numbersIn);
    }
    function numbers({ expr }: PanelQuery): Promise<number[]> {
      return numbersOf(fillIn(expr, RATE_SECONDS));
    }
    async function largest(query: PanelQuery): Promise<number> {
      return Math.max(...(await numbers(query)));
    }
    async function breakGlass(service: RunningService, token: string): Promise<void> {
      const answer = await fetch(`${adminUrlOf(service)}/break-glass`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ reason: "to see it drawn" }),
      });
      expect(answer.status, await answer.text()).toBe(200);
    }
  });
});

function adminUrlOf({ environment }: RunningService): string {
  return environment["CROWDPROOF_ADMIN_URL"] ?? "";
}

function isIn(names: readonly string[], { name }: PanelQuery): boolean {
  return names.some((each) => name.endsWith(each));
}

async function namesOf(
  queries: readonly PanelQuery[],
  is: (query: PanelQuery) => Promise<boolean>,
): Promise<string[]> {
  const found: string[] = [];
  for (const query of queries) if (await is(query)) found.push(`${query.name}: ${query.expr}`);
  return found;
}

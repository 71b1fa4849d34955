import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningService, startReferenceService } from "../../loadtests/src/reference/start-service.ts";
import { describeWith } from "../../loadtests/test/needs.ts";
import { createTcpProxy, type TcpProxy } from "../../loadtests/weather/tcp-proxy.ts";
import { type Stack, startStack } from "../../monitoring/stack/start-stack.ts";
import { numbersIn, queryRange } from "./prometheus-api.ts";
import { allQueries, fillIn, type PanelQuery } from "./read-dashboards.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PROGRAM = join(ROOT, "loadtests", "bin", "crowdproof.mjs");
const TARGET = join(ROOT, "loadtests", "targets", "reference.yaml");
const CAMPAIGN = join(import.meta.dirname, "campaign.yaml");
/** Where nobody listens: a target that is not there yet. */
const NOWHERE = "http://127.0.0.1:9";
/** Eight scrapes of the stack of a test. */
const RATE_SECONDS = 4;
const PATIENCE = { timeout: 90_000, interval: 1_000 };
const TEST_MS = 180_000;

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
];
/** Asked of a probe: see probe.test.ts. */
const isOfProbe = ({ expr }: PanelQuery) => expr.includes("crowdproof_probe_");

describeWith("prometheus", "the dashboards on a live Prometheus", () => {
  describeWith("alertmanager", "and Alertmanager", () => {
    const queries = allQueries();
    const glass = randomBytes(32).toString("base64url");
    let folder: string;
    let services: { well: RunningService; faulty: RunningService };
    let stack: Stack;
    let wires: Record<"database" | "service" | "gate", TcpProxy>;
    let beganSeconds: number;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "crowdproof-dashboards-"));
      const glassFile = join(folder, "glass");
      await writeFile(glassFile, createHash("sha256").update(glass).digest("hex"), { mode: 0o600 });
      const faulty = await startReferenceService({
        port: 0,
        fault: "module-variable",
        databaseUrl: undefined,
        environment: { GUARD: "on", BREAK_GLASS_FILE: glassFile },
      });
      const database = await createTcpProxy(faulty.environment["CROWDPROOF_DATABASE_URL"] ?? "");
      const well = await startReferenceService({
        port: 0,
        fault: undefined,
        databaseUrl: database.url,
        environment: { WORKING_MAX: "2", QUEUE_MAX: "4", PLAN_VISITORS_PER_SECOND: "40" },
      });
      // Two at a time, 50 ms each: at most 40 a second on any machine, so that the service is full and people wait.
      database.slow({ answerDelayMs: 50 });
      services = { well, faulty };
      // Prometheus goes on asking the same addresses; what is behind them changes.
      wires = {
        database,
        service: await createTcpProxy(adminUrlOf(well)),
        gate: await createTcpProxy(NOWHERE),
      };
      beganSeconds = Date.now() / 1_000;
      stack = await startStack({
        serviceAdminUrl: wires.service.url,
        gateUrl: wires.gate.url,
        parameters: "quick",
      });
    }, TEST_MS);

    afterAll(async () => {
      await stack?.stop();
      // The faulty one brought the database of both.
      await services?.well.stop();
      await services?.faulty.stop();
      for (const wire of Object.values(wires ?? {})) await wire.close();
      await rm(folder, { recursive: true, force: true });
    }, TEST_MS);

    it("draw something for every question after a campaign, and nothing for what must be empty", {
      timeout: TEST_MS,
    }, async () => {
      await runCampaign(services.well, wires.gate, join(folder, "well"));
      const mustDraw = queries.filter((query) => !isOfProbe(query) && !isIn(EMPTY_WHEN_WELL, query));
      await expect
        .poll(() => namesOf(mustDraw, async (query) => (await numbers(query)).length === 0), PATIENCE)
        .toEqual([]);
      const mustNot = queries.filter((query) => isIn(EMPTY_WHEN_WELL, query));
      expect(mustNot.length).toBeGreaterThanOrEqual(EMPTY_WHEN_WELL.length);
      expect(await namesOf(mustNot, async (query) => (await numbers(query)).length > 0)).toEqual([]);
      const mustBeZero = queries.filter((query) => isIn(ABOVE_ZERO_UNDER_FAULT, query));
      expect(mustBeZero).toHaveLength(ABOVE_ZERO_UNDER_FAULT.length);
      expect(await namesOf(mustBeZero, async (query) => Math.max(...(await numbers(query))) > 0)).toEqual([]);
    });

    it("draw the anomaly, the halt, the page and the reopening under a fault", {
      timeout: TEST_MS,
    }, async () => {
      beganSeconds = Date.now() / 1_000;
      wires.service.leadTo(adminUrlOf(services.faulty));
      await runCampaign(services.faulty, wires.gate, join(folder, "faulty"));
      const page = 'ALERTS{alertstate="firing",alertname="IdAnomaly"}';
      await expect.poll(() => numbersOf(page), PATIENCE).not.toEqual([]);
      await breakGlass(services.faulty, glass);
      const mustDraw = queries.filter(
        (query) =>
          isIn([...EMPTY_WHEN_WELL, ...ABOVE_ZERO_UNDER_FAULT], query) || query.expr.includes("ALERTS"),
      );
      await expect
        .poll(() => namesOf(mustDraw, async (query) => !((await largest(query)) > 0)), PATIENCE)
        .toEqual([]);
    });

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

/** The gate's own judgement is not ours: it may well fail in a campaign this narrow. */
async function runCampaign(service: RunningService, wire: TcpProxy, out: string): Promise<void> {
  const child = spawn(
    process.execPath,
    [
      PROGRAM,
      "gate",
      CAMPAIGN,
      "--target",
      TARGET,
      "--engine",
      "embedded",
      "--metrics-port",
      "0",
      "--out",
      out,
    ],
    { env: { ...process.env, ...service.environment }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const exited = once(child, "exit");
  try {
    wire.leadTo(await metricsUrlOf(child));
    const [exitCode] = await exited;
    expect([0, 1, 3]).toContain(exitCode);
  } finally {
    if (child.exitCode === null) child.kill("SIGKILL");
  }
}

async function metricsUrlOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null || child.stderr === null) throw new Error("the gate has no output");
  const said: string[] = [];
  for (const stream of [child.stderr, child.stdout]) stream.setEncoding("utf8");
  child.stderr.on("data", (text: string) => said.push(text));
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    const [, url] = /own metrics: (http\S+)/.exec(line) ?? [];
    if (url === undefined) continue;
    child.stdout.resume();
    return url;
  }
  throw new Error(`the gate did not say where its metrics are: ${said.join("\n")}`);
}

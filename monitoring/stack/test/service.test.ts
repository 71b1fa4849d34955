import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type RunningService,
  startReferenceService,
} from "../../../loadtests/src/reference/start-service.ts";
import { describeWith } from "../../../loadtests/test/needs.ts";
import { type Stack, startStack } from "../start-stack.ts";

const OPERATOR_TOKEN = "jane-0123456789abcdef0123456789abcdef";
const WITHIN = { timeout: 60_000, interval: 100 };

/** Fires as soon as the service is scraped: what is tested is the way from there to the closed campaign. */
const RULES = `
groups:
  - name: identity
    interval: 250ms
    rules:
      - alert: IdAnomaly
        expr: up{job="anomalies"} == 1
        labels: { severity: page, halt: "true", kind: duplicate }
        annotations: { summary: seen }
`;

let folder: string;
let service: RunningService;
let stack: Stack | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "crowdproof-stack-service-"));
  const tokenFile = join(folder, "alerts.token");
  const rulesFile = join(folder, "rules.yml");
  await writeFile(tokenFile, "0123456789abcdef0123456789abcdef", { mode: 0o600 });
  const operatorsFile = join(folder, "operators.json");
  const sha256 = createHash("sha256").update(OPERATOR_TOKEN).digest("hex");
  await writeFile(operatorsFile, JSON.stringify([{ name: "jane", sha256 }]), { mode: 0o600 });
  await writeFile(rulesFile, RULES);
  // In the order of `npm run up`: the service pushes to an Alertmanager that must be there before it.
  stack = await startStack({
    parameters: "quick",
    rulesFile,
    async startService(alertmanagerUrl) {
      service = await startReferenceService({
        port: 0,
        fault: undefined,
        databaseUrl: undefined,
        environment: {
          ALERTS_TOKEN_FILE: tokenFile,
          OPERATORS_FILE: operatorsFile,
          ALERTMANAGER_URLS: alertmanagerUrl ?? "",
          WORKERS: "2",
        },
      });
      return { serviceAdminUrl: service.environment["CROWDPROOF_ADMIN_URL"], haltTokenFile: tokenFile };
    },
  });
}, 150_000);

afterAll(async () => {
  await stack?.stop();
  await service.stop();
  await rm(folder, { recursive: true });
}, 60_000);

async function query(text: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> {
  const answer = await fetch(`${stack?.prometheusUrl}/api/v1/query?query=${encodeURIComponent(text)}`);
  const { data } = (await answer.json()) as { data: { result: [] } };
  return data.result;
}

describeWith("alertmanager", "the stack beside the service", () => {
  describeWith("prometheus", "by Prometheus and Alertmanager", () => {
    it("closes the campaign when an alert asks for it", { timeout: 90_000 }, async () => {
      const audit = `${service.environment["CROWDPROOF_ADMIN_URL"]}/audit`;
      const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
      await expect
        .poll(async () => (await fetch(audit, { headers })).json(), WITHIN)
        .toContainEqual(expect.objectContaining({ action: "halt", reason: "alert IdAnomaly" }));
      const state = await fetch(`${service.environment["CROWDPROOF_ADMIN_URL"]}/state`);
      expect(await state.json()).toMatchObject({ phase: "halted" });
    });

    it("has each series of the service once, whichever of its pages it is on", {
      timeout: 90_000,
    }, async () => {
      const names =
        'count by (job) (count by (job, __name__) ({__name__=~"crowdproof_.+", job=~"anomalies|service"}))';
      await expect
        .poll(async () => (await query(names)).map(({ metric }) => metric["job"]).sort(), WITHIN)
        .toEqual(["anomalies", "service"]);
      const twice =
        'count by (__name__) (count by (__name__, job) ({__name__=~"crowdproof_.+", job=~"anomalies|service"})) > 1';
      expect(await query(twice)).toEqual([]);
    });
  });
});

import { execFile } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { describeWith } from "../../../loadtests/test/needs.ts";
import { ALERTMANAGER_FILE, alertmanagerYaml, RULES_FILE } from "../../stack/configuration.ts";
import { ALERTMANAGER_FLAGS } from "../../stack/flags.ts";
import { type KeptProcess, keepProcess } from "../../stack/keep-process.ts";

const BUILD = join(import.meta.dirname, "..", "..", "..", ".build");

type Labels = Record<string, string>;
interface Rule {
  alert?: string;
  labels?: Labels;
}
const rules = (parse(readFileSync(RULES_FILE, "utf8")) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
/** As Prometheus would send each, but for the labels that come from its series; a template, as it may come out. */
const alerts = rules.flatMap(({ alert, labels = {} }) => {
  if (alert === undefined) return [];
  const halts = labels["halt"]?.startsWith("{{") ? ["true", "false"].map((halt) => ({ halt })) : [{}];
  return halts.map((halt) => ({ alertname: alert, ...labels, ...halt }));
});

/** Whom an alert reaches, by what the rules say of it. */
function receiversOf({ severity, halt }: Labels): string[] {
  if (halt === "true") return ["kill-switch", "identity"];
  return [
    { page: "page", ticket: "ticket", campaign: "campaign", none: "watchdog" }[severity ?? ""] ?? "page",
  ];
}

const run = promisify(execFile);

/** Debian's, and the current ones where they were built (`npm run build:monitoring`). */
const versionsOf = (program: string, path: string) =>
  [path, ...globSync(join(BUILD, program))].map((each) => ({ name: each, path: each }));

let folder: string;
let tokenFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "crowdproof-alertmanager-test-"));
  tokenFile = join(folder, "alerts.token");
  await writeFile(tokenFile, "0123456789abcdef0123456789abcdef", { mode: 0o600 });
});
afterAll(() => rm(folder, { recursive: true }));

describeWith("amtool", "Alertmanager's configuration", (installed) => {
  describe.each(versionsOf("amtool", installed))("by $name", ({ path: amtool }) => {
    it.each([
      {
        name: "as committed, with the names of Docker's network",
        text: () => readFileSync(ALERTMANAGER_FILE, "utf8"),
      },
      { name: "as `npm run up` copies it", text: () => configured("production") },
      { name: "with the waits of tests", text: () => configured("quick") },
      {
        name: "without a kill switch",
        text: () =>
          alertmanagerYaml("production", { receiverUrl: "http://127.0.0.1:9095", killSwitch: undefined }),
      },
      ...globSync(join(import.meta.dirname, "..", "receivers", "*.yml")).map((file) => ({
        name: `receivers/${basename(file)}`,
        text: () => readFileSync(file, "utf8"),
      })),
    ])("is accepted $name", async ({ text }) => {
      const file = join(folder, "check.yml");
      await writeFile(file, text());
      expect((await run(amtool, ["check-config", file])).stdout).toContain("SUCCESS");
    });

    it.each([
      ...alerts,
      { alertname: "NobodyThoughtOfThis" },
      { alertname: "NobodyThoughtOfThis", severity: "critical" },
      { alertname: "WatchdogOfAnotherHouse", severity: "page" },
      { alertname: "IdAnomaly", severity: "page", halt: "true", kind: "duplicate", lane: "push" },
      { alertname: "IdAnomalyInDatabase", severity: "page", halt: "true", kind: "ghost", lane: "push" },
      { alertname: "IdAnomaly", severity: "ticket", halt: "true" },
    ] as Labels[])("sends $alertname $severity to whom it is for", async (labels) => {
      const words = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
      const { stdout } = await run(amtool, [
        "config",
        "routes",
        "test",
        `--config.file=${ALERTMANAGER_FILE}`,
        ...words,
      ]);
      expect(stdout.trim().split(",")).toEqual(receiversOf(labels));
    });
  });

  it("knows the alerts of the rules", () => expect(alerts.length).toBeGreaterThan(20));
});

function configured(parameters: "production" | "quick"): string {
  return alertmanagerYaml(parameters, {
    receiverUrl: "http://127.0.0.1:9095",
    killSwitch: { adminUrl: "http://127.0.0.1:3001", tokenFile },
  });
}

it("shortens in tests each wait that is longer than seconds, but for those that tell the same again", () => {
  const waits = [...configured("quick").matchAll(/^ +(group_wait|group_interval): (\S+)/gm)].map(
    (match) => match[2],
  );
  expect(waits.length).toBeGreaterThan(5);
  expect(waits.filter((wait) => wait !== "0s" && wait !== "1s")).toEqual([]);
});

it("closes the campaign by the service's own address and token, and nothing that is resolved asks for it", () => {
  const { receivers } = parse(configured("production")) as {
    receivers: { name: string; webhook_configs: unknown[] }[];
  };
  expect(receivers.find(({ name }) => name === "kill-switch")?.webhook_configs).toEqual([
    {
      url: "http://127.0.0.1:3001/alerts",
      send_resolved: false,
      max_alerts: 100,
      http_config: {
        follow_redirects: false,
        authorization: { type: "Bearer", credentials_file: tokenFile },
      },
    },
  ]);
});

/** Somebody may have been shown another person's data: nothing else that is wrong may keep that from anybody. */
const ANOMALIES: Labels[] = [
  { alertname: "IdAnomaly", severity: "page", halt: "true", kind: "duplicate", lane: "rule" },
  { alertname: "IdAnomaly", severity: "page", halt: "true", kind: "duplicate", lane: "push" },
  { alertname: "IdAnomalyInDatabase", severity: "page", halt: "true", kind: "ghost", lane: "rule" },
  { alertname: "IdAnomalyInDatabase", severity: "page", halt: "true", kind: "ghost", lane: "push" },
  ...[
    { halt: "true", check: "reads-own", lane: "rule" },
    { halt: "true", check: "reads-own", lane: "push" },
    { halt: "false", check: "responses-private", lane: "rule" },
    { halt: "false", check: "responses-private", lane: "push" },
  ].map((labels) => ({ alertname: "ProbeSawForeignData", severity: "page", target: "t", ...labels })),
];

/** One of two instances cannot be scraped. What fires meanwhile is told by somebody who is scraped: true. */
const DOWN: Labels[] = [
  { alertname: "TargetDown", severity: "page", job: "anomalies", instance: "a", lane: "rule" },
  { alertname: "AuditorStale", severity: "page", lane: "rule" },
  { alertname: "WorkerMissing", severity: "page", instance: "a", lane: "rule" },
  { alertname: "WorkerMissing", severity: "page", instance: "b", lane: "rule" },
];
const ONES_OF_THEIR_OWN = [...ANOMALIES, ...DOWN].map((each) => each["alertname"]);

/** All that is no news: what follows from a halt, and the month's budget while the campaign's pages. */
const HUSHED = [
  "CapacityNear",
  "NewcomersQueueTooLong",
  "PromisesBroken",
  "SignupsBelowOffered",
  "SignupsSlowInCampaign",
  "SignupsSlowThisMonth",
  "WaitToldWrong",
];

describeWith("alertmanager", "inhibition", (installed) => {
  describe.each(versionsOf("alertmanager", installed))("by $name", ({ path: program }) => {
    it("leaves every anomaly alone while every other alert fires, and hushes what follows from a halt", async () => {
      const inhibited = await inhibitedBy(program, readFileSync(ALERTMANAGER_FILE, "utf8"), HUSHED);
      expect(inhibited.map(({ alertname }) => alertname).sort()).toEqual(HUSHED);
    }, 60_000);

    it.each([
      {
        name: "by name",
        rule: `{ source_matchers: [alertname="CampaignHalted"], target_matchers: [alertname="IdAnomaly"] }`,
      },
      {
        name: "with all pages",
        rule: `{ source_matchers: [alertname="TargetDown"], target_matchers: [severity="page"] }`,
      },
      {
        name: "by its own other lane",
        rule: `{ source_matchers: [lane="push"], target_matchers: [lane="rule"], equal: [kind] }`,
      },
    ])(
      "is seen red when a rule hushes an anomaly $name",
      async ({ rule }) => {
        const text = readFileSync(ALERTMANAGER_FILE, "utf8").replace(
          "inhibit_rules:\n",
          `inhibit_rules:\n  - ${rule}\n`,
        );
        const inhibited = await inhibitedBy(program, text, ["IdAnomaly"]);
        expect(inhibited.map(({ alertname }) => alertname)).toContain("IdAnomaly");
      },
      60_000,
    );
  });
});

describeWith("alertmanager", "the kill switch", (installed) => {
  it.each(versionsOf("alertmanager", installed))(
    "is told at once of a lane that begins anew, though the other still fires, by $name",
    async ({ path: program }) => {
      const begun: string[] = [];
      const service = createServer(async (request, response) => {
        let text = "";
        for await (const chunk of request) text += String(chunk);
        if (request.url === "/alerts")
          begun.push(...(JSON.parse(text) as Told).alerts.map(({ startsAt }) => startsAt));
        response.end();
      }).listen(0, "127.0.0.1");
      await once(service, "listening");
      const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
      const alertmanager = await startWith(
        program,
        alertmanagerYaml("production", { receiverUrl: url, killSwitch: { adminUrl: url, tokenFile } }),
      );
      const tell = (lane: string, startsAt: Date, endsAt: Date) =>
        post(alertmanager, [
          {
            labels: { alertname: "ProbeSawForeignData", halt: "true", check: "reads-own", lane },
            startsAt,
            endsAt,
          },
        ]);
      const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000);
      try {
        const before = inSeconds(-240);
        await tell("push", before, inSeconds(300));
        await tell("rule", before, inSeconds(300));
        await expect.poll(() => begun.length, SOON).toBeGreaterThan(1);
        // The campaign was reopened: the rule is over. Alertmanager looks at a group each second.
        await tell("rule", before, inSeconds(0));
        await sleep(2_500);
        const after = inSeconds(0);
        await tell("rule", after, inSeconds(300));
        await expect.poll(() => begun.map((at) => Date.parse(at)), SOON).toContain(after.getTime());
      } finally {
        await alertmanager.stop();
        service.closeAllConnections();
        service.close();
      }
    },
    60_000,
  );
});

/** Well before the kill switch is told again of what goes on. */
const SOON = { timeout: 15_000, interval: 50 };

interface Told {
  alerts: { startsAt: string }[];
}

/** Everything fires at once in a real Alertmanager: which alerts would nobody be told of? */
async function inhibitedBy(program: string, config: string, awaited: string[]): Promise<Labels[]> {
  // Nobody is there to be told.
  const alertmanager = await startWith(
    program,
    config.replaceAll("credentials_file: secrets/alerts.token", `credentials_file: ${tokenFile}`),
  );
  try {
    return await postAll(alertmanager, awaited);
  } finally {
    await alertmanager.stop();
  }
}

async function startWith(program: string, config: string): Promise<KeptProcess> {
  const own = await mkdtemp(join(folder, "run-"));
  const file = join(own, "alertmanager.yml");
  await writeFile(file, config);
  return keepProcess({
    name: "Alertmanager",
    program,
    folder: join(own, "data"),
    listening: /msg="Listening on".*? address=(\S+)/,
    args: [
      ...ALERTMANAGER_FLAGS,
      `--config.file=${file}`,
      `--storage.path=${join(own, "data")}`,
      "--web.listen-address=127.0.0.1:0",
    ],
  });
}

const alertsOf = ({ address }: KeptProcess) => `http://${address}/api/v2/alerts`;

async function post(alertmanager: KeptProcess, firing: object[]): Promise<void> {
  const answer = await fetch(alertsOf(alertmanager), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(firing),
  });
  expect(answer.status).toBe(200);
}

async function postAll(alertmanager: KeptProcess, awaited: string[]): Promise<Labels[]> {
  const firing = [
    ...alerts.filter(({ alertname }) => !ONES_OF_THEIR_OWN.includes(alertname)),
    ...ANOMALIES,
    ...DOWN,
  ].map((labels) => ({ labels, annotations: {}, startsAt: new Date().toISOString() }));
  await post(alertmanager, firing);
  interface Seen {
    labels: Labels;
    status: { state: string };
  }
  let seen: Seen[] = [];
  await expect
    .poll(
      async () => {
        seen = (await (await fetch(alertsOf(alertmanager))).json()) as Seen[];
        // The inhibitor learns of what fires a moment after the API: until then nothing is hushed.
        const hushed = seen.filter(({ status }) => status.state === "suppressed");
        return [
          seen.length,
          ...awaited.filter((name) => !hushed.some(({ labels }) => labels["alertname"] === name)),
        ];
      },
      { timeout: 50_000 },
    )
    .toEqual([firing.length]);
  return seen.filter(({ status }) => status.state === "suppressed").map(({ labels }) => labels);
}

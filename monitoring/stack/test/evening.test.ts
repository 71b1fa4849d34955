import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { describeWith } from "../../../loadtests/test/needs.ts";
import { readRunbook } from "../../runbook-tests/read-runbook.ts";
import { runSteps } from "../../runbook-tests/run-steps.ts";
import { asTyped, commandIn, ROOT, TEST_MS, test, typed, type Up, urlIn, WITHIN, whenUp } from "./up.ts";

/** Grafana is not installed where this is tested: it says where it would listen. */
const STAND_IN = join(import.meta.dirname, "stand-in-grafana.sh");
/** From the first wrong answer to the page and to the closed campaign; measured by `npm run bench-alerts`. */
const PROMISED_MS = 2_000;
/** Panels of the identity dashboard that must not be empty or 0 on such an evening. */
const PANELS = ["Withheld by the guard", "Anomalies by kind", "Halts by who halted"];

describeWith("alertmanager", "npm run up on the evening of a campaign", () => {
  describeWith("prometheus", "with a fault switched on", () => {
    describeWith("curl", "and curl", () => {
      test("a campaign comes: somebody is paged, it is closed, dashboards show it, the runbook works, and who is affected is known", {
        timeout: TEST_MS,
      }, async ({ startWith }) => {
        const up = await startWith({ GRAFANA_BIN: STAND_IN }, "--free-ports", "--fault", "module-variable");
        await whenUp(up, expect);
        const campaign = sendCampaign(up);
        await everybodyKnows(up);
        await expect.poll(() => emptyPanels(up), WITHIN).toEqual([]);
        await expect.poll(() => typed(`${commandIn(up, "watch it")} --once`), WITHIN).toMatch(/halted/i);
        expect(await typed(commandIn(up, "open a runbook"))).toContain("IdAnomaly");
        // Nobody reopens while its people still come.
        expect(await campaign.stop()).toContain("130");
        const affected = await typed(`${commandIn(up, "who is affected")} --lang en || test $? -eq 3`);
        expect(affected).toMatch(/another person's data \| [1-9]/);
        expect(await failedSteps(up, "IdAnomaly")).toEqual([]);
        expect(await stateOf(up)).toMatchObject({ phase: "open", share: 1 });
      });
    });
  });
});

/** As the screen says to; it ends by Ctrl-C, and tells its exit code and what it said. */
function sendCampaign(up: Up): { stop(): Promise<string> } {
  const line = asTyped(`${commandIn(up, "send a campaign")} --out ${join(up.room, "run")}`);
  // One process, which Ctrl-C in a terminal would reach as well.
  const child = spawn("bash", ["-c", line.replace("&& ", "&& exec ")], { cwd: ROOT });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += String(text)));
  const ended = once(child, "close");
  return {
    async stop() {
      child.kill("SIGINT");
      const [code, signal] = (await ended) as unknown[];
      return `${code ?? signal}\n${said}`;
    },
  };
}

async function everybodyKnows(up: Up): Promise<void> {
  const links = {
    runbook_url: `${urlIn(up, "receiver")}/runbooks/IdAnomaly`,
    dashboard_url: `${urlIn(up, "Grafana")}/d/crowdproof-identity`,
  };
  // The service's own push, and the rule's.
  const byLane = async () =>
    Object.fromEntries((await toldOfAnomaly(up)).map(({ lane, ...told }) => [lane, told.links]));
  await expect.poll(byLane, WITHIN).toEqual({ push: links, rule: links });
  expect(up.said()).toMatch(/Z PAGE +IdAnomaly /);
  await expect.poll(() => stateOf(up), WITHIN).toMatchObject({ phase: "halted" });
  const causeMs = await firstAnomalyMs(up);
  const pagedMs = Math.min(...(await toldOfAnomaly(up)).map(({ receivedAtMs }) => receivedAtMs)) - causeMs;
  const haltedMs = (await stateOf(up)).sinceMs - causeMs;
  process.stdout.write(`from the first wrong answer: halted ${haltedMs} ms, paged ${pagedMs} ms\n`);
  expect(Math.max(pagedMs, haltedMs)).toBeLessThanOrEqual(PROMISED_MS);
}

interface Told {
  readonly lane: string;
  readonly receivedAtMs: number;
  readonly links: Readonly<Record<string, string | undefined>>;
}

async function toldOfAnomaly(up: Up): Promise<Told[]> {
  const { notifications } = (await json(`${urlIn(up, "receiver")}/notifications`)) as {
    notifications: {
      receivedAtMs: number;
      alerts: { labels: Record<string, string>; annotations: Record<string, string> }[];
    }[];
  };
  return notifications.flatMap(({ receivedAtMs, alerts }) =>
    alerts
      .filter(({ labels }) => labels["alertname"] === "IdAnomaly")
      .map(({ labels, annotations: { runbook_url, dashboard_url } }) => ({
        lane: labels["lane"] ?? "",
        receivedAtMs,
        links: { runbook_url, dashboard_url },
      })),
  );
}

async function stateOf(up: Up): Promise<{ phase: string; sinceMs: number }> {
  return (await json(`${urlIn(up, "admin")}/state`)) as { phase: string; sinceMs: number };
}

async function firstAnomalyMs(up: Up): Promise<number> {
  const token = await readFile(join(up.folder, "jane.token"), "utf8");
  const found = await json(`${urlIn(up, "admin")}/anomalies`, { Authorization: `Bearer ${token}` });
  return Math.min(...[...JSON.stringify(found).matchAll(/"atMs":(\d+)/g)].map(([, ms]) => Number(ms)));
}

/** As Grafana asks them, of the dashboard that it was given. */
async function emptyPanels(up: Up): Promise<string[]> {
  const file = join(up.folder, "grafana", "dashboards", "identity.json");
  const { panels } = JSON.parse(await readFile(file, "utf8")) as {
    panels: { title: string; targets?: { expr: string }[] }[];
  };
  const empty: string[] = [];
  for (const title of PANELS) {
    const targets = panels.find((panel) => panel.title === title)?.targets ?? [];
    const values = await Promise.all(
      targets.map(({ expr }) => largest(up, expr.replaceAll("$instance", ".*"))),
    );
    if (!values.some((value) => value > 0)) empty.push(title);
  }
  return empty;
}

async function largest(up: Up, query: string): Promise<number> {
  const { data } = (await json(
    `${urlIn(up, "Prometheus")}/api/v1/query?query=${encodeURIComponent(query)}`,
  )) as { data: { result: { value: [number, string] }[] } };
  return Math.max(0, ...data.result.map(({ value: [, value] }) => Number(value)));
}

/** What its runbook says to type, by the two people whose tokens `up` made. */
async function failedSteps(up: Up, alert: string): Promise<unknown[]> {
  const home = join(up.room, "home");
  await mkdir(home);
  const results = await runSteps(readRunbook("en", alert).steps, {
    cwd: ROOT,
    home,
    colleagueTokenFile: join(up.folder, "taro.token"),
    env: environmentOf(up),
  });
  return results.filter(({ isAsSaid }) => !isAsSaid);
}

/** `. env`, as the screen says to. */
function environmentOf(up: Up): Record<string, string> {
  const lines = readFileSync(join(up.folder, "env"), "utf8").matchAll(/^export (\w+)='(.*)'$/gm);
  return Object.fromEntries([...lines].map(([, name = "", value = ""]) => [name, value]));
}

async function json(url: string, headers: Record<string, string> = {}): Promise<unknown> {
  return (await fetch(url, { headers })).json();
}

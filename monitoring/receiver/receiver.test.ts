import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeWith } from "../../loadtests/test/needs.ts";
import { labelSetsOf } from "../catalogue/catalogue.ts";
import type { Metric } from "../catalogue/metric.ts";
import { RECEIVER_METRICS } from "../catalogue/receiver-metrics.ts";
import { createDeadMansSwitch } from "./dead-mans-switch.ts";
import { createReceiver } from "./receiver.ts";

let folder: string;
let server: Server;
let url: string;
let nowSeconds: number;
let lines: string[];
let deadMansSwitch: ReturnType<typeof createDeadMansSwitch>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "crowdproof-receiver-"));
  nowSeconds = 0;
  lines = [];
  deadMansSwitch = createDeadMansSwitch({
    startedSeconds: 0,
    silenceSecondsMax: 10,
    firstWordSecondsMax: 60,
  });
  server = createReceiver({
    runbooksFolder: folder,
    notificationsMax: 2,
    deadMansSwitch,
    nowSeconds: () => nowSeconds,
    writeLine: (line) => void lines.push(line),
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true });
});

const alert = (labels: Record<string, string> = {}, more: Record<string, unknown> = {}) => ({
  status: "firing",
  labels: { alertname: "IdAnomaly", severity: "page", ...labels },
  annotations: { summary: "somebody was shown another person's data", runbook_url: "http://r/IdAnomaly" },
  startsAt: "2026-11-22T22:41:36.62Z",
  endsAt: "0001-01-01T00:00:00Z",
  fingerprint: "c0ffee",
  ...more,
});

const webhook = (...alerts: unknown[]) => ({
  version: "4",
  receiver: "page",
  status: "firing",
  groupLabels: {},
  alerts,
});

const post = (path: string, body: unknown, type = "application/json") =>
  fetch(url + path, {
    method: "POST",
    headers: { "Content-Type": type },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const get = (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers });
const kept = async () =>
  ((await (await get("/notifications")).json()) as { notifications: { route: string }[] }).notifications;

describe("a notification", () => {
  it("is said in a line with what a sleepy person needs, and kept with the time it came", async () => {
    const before = Date.now();
    expect((await post("/page", webhook(alert({ kind: "duplicate" })))).status).toBe(200);
    expect(lines).toEqual([
      expect.stringMatching(
        /^\d\d:\d\d:\d\d\.\d{3}Z PAGE {5}IdAnomaly kind=duplicate: somebody was shown another person's data → http:\/\/r\/IdAnomaly$/,
      ),
    ]);
    const [first] = (await kept()) as unknown as { receivedAtMs: number }[];
    expect(first).toMatchObject({ route: "page", status: "firing", alerts: [alert({ kind: "duplicate" })] });
    expect(first?.receivedAtMs).toBeGreaterThanOrEqual(before);
  });

  it("that says an alert is over is said as that", async () => {
    await post("/ticket", webhook(alert({}, { status: "resolved" })));
    expect(lines).toEqual([expect.stringMatching(/ TICKET {3}IdAnomaly: over$/)]);
  });

  it("of a hundred alerts says how many more there were", async () => {
    await post("/page", { ...webhook(alert()), truncatedAlerts: 17 });
    expect(lines).toEqual([
      expect.stringMatching(/ PAGE {5}IdAnomaly: /),
      expect.stringMatching(/ PAGE {5}and 17 more: see Alertmanager$/),
    ]);
  });

  it("is counted by route, each of them there from the start", async () => {
    await post("/page", webhook(alert()));
    const page = await (await get("/metrics")).text();
    expect(page.split("\n").filter((line) => line.includes("notifications_total{"))).toEqual([
      'crowdproof_receiver_notifications_total{route="page"} 1',
      'crowdproof_receiver_notifications_total{route="ticket"} 0',
      'crowdproof_receiver_notifications_total{route="campaign"} 0',
      'crowdproof_receiver_notifications_total{route="watchdog"} 0',
    ]);
  });

  it("beyond the number that is kept takes the place of the oldest", async () => {
    for (const route of ["page", "ticket", "campaign"]) await post(`/${route}`, webhook(alert()));
    expect((await kept()).map(({ route }) => route)).toEqual(["ticket", "campaign"]);
  });

  it("cannot move the cursor of whoever reads the line", async () => {
    await post("/page", webhook(alert({ kind: "\u001b[2J\u202eevil\r\nPAGE" })));
    expect(lines.join("")).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  it.each([
    { name: "no JSON", path: "/page", body: "{", status: 422 },
    { name: "another version", path: "/page", body: { ...webhook(alert()), version: "3" }, status: 422 },
    { name: "an alert without labels", path: "/page", body: webhook({ status: "firing" }), status: 422 },
    { name: "a route that is none", path: "/pages", body: webhook(alert()), status: 404 },
    { name: "more than it reads", path: "/page", body: " ".repeat(1_100_000), status: 413 },
  ])("with $name is refused", async ({ path, body, status }) => {
    expect((await post(path, body)).status).toBe(status);
    expect(await kept()).toEqual([]);
  });
});

describe("the watchdog", () => {
  const word = (at: string) => {
    const annotations = { description: `Evaluated at ${at}. Whoever receives it …` };
    return post("/watchdog", webhook(alert({ alertname: "Watchdog" }, { annotations })));
  };

  it("is well for as long as it is heard; what is heard is neither said nor kept", async () => {
    nowSeconds = 100;
    await word("100");
    deadMansSwitch.look(109);
    expect((await get("/healthz")).status).toBe(200);
    expect(lines).toEqual([]);
    expect(await kept()).toEqual([]);
  });

  it("that falls silent makes /healthz answer 503, until it is heard again", async () => {
    await word("0");
    nowSeconds = 11;
    deadMansSwitch.look(nowSeconds);
    const silent = await get("/healthz");
    expect([silent.status, await silent.json()]).toEqual([503, { status: "silent", silentSeconds: 11 }]);
    await word("11");
    deadMansSwitch.look(nowSeconds);
    expect((await get("/healthz")).status).toBe(200);
  });

  it("whose time stands still is not heard: Alertmanager repeats what Prometheus said last", async () => {
    await word("1.795387770182e+09");
    nowSeconds = 11;
    await word("1.795387770182e+09");
    expect(deadMansSwitch.look(nowSeconds)).toBe("silent");
  });

  it("that is resolved is not heard", async () => {
    const resolved = alert({ alertname: "Watchdog" }, { status: "resolved" });
    await post("/watchdog", webhook(resolved));
    nowSeconds = 61;
    expect(deadMansSwitch.look(nowSeconds)).toBe("silent");
  });
});

it("a web page that somebody has open can neither page nor play the watchdog", async () => {
  for (const path of ["/page", "/watchdog", "/no-kill-switch"])
    expect((await post(path, webhook(alert()), "text/plain")).status).toBe(415);
  expect(lines).toEqual([]);
});

it("a request for a halt that reaches nobody who could close anything is shouted", async () => {
  await post("/no-kill-switch", webhook(alert()));
  expect(lines.join()).toContain("NOTHING WAS CLOSED");
});

describe("a runbook", () => {
  beforeEach(async () => {
    for (const [language, text] of [
      ["en", "Is it real?"],
      ["ja", "本物か"],
    ] as const) {
      await mkdir(join(folder, language));
      await writeFile(join(folder, language, "IdAnomaly.md"), text);
    }
    await writeFile(join(folder, "en", "OnlyEnglish.md"), "Only English");
  });

  it.each([
    { name: "no wish", wish: "", path: "IdAnomaly", text: "Is it real?" },
    { name: "Japanese", wish: "ja-JP", path: "IdAnomaly", text: "本物か" },
    { name: "English before Japanese", wish: "ja;q=0.5, en-GB", path: "IdAnomaly", text: "Is it real?" },
    { name: "French before Japanese", wish: "fr, ja;q=0.5", path: "IdAnomaly", text: "本物か" },
    { name: "a link of another runbook", wish: "", path: "IdAnomaly.md", text: "Is it real?" },
    { name: "Japanese that is not there", wish: "ja", path: "OnlyEnglish", text: "Only English" },
  ])("comes in the language of the reader: $name", async ({ wish, path, text }) => {
    const answer = await get(`/runbooks/${path}`, { "accept-language": wish });
    expect((await answer.text()).trim()).toBe(text);
  });

  it.each(["NoSuchAlert", "..%2f..%2fetc%2fpasswd", "en", ""])("%s is not there", async (name) => {
    expect((await get(`/runbooks/${name}`)).status).toBe(404);
  });
});

describe("/metrics of a receiver that has just started, against the catalogue", () => {
  const listed = Object.entries<Metric>(RECEIVER_METRICS);
  const readPage = async () => readMetrics(await (await get("/metrics")).text());

  it("has its metrics and no other, each with its type and its meaning", async () => {
    expect((await readPage()).map(({ samples: _, ...told }) => told)).toEqual(
      listed.map(([name, { type, meaning }]) => ({ name, type, help: meaning })),
    );
  });

  it("has every label set of theirs and no other, and counts from 0", async () => {
    expect((await readPage()).flatMap(({ samples }) => samples).sort()).toEqual(
      listed
        .flatMap(([name, metric]) => labelSetsOf(metric).map((labels) => `${seriesText(name, labels)} 0`))
        .sort(),
    );
  });

  it.each([
    { name: "a line that belongs to no metric", line: "crowdproof_receiver_stray_total 0" },
    { name: "a line that cannot be read", line: "nonsense" },
  ])("is not read past $name", async ({ line }) => {
    const page = await (await get("/metrics")).text();
    expect(() => readMetrics(`${page}${line}\n`)).toThrow(line);
  });
});

interface ToldMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** As on the page, with labels in order. */
  readonly samples: string[];
}

function readMetrics(page: string): ToldMetric[] {
  return page
    .trim()
    .split(/^(?=# HELP )/m)
    .map((block) => {
      const [head = "", kind = "", ...lines] = block.trim().split("\n");
      const [, name = "", help = ""] = /^# HELP (\S+) (.*)$/.exec(head) ?? [];
      const [, typed, type = ""] = /^# TYPE (\S+) (\S+)$/.exec(kind) ?? [];
      if (typed !== name) throw new Error(`no type of ${name}: ${kind}`);
      return { name, type, help, samples: lines.map((line) => sampleText(name, line)) };
    });
}

function sampleText(metric: string, line: string): string {
  const [, name, inside = "", value] = /^([^{ ]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name !== metric) throw new Error(`no sample of ${metric}: ${line}`);
  const pairs = [...inside.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label, text]);
  return `${seriesText(metric, Object.fromEntries(pairs))} ${value}`;
}

function seriesText(name: string, labels: Readonly<Record<string, string>>): string {
  const inside = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return `${name}{${inside.sort().join(",")}}`;
}

describeWith("promtool", "the receiver's metrics", (promtool) => {
  it("have names and types that nothing is to be said against", async () => {
    const input = await (await get("/metrics")).text();
    const { status, stdout, stderr } = spawnSync(promtool, ["check", "metrics"], { input, encoding: "utf8" });
    expect({ status, words: stdout + stderr }).toEqual({ status: 0, words: "" });
  });
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect } from "vitest";

/** An alert as Alertmanager's webhook tells it. */
export interface Notified {
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

export interface Alertmanager {
  readonly url: string;
  /** Every alert of every webhook, in the order they came. */
  readonly pages: Notified[];
  /** The webhooks as they came. */
  readonly bodies: string[];
  /** What it holds now, resolved or not. */
  holds(): Promise<Record<string, unknown>[]>;
}

const PATIENCE_MS = 30_000;

/** Debian's name, and that of everybody else. */
const PROGRAM = process.env["ALERTMANAGER_BIN"] ?? onPath("prometheus-alertmanager", "alertmanager");
const isHere = PROGRAM !== undefined || process.env["CROWDPROOF_REQUIRE_ALL_TOOLS"] === "1";
const ADVICE = "install Alertmanager, or set ALERTMANAGER_BIN";

/** A skipped test must not look green where all tools are demanded: there the program's absence fails the start. */
export function describeWithAlertmanager(
  name: string,
  tests: (start: () => Promise<Alertmanager>) => void,
): void {
  if (!isHere) process.stderr.write(`not run: ${name} (Alertmanager is missing: ${ADVICE})\n`);
  describe.skipIf(!isHere)(name, () => {
    const stops: (() => Promise<void>)[] = [];
    // One for each test: of what it has told already it is silent.
    afterEach(async () => {
      for (const stop of stops.splice(0)) await stop();
    });
    tests(async () => {
      const { alertmanager, stop } = await startAlertmanager(PROGRAM ?? expect.fail(ADVICE));
      stops.push(stop);
      return alertmanager;
    });
  });
}

async function startAlertmanager(program: string) {
  const pages: Notified[] = [];
  const bodies: string[] = [];
  const receiver = await listen(async (req, res) => {
    const body = await text(req);
    bodies.push(body);
    pages.push(...JSON.parse(body).alerts);
    res.end();
  });
  const folder = mkdtempSync(join(tmpdir(), "crowdproof-alertmanager-"));
  writeFileSync(join(folder, "alertmanager.yml"), configurationFor(receiver.url));
  const { child, url } = await startOnAnyPort(program, folder);
  const alertmanager: Alertmanager = {
    url,
    pages,
    bodies,
    holds: async () => (await fetch(`${url}/api/v2/alerts`)).json() as Promise<Record<string, unknown>[]>,
  };
  return {
    alertmanager,
    async stop() {
      await end(child);
      await receiver.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** As it pages in earnest: each kind a group of its own, at once. */
const configurationFor = (receiverUrl: string) => `
route:
  receiver: page
  group_by: [alertname, kind]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: page
    webhook_configs: [{ url: "${receiverUrl}" }]
`;

/** It draws its port itself, and says which in its log. */
async function startOnAnyPort(program: string, folder: string) {
  const child = spawn(
    program,
    [
      `--config.file=${join(folder, "alertmanager.yml")}`,
      `--storage.path=${join(folder, "data")}`,
      "--web.listen-address=127.0.0.1:0",
      "--cluster.listen-address=",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let words = "";
  child.stderr.on("data", (chunk) => {
    words += chunk;
  });
  const port = () => /"?Listening on"? address=\S*:(\d+)/.exec(words)?.[1];
  await expect.poll(() => port() ?? child.exitCode, { timeout: PATIENCE_MS }).not.toBeNull();
  const url = `http://127.0.0.1:${port() ?? expect.fail(`Alertmanager did not start: ${words}`)}`;
  await expect.poll(async () => (await fetch(`${url}/-/ready`)).ok, { timeout: PATIENCE_MS }).toBe(true);
  return { child, url };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

const servers: (() => Promise<void>)[] = [];

/** A server of the test's own, closed after it; what it is told and how it answers is the test's affair. */
export function createServers(): (listener: RequestListener) => Promise<{ url: string }> {
  afterEach(async () => {
    for (const close of servers.splice(0)) await close();
  });
  return async (listener) => {
    const { url, close } = await listen(listener);
    servers.push(close);
    return { url };
  };
}

async function listen(listener: RequestListener): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function onPath(...names: string[]): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import type { ProbeVerdict } from "../src/probe/probe-verdict.ts";
import { type Desk, openDesk, type Running } from "./command-line.ts";
import { type LeakySignup, leakyTarget, startLeakySignup } from "./leaky-signup.ts";

/** A busy machine takes long for anything; nothing here waits for a time, only for what is to happen. */
export const MS_MAX = 120_000;
export const SOON = { timeout: 60_000, interval: 100 };
export const TOKEN = "a-token-that-may-only-halt-a-campaign";
/** As fast as a trickle may be, and looked at every three seconds. */
export const QUICK = ["--port", "0", "--per-minute", "60", "--window", "60"];

export const POSITIVES = 'positive_total{check="reads-own"';
export const VIOLATIONS = 'violations_total{check="reads-own"';

/** A signup for each test, its target file at the desk, and probes of it as processes. */
export interface ProbeStage {
  readonly desk: Desk;
  readonly signup: LeakySignup;
  startProbe(args?: readonly string[]): Promise<Probe>;
  /** The signup is closed, and there is another. */
  replaceSignup(): Promise<void>;
}

export interface Probe {
  dir: string;
  running: Running;
  /** The value of the first series that begins so. */
  value(series: string): Promise<number>;
  page(): Promise<string>;
  verdict(): ProbeVerdict;
  /** As by Ctrl-C; gives the exit code. */
  stop(): Promise<number | null>;
}

export function createProbeStage(): ProbeStage {
  let desk: Desk;
  let signup: LeakySignup;
  let folders = 0;
  beforeAll(() => {
    desk = openDesk();
    writeFileSync(join(desk.path, "halt.token"), `${TOKEN}\n`, { mode: 0o600 });
  });
  afterAll(async () => {
    const left = await desk.processesAfter(10);
    await desk.close();
    expect(left).toEqual([]);
  });
  const openSignup = async () => {
    signup = await startLeakySignup();
    writeFileSync(join(desk.path, "leaky.yaml"), leakyTarget(signup.url));
  };
  beforeEach(openSignup);
  afterEach(() => signup.close());
  return {
    get desk() {
      return desk;
    },
    get signup() {
      return signup;
    },
    replaceSignup: openSignup,
    startProbe: (args = []) => startProbe(desk, join(desk.path, `probe-${++folders}`), args),
  };
}

async function startProbe(desk: Desk, dir: string, args: readonly string[]): Promise<Probe> {
  const running = desk.start(["probe", "leaky.yaml", ...QUICK, "--out", dir, ...args]);
  await running.until(/metrics +http\S+\/metrics/);
  const url = /http\S+\/metrics/.exec(running.said())?.[0] ?? "";
  const page = async () => (await fetch(url)).text();
  return {
    dir,
    running,
    page,
    async value(series) {
      const line = (await page()).split("\n").find((one) => one.startsWith(`crowdproof_probe_${series}`));
      return Number(line?.split(" ").at(-1));
    },
    verdict: () => JSON.parse(readFileSync(join(dir, "verdict.json"), "utf8")) as ProbeVerdict,
    async stop() {
      running.signal("SIGINT");
      return (await running.ended).exitCode;
    },
  };
}

import { setTimeout as sleep } from "node:timers/promises";
import { openStage, type Stage } from "../states/stage.ts";
import { toldBy } from "./receiver-says.ts";
import type { Scene } from "./scenes.ts";

/** What one alert did when what it is there for happened; seconds from that moment, or from its end. */
export interface Proof {
  readonly alert: string;
  readonly how: string;
  readonly severity: string;
  readonly firedSeconds: number;
  /** Null where nobody was told, as when Alertmanager itself is what is gone, or another alert says the same. */
  readonly toldSeconds: number | null;
  /** After what brought it about had ended. */
  readonly overSeconds: number;
  /** Everything else that fired, pages that nobody is to expect apart. */
  readonly others: readonly string[];
  readonly unexpected: readonly string[];
}

const QUIET_SECONDS_MAX = 60;
const FIRING_SECONDS_MAX = 90;
const TOLD_SECONDS_MAX = 15;
const OVER_SECONDS_MAX = 180;
const LOOK_MS = 100;

/** Brings the scene about in a service and a stack of its own, and takes it away again. */
export async function proveAlert(scene: Scene): Promise<Proof> {
  const stage = await openStage(scene.stage);
  try {
    return await follow(scene, stage, await whenQuiet(stage, scene.alert));
  } finally {
    await stage.close();
  }
}

async function follow(scene: Scene, stage: Stage, before: ReadonlySet<string>): Promise<Proof> {
  const { alert, how, alongside } = scene;
  const seen = new Map<string, string>();
  const look = async () => {
    const firing = await firingNow(stage);
    for (const [name, severity] of firing) if (!before.has(name)) seen.set(name, severity);
    return firing;
  };
  const startedMs = Date.now();
  const end = await scene.begin(stage);
  let hasEnded = false;
  const endOnce = async () => {
    if (hasEnded) return;
    hasEnded = true;
    await end();
  };
  try {
    await until(
      async () => (await look()).has(alert),
      FIRING_SECONDS_MAX,
      () => `${alert} to fire; there were ${[...seen.keys()].join(", ") || "none"}`,
    );
    const firedSeconds = since(startedMs);
    const toldMs = await whenTold(stage, alert, startedMs);
    await endOnce();
    const endedMs = Date.now();
    await calm(stage);
    await until(
      async () => !(await look()).has(alert),
      OVER_SECONDS_MAX,
      () => `${alert} to end`,
    );
    const others = [...seen].filter(([name]) => name !== alert).sort();
    const isUnexpected = ([name, severity]: [string, string]) =>
      severity === "page" && !alongside.includes(name);
    return {
      alert,
      how,
      severity: seen.get(alert) ?? "",
      firedSeconds,
      toldSeconds: toldMs === null ? null : Math.max(0, (toldMs - startedMs) / 1_000),
      overSeconds: since(endedMs),
      others: others.filter((one) => !isUnexpected(one)).map(([name]) => name),
      unexpected: others.filter(isUnexpected).map(([name]) => name),
    };
  } finally {
    await endOnce();
  }
}

const since = (ms: number) => (Date.now() - ms) / 1_000;

/** Name → severity of what fires and is not kept back. */
async function firingNow({ stack }: Stage): Promise<Map<string, string>> {
  const answer = await fetch(`${stack.prometheusUrl}/api/v1/alerts`);
  const { data } = (await answer.json()) as {
    data: { alerts: { state: string; labels: Record<string, string> }[] };
  };
  const firing = data.alerts.filter(
    ({ state, labels }) => state === "firing" && labels["alertname"] !== "Watchdog",
  );
  return new Map(firing.map(({ labels }) => [labels["alertname"] ?? "", labels["severity"] ?? ""]));
}

/** A service and a stack that have just started; what fires even so is nobody's doing. A probe may have seen its fault already. */
async function whenQuiet(stage: Stage, alert: string): Promise<Set<string>> {
  const deadlineMs = Date.now() + QUIET_SECONDS_MAX * 1_000;
  let names = new Set<string>();
  do {
    await sleep(LOOK_MS);
    names = new Set((await firingNow(stage)).keys());
  } while (Date.now() < deadlineMs && names.size > 0 && !names.has(alert));
  return names.has(alert) ? new Set() : names;
}

async function whenTold({ stack }: Stage, alert: string, fromMs: number): Promise<number | null> {
  const deadlineMs = Date.now() + TOLD_SECONDS_MAX * 1_000;
  while (Date.now() < deadlineMs) {
    const told = (await toldBy(stack.receiverUrl)).find(
      ({ labels, status, receivedAtMs }) =>
        labels["alertname"] === alert && status === "firing" && receivedAtMs >= fromMs,
    );
    if (told !== undefined) return told.receivedAtMs;
    await sleep(LOOK_MS);
  }
  return null;
}

const REOPENING_TRIES_MAX = 20;
const REOPENING_PAUSE_MS = 500;

/** Two people reopen what was closed: some alerts are about the campaign's state, and end with it. */
async function calm(stage: Stage): Promise<void> {
  for (let tries = 0; tries < REOPENING_TRIES_MAX; tries++) {
    const { phase } = (await (await fetch(`${stage.adminUrl}/state`)).json()) as { phase: string };
    if (phase === "open") return;
    try {
      const { id } = await stage.admin("/reopenings", "jane", { reason: "the proof is over" });
      await stage.admin(`/reopenings/${String(id)}/approval`, "taro");
    } catch (error) {
      // Halted once more in between, by whoever also saw it.
      if (!(error instanceof Error)) throw error;
      await sleep(REOPENING_PAUSE_MS);
    }
  }
}

async function until(isIt: () => Promise<boolean>, secondsMax: number, what: () => string): Promise<void> {
  const deadlineMs = Date.now() + secondsMax * 1_000;
  while (!(await isIt())) {
    if (Date.now() > deadlineMs) throw new Error(`waited ${secondsMax} s for ${what()}`);
    await sleep(LOOK_MS);
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import { DEAD_MANS_SWITCH, firingAlerts, troubles } from "../states/firing-alerts.ts";
import { reopenByTwo } from "../states/reopen-by-two.ts";
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
  /** Everything else that fired, what the scene is no reason for apart. */
  readonly others: readonly string[];
  readonly unexpected: readonly string[];
}

const QUIET_SECONDS_MAX = 60;
/** Longer than most of the quick rules wait before they fire. */
const QUIET_SECONDS = 5;
const FIRING_SECONDS_MAX = 90;
const TOLD_SECONDS_MAX = 15;
const OVER_SECONDS_MAX = 180;
const TOLD_OVER_SECONDS_MAX = 60;
const LOOK_MS = 100;

/**
 * Brings the scene about in a service and a stack of its own, and takes it away again.
 * Throws where anything fires that it is not the reason for when it is to begin.
 */
export async function proveAlert(scene: Scene): Promise<Proof> {
  const stage = await openStage(scene.stage);
  try {
    await whenQuiet(stage);
    return await follow(scene, stage);
  } finally {
    await stage.close();
  }
}

async function follow(scene: Scene, stage: Stage): Promise<Proof> {
  const { alert, how, alongside } = scene;
  const seen = new Map<string, string>();
  const look = async () => {
    const firing = await troubles(stage.stack.prometheusUrl);
    for (const [name, severity] of firing) seen.set(name, severity);
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
    const overSeconds = since(endedMs);
    if (toldMs !== null)
      await until(
        async () => (await lastTold(stage, alert)) === "resolved",
        TOLD_OVER_SECONDS_MAX,
        () => `somebody to be told that ${alert} is over`,
      );
    const others = [...seen.keys()].filter((name) => name !== alert).sort();
    const isUnexpected = (name: string) => !alongside.includes(name);
    return {
      alert,
      how,
      severity: seen.get(alert) ?? "",
      firedSeconds,
      toldSeconds: toldMs === null ? null : Math.max(0, (toldMs - startedMs) / 1_000),
      overSeconds,
      others: others.filter((name) => !isUnexpected(name)),
      unexpected: others.filter(isUnexpected),
    };
  } finally {
    await endOnce();
  }
}

const since = (ms: number) => (Date.now() - ms) / 1_000;

/**
 * The rules are evaluated, and nothing fires for a while. A stack that has just started may say of a target that it has not
 * scraped yet that it is down; what goes on firing is a false alarm.
 */
async function whenQuiet({ stack }: Stage): Promise<void> {
  const deadlineMs = Date.now() + QUIET_SECONDS_MAX * 1_000;
  let quietSinceMs = Date.now();
  while (Date.now() - quietSinceMs < QUIET_SECONDS * 1_000) {
    await sleep(LOOK_MS);
    const firing = await firingAlerts(stack.prometheusUrl);
    if (firing.delete(DEAD_MANS_SWITCH) && firing.size === 0) continue;
    quietSinceMs = Date.now();
    const what = [...firing.keys()].join(", ") || "nothing, not even the Watchdog";
    if (quietSinceMs > deadlineMs)
      throw new Error(`before anything was done there fired, ${QUIET_SECONDS_MAX} s long: ${what}`);
  }
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

async function lastTold({ stack }: Stage, alert: string): Promise<string | undefined> {
  return (await toldBy(stack.receiverUrl)).findLast(({ labels }) => labels["alertname"] === alert)?.status;
}

const HALTS_MAX = 5;

/** Two people reopen what was closed: some alerts are about the campaign's state, and end with it. */
async function calm({ adminUrl, admin }: Stage): Promise<void> {
  const isOpen = async () => {
    const { phase } = (await (await fetch(`${adminUrl}/state`)).json()) as { phase: string };
    return phase === "open";
  };
  for (let halts = 0; halts < HALTS_MAX && !(await isOpen()); halts++)
    await reopenByTwo(admin, "the proof is over", isOpen);
}

async function until(isIt: () => Promise<boolean>, secondsMax: number, what: () => string): Promise<void> {
  const deadlineMs = Date.now() + secondsMax * 1_000;
  while (!(await isIt())) {
    if (Date.now() > deadlineMs) throw new Error(`waited ${secondsMax} s for ${what()}`);
    await sleep(LOOK_MS);
  }
}

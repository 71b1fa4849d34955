import { setTimeout as sleep } from "node:timers/promises";
import type { Stage } from "./stage.ts";
import { STATES } from "./states.ts";

/** A state that an alert is firing for. */
export interface ReachedState {
  readonly firing: readonly string[];
  /** Takes back what brought it about. */
  end(): Promise<void>;
  /** Resolves when the alert no longer fires. */
  whenOver(): Promise<void>;
}

const FIRING_SECONDS_MAX = 60;
const POLL_MS = 100;

/** Brings about what the alert is there for, and waits until it fires; says what fired instead where it does not. */
export async function reachState(alert: string, stage: Stage): Promise<ReachedState> {
  const state = STATES.find((each) => each.alert === alert);
  if (state === undefined) throw new Error(`no state for ${alert}: see monitoring/states/states.ts`);
  const end = await state.begin(stage);
  try {
    const firing = await waitFor(stage, (names) => names.includes(alert), `${alert} to fire`);
    return {
      firing,
      end,
      async whenOver() {
        await waitFor(stage, (names) => !names.includes(alert), `${alert} to end`);
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The names of what fires at Prometheus at this moment, the dead-man's switch left out. */
async function firingAlerts({ stack }: Stage): Promise<string[]> {
  const answer = await fetch(`${stack.prometheusUrl}/api/v1/alerts`);
  const { data } = (await answer.json()) as {
    data: { alerts: { state: string; labels: Record<string, string> }[] };
  };
  const firing = data.alerts.filter(({ state }) => state === "firing");
  const names = firing.map(({ labels }) => labels["alertname"] ?? "");
  return [...new Set(names)].filter((name) => name !== "Watchdog").sort();
}

async function waitFor(
  stage: Stage,
  isThere: (names: readonly string[]) => boolean,
  words: string,
): Promise<string[]> {
  const deadline = performance.now() + FIRING_SECONDS_MAX * 1_000;
  for (;;) {
    const names = await firingAlerts(stage);
    if (isThere(names)) return names;
    if (performance.now() > deadline)
      throw new Error(
        `waited ${FIRING_SECONDS_MAX} s for ${words}; firing: ${names.join(", ") || "nothing"}`,
      );
    await sleep(POLL_MS);
  }
}

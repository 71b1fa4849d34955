import { setTimeout as sleep } from "node:timers/promises";
import { troubles } from "./firing-alerts.ts";
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

export interface ReachOptions {
  /** The states before it were reached on the same stage: what they left may fire already, and is no complaint. */
  readonly isStageShared: boolean;
}

/**
 * Brings about what the alert is there for, and waits until it fires; says what fired instead where it does not.
 * On a stage of its own it throws where the alert fires before anything was done.
 */
export async function reachState(
  alert: string,
  stage: Stage,
  { isStageShared }: ReachOptions,
): Promise<ReachedState> {
  const state = STATES.find((each) => each.alert === alert);
  if (state === undefined) throw new Error(`no state for ${alert}: see monitoring/states/states.ts`);
  if (!isStageShared && (await troubles(stage.stack.prometheusUrl)).has(alert))
    throw new Error(`${alert} fires before anything was done`);
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

async function waitFor(
  stage: Stage,
  isThere: (names: readonly string[]) => boolean,
  words: string,
): Promise<string[]> {
  const deadline = performance.now() + FIRING_SECONDS_MAX * 1_000;
  for (;;) {
    const names = [...(await troubles(stage.stack.prometheusUrl)).keys()].sort();
    if (isThere(names)) return names;
    if (performance.now() > deadline)
      throw new Error(
        `waited ${FIRING_SECONDS_MAX} s for ${words}; firing: ${names.join(", ") || "nothing"}`,
      );
    await sleep(POLL_MS);
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "./usage-error.ts";

const WATCHING_SECONDS_MAX = 90;
const POLL_MS = 100;

export interface Watching {
  /** Prometheus' own. */
  readonly address: string;
  readonly hasAlertmanager: boolean;
  /** Of any part of the stack. */
  readonly ended: Promise<string>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Resolves when Prometheus knows its Alertmanager and has scraped each of its targets. One that is down is no hindrance: that is
 * what the stack is there to say.
 */
export async function whenWatching({ address, hasAlertmanager, ended, signal }: Watching): Promise<void> {
  const prometheusUrl = `http://${address}`;
  const deadline = performance.now() + WATCHING_SECONDS_MAX * 1_000;
  let sentence: string | undefined;
  ended.then((words) => {
    sentence = words;
  });
  while (performance.now() < deadline) {
    signal?.throwIfAborted();
    if (sentence !== undefined) throw new UsageError(`${sentence} while the stack was starting.`);
    const isToldOf = !hasAlertmanager || (await knowsAlertmanager(prometheusUrl));
    if (isToldOf && (await hasScraped(prometheusUrl))) return;
    await sleep(POLL_MS);
  }
  throw new UsageError(
    `Prometheus at ${prometheusUrl} did not come to watch within ${WATCHING_SECONDS_MAX} s.`,
  );
}

async function knowsAlertmanager(prometheusUrl: string): Promise<boolean> {
  const found = await askJson<{ data: { activeAlertmanagers: unknown[] } }>(
    `${prometheusUrl}/api/v1/alertmanagers`,
  );
  return (found?.data.activeAlertmanagers.length ?? 0) > 0;
}

interface Target {
  readonly health: string;
  readonly scrapePool: string;
}

async function hasScraped(prometheusUrl: string): Promise<boolean> {
  const found = await askJson<{ data: { activeTargets: Target[] } }>(
    `${prometheusUrl}/api/v1/targets?state=active`,
  );
  const targets = found?.data.activeTargets ?? [];
  // Its own target is written last.
  const isThere = targets.some(({ scrapePool }) => scrapePool === "prometheus");
  return isThere && targets.every(({ health }) => health !== "unknown");
}

/** Undefined where there is no answer (yet). */
async function askJson<T>(url: string): Promise<T | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return answer.ok ? ((await answer.json()) as T) : undefined;
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

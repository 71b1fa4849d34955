import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Seen } from "./alarm.ts";
import { postJson } from "./post-json.ts";
import { type AlertPlaces, probeAlert, webhookBody } from "./probe-alert.ts";

/** What stops the campaign of a system that is not ours; absent where nothing was given. */
export interface StopOptions {
  webhook: { url: string; token: string | undefined } | null;
  command: string | null;
  /** Told to the command. */
  folder: string;
  places: AlertPlaces;
  patience: StopPatience;
  count(action: "webhook" | "command", isDone: boolean): void;
  say(text: string): void;
}

/** How long anything may take. */
export interface StopPatience {
  /** Of one try of the webhook. */
  tryMs: number;
  /** Between two tries. */
  pausesMs: readonly number[];
  commandMs: number;
}

/** All tries of the webhook end within a minute and a half. Whoever has to wait longer starts a process of their own. */
export const STOP_PATIENCE: StopPatience = {
  tryMs: 10_000,
  pausesMs: [500, 2_000, 5_000, 10_000, 20_000],
  commandMs: 60_000,
};

const KILL_MS = 2_000;

/**
 * Both at once. Never throws: what did not work is said and counted. Resolves with false where something was to stop the
 * campaign, and none of it did.
 */
export async function stopCampaign(seen: Seen, options: StopOptions): Promise<boolean> {
  const ended = await Promise.all([callWebhook(seen, options), runCommand(seen, options)]);
  return ended.includes("stopped") || !ended.includes("failed");
}

type Stop = "stopped" | "failed" | "nothing to call";

async function callWebhook(
  seen: Seen,
  { webhook, places, patience, count, say }: StopOptions,
): Promise<Stop> {
  if (webhook === null) return "nothing to call";
  const body = webhookBody(probeAlert(seen, places));
  for (const pauseMs of [...patience.pausesMs, null]) {
    const trouble = await postJson(webhook.url, body, { timeoutMs: patience.tryMs, token: webhook.token });
    count("webhook", trouble === null);
    if (trouble === null) {
      say("The campaign is stopped: the halt webhook took it.");
      return "stopped";
    }
    const next = pauseMs === null ? "NOT STOPPED BY IT; stop the campaign by hand" : "trying again";
    say(`The halt webhook did not stop the campaign: ${trouble}; ${next}.`);
    if (pauseMs !== null) await sleep(pauseMs);
  }
  return "failed";
}

async function runCommand(
  seen: Seen,
  { command, folder, places, patience, count, say }: StopOptions,
): Promise<Stop> {
  if (command === null) return "nothing to call";
  const ending = await runInShell(
    command,
    {
      CROWDPROOF_CHECK: seen.check,
      CROWDPROOF_TARGET: places.target,
      CROWDPROOF_FOLDER: folder,
    },
    patience.commandMs,
  );
  count("command", ending === null);
  say(
    ending === null
      ? "The campaign is stopped: the command given by --on-violation ended well."
      : `The command given by --on-violation ${ending}; stop the campaign by hand.`,
  );
  return ending === null ? "stopped" : "failed";
}

/** Null where it ended well. A group of its own, so that all of it can be ended. */
async function runInShell(
  command: string,
  environment: Record<string, string>,
  msMax: number,
): Promise<string | null> {
  const child = spawn(command, {
    shell: true,
    detached: true,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...environment },
  });
  const ended = once(child, "exit").then(
    ([code, signal]: (number | string | null)[]) =>
      code === 0 ? null : `ended with ${signal ?? `exit code ${code}`}`,
    (error: Error) => `could not be started: ${error.message}`,
  );
  const inTime = await Promise.race([ended, sleep(msMax, "late" as const, { ref: false })]);
  if (inTime !== "late") return inTime;
  endGroup(child.pid, "SIGTERM");
  if ((await Promise.race([ended, sleep(KILL_MS, "late" as const)])) === "late")
    endGroup(child.pid, "SIGKILL");
  return `did not end within ${msMax / 1e3} s, and was ended`;
}

function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch (error) {
    // It ended meanwhile.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

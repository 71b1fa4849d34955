import { setTimeout as sleep } from "node:timers/promises";
import type { Seen } from "./alarm.ts";
import { postJson } from "./post-json.ts";
import { type AlertPlaces, endedBefore, probeAlert } from "./probe-alert.ts";

/** The page that goes past Prometheus: to every Alertmanager, at once and as long as the alarm goes on. */
export interface AlertPush {
  /** Tells all of these; what is under way already is told again afterwards. Never throws. */
  tell(going: readonly Seen[]): void;
  /** Resolves when what was to be told has been, or its time is up. */
  close(): Promise<void>;
}

export interface AlertPushOptions {
  urls: readonly string[];
  places: AlertPlaces;
  count(isDone: boolean): void;
  say(reason: string): void;
}

/** One try; Alertmanager answers in milliseconds. */
const TRY_MS_MAX = 3_000;
/** After a failure: soon, because nobody else may have told yet. */
const AGAIN_MS = 1_000;
/** A probe that ends does not wait for an Alertmanager that is gone. */
const CLOSE_MS_MAX = 5_000;

export function createAlertPush(options: AlertPushOptions): AlertPush {
  const lines = options.urls.map((url, at) => createLine(url, at + 1, options));
  return {
    tell(going) {
      if (going.length > 0) for (const line of lines) line.tell(going);
    },
    async close() {
      await Promise.race([
        Promise.all(lines.map((line) => line.close())),
        sleep(CLOSE_MS_MAX, undefined, { ref: false }),
      ]);
    },
  };
}

interface Line {
  tell(going: readonly Seen[]): void;
  close(): Promise<void>;
}

/** One Alertmanager: one request at a time, always with the latest there is, so that a slow one gathers no queue. */
function createLine(url: string, number: number, { places, count, say }: AlertPushOptions): Line {
  let next: readonly Seen[] | null = null;
  let sending: Promise<void> | null = null;
  let isClosing = false;
  let wasDelivered = true;
  /** When what this Alertmanager has of each check began; of an earlier probe's nobody knows. */
  const takenAtMs = new Map<Seen["check"], number>();

  const alertsOf = (seen: Seen) => {
    const alert = probeAlert(seen, places);
    // Not with each repetition: for an instant nothing would fire.
    return takenAtMs.get(seen.check) === seen.lastAtMs ? [alert] : [endedBefore(alert), alert];
  };

  const sendAll = async () => {
    while (next !== null) {
      const going = next;
      next = null;
      const body = JSON.stringify(going.flatMap(alertsOf));
      const trouble = await postJson(`${url}/api/v2/alerts`, body, { timeoutMs: TRY_MS_MAX });
      count(trouble === null);
      // Which of the list, never its address, which may hold a password.
      if (trouble !== null && wasDelivered)
        say(`Alertmanager ${number} did not take the alert: ${trouble}; trying again.`);
      if (trouble === null && !wasDelivered) say(`Alertmanager ${number} takes alerts again.`);
      wasDelivered = trouble === null;
      if (trouble === null) {
        for (const { check, lastAtMs } of going) takenAtMs.set(check, lastAtMs);
        continue;
      }
      next ??= going;
      if (isClosing) return;
      await sleep(AGAIN_MS, undefined, { ref: false });
    }
  };

  return {
    tell(going) {
      next = going;
      sending ??= sendAll().finally(() => {
        sending = null;
      });
    },
    async close() {
      isClosing = true;
      await sending;
    },
  };
}

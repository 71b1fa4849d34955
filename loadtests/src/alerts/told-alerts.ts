import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { isWithin } from "./firings.ts";

/** An alert as people are told of it: with Prometheus's external labels. */
export interface Delivered {
  labels: Record<string, string>;
  startsMs: number;
  receivedMs: number;
  /** `page`, `ticket`, `campaign`. */
  route: string;
}

/** What Alertmanager and the receiver say while a run goes on. */
export interface ToldAlerts {
  /** There is a receiver of ours that says what arrived. */
  readonly isAsked: boolean;
  /** When people were first told of it; null where they were not. */
  deliveredMs(labels: Record<string, string>, firedMs: number): number | null;
  /** Alertmanager kept it back when it was last looked at, because another alert says the same. */
  isInhibited(labels: Record<string, string>): boolean;
  /** Everything that arrived, oldest first. */
  deliveries(): Promise<Delivered[]>;
  close(): Promise<void>;
}

const labels = z.record(z.string(), z.string());
const ALERTS = z.array(z.object({ labels, status: z.object({ inhibitedBy: z.array(z.string()) }) }));
const NOTIFICATIONS = z.object({
  notifications: z.array(
    z.object({
      route: z.string(),
      receivedAtMs: z.number(),
      alerts: z.array(z.object({ status: z.string(), labels, startsAt: z.string() })),
    }),
  ),
});

/** Often enough to meet an alert that is over after a few evaluations, and next to nothing beside a run. */
const LOOK_MS = 500;
const ANSWER_SECONDS_MAX = 5;
/** Alertmanager is told before the evaluation that made the alert fire has written its sample. */
const EARLIER_MS = 2_000;

export interface Whom {
  alertmanagerUrl: string | undefined;
  receiverUrl: string | undefined;
}

/** Asks until it is closed; who does not answer is asked again, and what is not known stays so. */
export function followToldAlerts({ alertmanagerUrl, receiverUrl }: Whom): ToldAlerts {
  const stop = new AbortController();
  let inhibited: Record<string, string>[] = [];
  let delivered: Delivered[] = [];

  const lookAtAlertmanager = async () => {
    if (alertmanagerUrl === undefined) return;
    const found = await ask(`${alertmanagerUrl}/api/v2/alerts?inhibited=true`, ALERTS);
    for (const { labels: of, status } of found ?? []) {
      // What goes on after the other alert has ended is told then; what is gone stays as it was last seen.
      inhibited = inhibited.filter((one) => !(isWithin(of, one) && isWithin(one, of)));
      if (status.inhibitedBy.length > 0) inhibited.push(of);
    }
  };
  const lookAtReceiver = async () => {
    if (receiverUrl === undefined) return;
    const found = await ask(`${receiverUrl}/notifications`, NOTIFICATIONS);
    if (found === null) return;
    delivered = found.notifications.flatMap(({ route, receivedAtMs, alerts }) =>
      alerts
        .filter(({ status }) => status === "firing")
        .map((alert) => ({
          labels: alert.labels,
          startsMs: Date.parse(alert.startsAt),
          receivedMs: receivedAtMs,
          route,
        })),
    );
  };
  const following = (async () => {
    while (!stop.signal.aborted) {
      await lookAtAlertmanager();
      await sleep(LOOK_MS, undefined, { signal: stop.signal, ref: false }).catch(ignoreAbort);
    }
  })();

  return {
    isAsked: receiverUrl !== undefined,
    deliveredMs(of, firedMs) {
      const times = delivered
        .filter(({ labels: told, receivedMs }) => isToldBy(of, told) && receivedMs >= firedMs - EARLIER_MS)
        .map(({ receivedMs }) => receivedMs);
      return times.length === 0 ? null : Math.min(...times);
    },
    isInhibited: (of) => inhibited.some((told) => isWithin(of, told)),
    async deliveries() {
      await lookAtReceiver();
      return delivered;
    },
    async close() {
      stop.abort();
      await following;
    },
  };
}

/** The direct push and the rule are two ways to say the same: whichever is first tells people. */
export function isToldBy({ lane: _, ...of }: Record<string, string>, told: Record<string, string>): boolean {
  return isWithin(of, told);
}

async function ask<Shape extends z.ZodType>(url: string, shape: Shape): Promise<z.infer<Shape> | null> {
  try {
    const answer = await fetch(url, {
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_SECONDS_MAX * 1_000),
    });
    return answer.ok ? shape.parse(await answer.json()) : null;
  } catch (error) {
    // Gone, or cut off: what was told until then stands.
    if (error instanceof Error) return null;
    throw error;
  }
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === "AbortError")) throw error;
}

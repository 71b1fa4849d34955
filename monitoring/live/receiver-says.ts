import { setTimeout as sleep } from "node:timers/promises";

/** One alert as a person was told of it. */
export interface Told {
  readonly labels: Readonly<Record<string, string>>;
  readonly status: string;
  /** Wall clock of the receiver. */
  readonly receivedAtMs: number;
}

const LOOK_MS = 20;

/** The trial was as it should be, and nobody was in time. */
export class NobodyHeard extends Error {
  override readonly name = "NobodyHeard";
}

/** Everything the receiver was told, oldest first; the dead-man's switch left out. */
export async function toldBy(receiverUrl: string): Promise<Told[]> {
  const { notifications } = (await (await fetch(`${receiverUrl}/notifications`)).json()) as {
    notifications: { receivedAtMs: number; alerts: { labels: Record<string, string>; status: string }[] }[];
  };
  return notifications.flatMap(({ receivedAtMs, alerts }) =>
    alerts.map(({ labels, status }) => ({ labels, status, receivedAtMs })),
  );
}

/** When a person was first told of such an alert since `fromMs`; throws when nobody was in time. */
export async function firstTold(
  receiverUrl: string,
  isIt: (labels: Told["labels"]) => boolean,
  { secondsMax, fromMs = 0 }: { secondsMax: number; fromMs?: number },
): Promise<number> {
  const deadlineMs = Date.now() + secondsMax * 1_000;
  while (Date.now() < deadlineMs) {
    const told = (await toldBy(receiverUrl)).find(
      ({ labels, status, receivedAtMs }) => status === "firing" && receivedAtMs >= fromMs && isIt(labels),
    );
    if (told !== undefined) return told.receivedAtMs;
    await sleep(LOOK_MS);
  }
  throw new NobodyHeard(`nobody was told within ${secondsMax} s`);
}

/** When the receiver first said that its watchdog is silent. */
export async function firstSilent(receiverUrl: string, secondsMax: number): Promise<number> {
  const deadlineMs = Date.now() + secondsMax * 1_000;
  while (Date.now() < deadlineMs) {
    const answer = await fetch(`${receiverUrl}/healthz`);
    await answer.body?.cancel();
    if (answer.status === 503) return Date.now();
    await sleep(LOOK_MS);
  }
  throw new NobodyHeard(`the receiver did not notice the silence within ${secondsMax} s`);
}

/** Resolves when it hears its watchdog. */
export async function whenHeard(receiverUrl: string, secondsMax: number): Promise<void> {
  const deadlineMs = Date.now() + secondsMax * 1_000;
  while (Date.now() < deadlineMs) {
    const { watchdogLastMs } = (await (await fetch(`${receiverUrl}/notifications`)).json()) as {
      watchdogLastMs: number;
    };
    if (watchdogLastMs > 0) return;
    await sleep(LOOK_MS);
  }
  throw new Error(`the receiver never heard its watchdog in ${secondsMax} s`);
}

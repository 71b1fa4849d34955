import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { type AlarmKind, type AlertPlaces, anomalyAlert, FIRING_MS, type Seen } from "./anomaly-alert.ts";
import { type AlertPost, createAlertPost, type Posted } from "./post-alert.ts";

/** One outcome for each post to each Alertmanager. */
export const PUSH_OUTCOMES = ["delivered", "failed"] as const;
export type PushOutcome = (typeof PUSH_OUTCOMES)[number];

export type Told = Pick<Seen, "kind" | "by"> & { readonly atMs: number };

/** The page that goes past Prometheus: straight from the process that saw an anomaly to every Alertmanager. */
export interface AlertPush {
  /** On its way when this returns. Never waits, never throws, and keeps nothing but a count for each kind. */
  tell(anomaly: Told): void;
  /** Ends what Alertmanager was told so far, and tells no more of what it has not taken. Once: what is not heard ends by itself. */
  endAll(): void;
  /** Gives what is on its way a moment. */
  close(): Promise<void>;
}

export interface AlertPushOptions extends AlertPlaces {
  readonly alertmanagerUrls: readonly string[];
  readonly log: Pick<Logger, "warn">;
  readonly clock: Clock;
  count(outcome: PushOutcome): void;
}

/** What goes on is told again at this pace, each kind for itself. */
const REPEAT_MS = 1_000;
/** At the end of the process: as long as one try may take. */
const CLOSE_MS_MAX = 1_000;

export function createAlertPush(options: AlertPushOptions): AlertPush {
  const { alertmanagerUrls, clock, count, log } = options;
  const posts = alertmanagerUrls.map(createAlertPost);
  const lines = new Map<AlarmKind, Line>();
  const underWay = new Set<Promise<unknown>>();
  let isClosed = false;

  async function postTo(at: number, post: AlertPost, body: string, isOver: boolean): Promise<Posted> {
    const posted = await (isOver ? post.postOnce(body) : post.post(body));
    count(posted === "taken" ? "delivered" : "failed");
    // Which of the list it is, and not its address, which may hold a password.
    if (posted !== "taken")
      log.warn({ alertmanager: at + 1 }, "an anomaly could not be posted to Alertmanager");
    return posted;
  }

  /** The next post of this kind waits for the slowest of these, so that an Alertmanager that hangs gathers no queue. */
  function send(line: Line): void {
    const { isOver } = line;
    line.isPosting = true;
    line.isNews = false;
    const body = anomalyAlert(line.seen, clock(), options, isOver ? 0 : FIRING_MS);
    const posting = Promise.all(posts.map((post, at) => postTo(at, post, body, isOver))).finally(() =>
      underWay.delete(posting),
    );
    underWay.add(posting);
    void posting.then((posted) => {
      line.isPosting = false;
      const isTaken = posted.includes("taken");
      if (isTaken) line.isHeld = !isOver;
      // Nobody knows of it yet, and somebody may come back.
      const isSettled = isTaken || !posted.includes("away") || isOver || line.isOver;
      if (!isSettled && clock() - line.toldAtMs < FIRING_MS) line.isNews = true;
      if (line.isOver && !line.isHeld) line.isNews = false;
      if (!isOver && !line.isOver) rest(line);
      sendNews(line);
    });
  }

  /** What goes on is told again after it; an end, and what comes after one, waits for nothing. */
  function rest(line: Line): void {
    const own = pause(REPEAT_MS);
    line.rest = own;
    void own.then(() => {
      if (line.rest === own) line.rest = undefined;
      sendNews(line);
    });
  }

  function sendNews(line: Line): void {
    if (line.isNews && !line.isPosting && line.rest === undefined && !isClosed) send(line);
  }

  return {
    tell(anomaly) {
      if (posts.length === 0 || isClosed) return;
      const nowMs = clock();
      const known = lines.get(anomaly.kind);
      const line = known ?? newLine(noneOf(anomaly), nowMs);
      lines.set(anomaly.kind, line);
      // After a page that has ended the count begins anew.
      const hasEnded = line.isOver || nowMs - line.toldAtMs >= FIRING_MS;
      line.seen = add(hasEnded ? noneOf(anomaly) : line.seen, anomaly);
      line.toldAtMs = nowMs;
      line.isOver = false;
      line.isNews = true;
      sendNews(line);
    },
    endAll() {
      for (const line of lines.values()) {
        if (line.isOver || isClosed) continue;
        line.isOver = true;
        line.rest = undefined;
        // What is on its way may be taken yet, and is ended after it.
        line.isNews = line.isHeld || line.isPosting;
        sendNews(line);
      }
    },
    async close() {
      isClosed = true;
      await Promise.race([Promise.all(underWay), pause(CLOSE_MS_MAX)]);
      for (const post of posts) post.close();
    },
  };
}

interface Line {
  seen: Seen;
  /** When this process was last told, which may be long after the anomaly: the auditor finds old ones too. */
  toldAtMs: number;
  /** Something was seen since the last post began. */
  isNews: boolean;
  isPosting: boolean;
  /** Between one post of what goes on and the next. */
  rest: Promise<unknown> | undefined;
  /** Some Alertmanager has taken it, and was not told that it is over. */
  isHeld: boolean;
  /** The campaign was reopened since. */
  isOver: boolean;
}

const newLine = (seen: Seen, toldAtMs: number): Line => ({
  seen,
  toldAtMs,
  isNews: false,
  isPosting: false,
  rest: undefined,
  isHeld: false,
  isOver: false,
});

const pause = (ms: number) => sleep(ms, undefined, { ref: false });

const noneOf = ({ kind, by, atMs }: Told): Seen => ({ kind, by, firstAtMs: atMs, lastAtMs: atMs, times: 0 });

function add({ firstAtMs, lastAtMs, times }: Seen, { kind, by, atMs }: Told): Seen {
  return {
    kind,
    by,
    firstAtMs: Math.min(firstAtMs, atMs),
    lastAtMs: Math.max(lastAtMs, atMs),
    times: times + 1,
  };
}

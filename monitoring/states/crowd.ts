import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/** People who sign up, come back when they are told to, and read their profile; they forget what they saw. */
export interface Crowd {
  /** Stops sending, and waits for who is under way. */
  stop(): Promise<void>;
}

const VISIT_MS_MAX = 20_000;
const TICK_MS = 100;
const COME_BACK_SECONDS_MAX = 20;
const TRIES_MAX = 4;

/** All at one instant; resolves when each has been answered, and has read. */
export async function sendBurst(url: string, people: number): Promise<void> {
  await Promise.all(Array.from({ length: people }, () => visit(url)));
}

/** So many newcomers each second until it is stopped. */
export function keepSending(url: string, perSecond: number): Crowd {
  const under = new Set<Promise<void>>();
  let due = 0;
  const timer = setInterval(() => {
    due += (perSecond * TICK_MS) / 1_000;
    for (; due >= 1; due--) {
      const one: Promise<void> = visit(url).finally(() => under.delete(one));
      under.add(one);
    }
  }, TICK_MS);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(under);
    },
  };
}

async function visit(url: string): Promise<void> {
  const headers = { "content-type": "application/json", "idempotency-key": randomUUID() };
  const body = JSON.stringify(person());
  let ticket: string | undefined;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const answer = await ask(`${url}/signups`, {
      method: "POST",
      headers: ticket === undefined ? headers : { ...headers, ticket },
      body,
    });
    const cookie = answer?.response.headers.getSetCookie()[0]?.split(";")[0];
    if (cookie !== undefined) return read(url, cookie);
    const told = answer?.json as { code?: string; ticket?: string; comeBackInSeconds?: number } | undefined;
    if (told?.code !== "waiting" || (told.comeBackInSeconds ?? 0) > COME_BACK_SECONDS_MAX) return;
    ticket = told.ticket;
    await sleep((told.comeBackInSeconds ?? 0) * 1_000);
  }
}

async function read(url: string, cookie: string): Promise<void> {
  await ask(`${url}/me`, { headers: { cookie } });
}

/** Undefined where there was no answer: under a fault that is no news. */
async function ask(
  url: string,
  init: RequestInit,
): Promise<{ response: Response; json: unknown } | undefined> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(VISIT_MS_MAX) });
    return { response, json: await response.json() };
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

function person(): Record<string, unknown> {
  const own = randomUUID();
  return {
    email: `${own}@state.example`,
    name: `PERSON ${own}`,
    kana: "ヤマダ タロウ",
    kanjiName: "山田太郎",
    sex: "female",
    birthDate: "1980-02-29",
    postalCode: "100-0001",
    address: `address ${own}`,
    phone: "090-1234-5678",
    survey: ["a", "b", "c", "d", "e"],
    message: own,
  };
}

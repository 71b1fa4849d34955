import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { inventPerson } from "./person.ts";

/** People who sign up, come back when they are told to, and read their profile; they forget what they saw. */
export interface Crowd {
  /** Everybody goes home, wherever they are. */
  stop(): Promise<void>;
}

const VISIT_MS_MAX = 20_000;
const BURST_PAUSE_MS = 200;
const NEXT_MS = 20;
const COME_BACK_SECONDS_MAX = 30;
const TRIES_MAX = 8;

/** All at one instant; resolves when each has been answered, and has read. */
export async function sendBurst(url: string, people: number, signal: AbortSignal): Promise<void> {
  await Promise.all(Array.from({ length: people }, () => visit(url, signal)));
}

/** So many newcomers at one instant, and again as soon as they are done, until it is stopped. */
export function keepBursting(url: string, people: number): Crowd {
  return untilStopped(async (signal) => {
    while (!signal.aborted) {
      await sendBurst(url, people, signal);
      await rest(BURST_PAUSE_MS, signal);
    }
  });
}

/** So many at once all the time: whoever is done makes room for the next. */
export function keepComing(url: string, people: number): Crowd {
  return untilStopped(async (signal) => {
    const comeAgain = async () => {
      while (!signal.aborted) {
        await visit(url, signal);
        await rest(NEXT_MS, signal);
      }
    };
    await Promise.all(Array.from({ length: people }, comeAgain));
  });
}

/** So many newcomers each second, one after the other, until it is stopped. */
export function keepSending(url: string, perSecond: number): Crowd {
  return untilStopped(async (signal) => {
    const under: Promise<void>[] = [];
    while (!signal.aborted) {
      under.push(visit(url, signal));
      await rest(1_000 / perSecond, signal);
    }
    await Promise.all(under);
  });
}

export function untilStopped(send: (signal: AbortSignal) => Promise<void>): Crowd {
  const home = new AbortController();
  const sending = send(home.signal);
  return {
    async stop() {
      home.abort();
      await sending;
    },
  };
}

/** A sleep that ends early when the crowd is stopped. */
export async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}

async function visit(url: string, signal: AbortSignal): Promise<void> {
  const headers = { "content-type": "application/json", "idempotency-key": randomUUID() };
  const body = JSON.stringify(inventPerson());
  let ticket: string | undefined;
  for (let tries = 0; tries < TRIES_MAX && !signal.aborted; tries++) {
    const answer = await ask(`${url}/signups`, {
      method: "POST",
      headers: ticket === undefined ? headers : { ...headers, ticket },
      body,
      signal,
    });
    const cookie = answer?.response.headers.getSetCookie()[0]?.split(";")[0];
    if (cookie !== undefined) return read(url, cookie, signal);
    const told = answer?.json as { code?: string; ticket?: string; comeBackInSeconds?: number } | undefined;
    if (told?.code !== "waiting" || (told.comeBackInSeconds ?? 0) > COME_BACK_SECONDS_MAX) return;
    ticket = told.ticket;
    await rest((told.comeBackInSeconds ?? 0) * 1_000, signal);
  }
}

async function read(url: string, cookie: string, signal: AbortSignal): Promise<void> {
  await ask(`${url}/me`, { headers: { cookie }, signal });
}

/** Undefined where there was no answer: under a fault that is no news. */
async function ask(
  url: string,
  init: RequestInit & { signal: AbortSignal },
): Promise<{ response: Response; json: unknown } | undefined> {
  try {
    const signal = AbortSignal.any([init.signal, AbortSignal.timeout(VISIT_MS_MAX)]);
    const response = await fetch(url, { ...init, signal });
    return { response, json: await response.json() };
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

import { PORTS } from "../catalogue/ports.ts";
import type { PartialStack } from "./start-stack.ts";

const LOOK_MS = 1_000;
const ANSWER_MS_MAX = 500;

export interface GuestOptions {
  readonly stack: Pick<PartialStack, "scrape">;
  readonly ports?: Readonly<Record<"gate" | "probe", number>>;
  /** Told why a guest cannot be scraped, once for each reason: it is tried again each second. */
  readonly say: (words: string) => void;
}

/**
 * Has Prometheus scrape a load test (`gate --metrics-port`) for as long as one answers, and a probe from when one has answered: a
 * load test ends, and a probe that is silent is an alarm. Returns how to stop, which waits for the look under way.
 */
export function followGuests({ stack, ports = PORTS, say }: GuestOptions): () => Promise<void> {
  const scraped = { gate: false, probe: false };
  let said: string | undefined;
  let looking: Promise<void> | undefined;
  const look = async () => {
    try {
      for (const guest of ["gate", "probe"] as const) {
        const url = `http://127.0.0.1:${ports[guest]}`;
        const isThere = (await answers(`${url}/metrics`)) || (guest === "probe" && scraped.probe);
        if (isThere !== scraped[guest]) await stack.scrape(guest, isThere ? url : null);
        scraped[guest] = isThere;
      }
    } catch (error) {
      const words = `A load test or a probe cannot be scraped: ${error instanceof Error ? error.message : error}`;
      if (words !== said) say(words);
      said = words;
    } finally {
      looking = undefined;
    }
  };
  const timer = setInterval(() => {
    looking ??= look();
  }, LOOK_MS);
  return async () => {
    clearInterval(timer);
    await looking;
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    await answer.body?.cancel();
    return answer.ok;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

import { PORTS } from "../catalogue/ports.ts";
import type { PartialStack } from "./start-stack.ts";

const LOOK_MS = 1_000;
const ANSWER_MS_MAX = 500;

/**
 * Has Prometheus scrape a load test (`gate --metrics-port`) for as long as one answers, and a probe from when one has answered: a
 * load test ends, and a probe that is silent is an alarm. Returns how to stop.
 */
export function followGuests(stack: Pick<PartialStack, "scrape">): () => void {
  const scraped = { gate: false, probe: false };
  let isLooking = false;
  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    for (const guest of ["gate", "probe"] as const) {
      const url = `http://127.0.0.1:${PORTS[guest]}`;
      const isThere = (await answers(`${url}/metrics`)) || (guest === "probe" && scraped.probe);
      if (isThere !== scraped[guest]) await stack.scrape(guest, isThere ? url : null);
      scraped[guest] = isThere;
    }
    isLooking = false;
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  return () => clearInterval(timer);
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

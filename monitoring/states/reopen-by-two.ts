import { setTimeout as sleep } from "node:timers/promises";
import type { Person } from "./credentials.ts";

const TRIES_MAX = 20;
const PAUSE_MS = 500;

/** One operator asks and the other approves; again where it is refused, and throws after 10 s of refusals. */
export async function reopenByTwo(
  admin: (path: string, person: Person, body?: unknown) => Promise<Record<string, unknown>>,
  reason: string,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      const { id } = await admin("/reopenings", "jane", { reason });
      await admin(`/reopenings/${String(id)}/approval`, "taro");
      return;
    } catch (error) {
      // A page may be faster than the halt is written; and the auditor finds the anomaly a moment after the guard, and
      // what halts in between withdraws what was asked for.
      if (tries >= TRIES_MAX) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

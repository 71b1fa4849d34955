import { setTimeout as sleep } from "node:timers/promises";
import type { Person } from "./credentials.ts";

const TRIES_MAX = 20;
const PAUSE_MS = 500;

type Admin = (path: string, person: Person, body?: unknown) => Promise<Record<string, unknown>>;

/**
 * One operator asks and the other approves; again where it is refused. Resolves when it was approved, or where `isOpen` says
 * that nothing is left to reopen; throws after 10 s of refusals.
 */
export async function reopenByTwo(
  admin: Admin,
  reason: string,
  isOpen = async (): Promise<boolean> => false,
): Promise<void> {
  for (let tries = 1; !(await isOpen()); tries++) {
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

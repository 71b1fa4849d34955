import type { DoneEvent, Ending, Event } from "../events/event.ts";
import { isBlank, isPositive } from "./foreign-data.ts";

/** Whether the probe sees anything: the visitors since somebody last saw their own data, and why they did not. */
export interface Sight {
  add(event: Event): void;
  /** Called once in a while: what has changed since the last call, null where nothing has. */
  change(nowSeconds: number): { isBlind: boolean; words: string } | null;
  /** Why nothing is seen; null where something is. */
  blind(): string | null;
  /** Profiles served in which nothing of their reader's stood, although that step shows people their own otherwise. */
  blanks(): number;
  blindSeconds(nowSeconds: number): number;
}

/** So many in a row who see nothing of their own: one or two may be unlucky. */
const VISITORS_MIN = 3;

export function createSight(): Sight {
  let endings = new Map<string, number>();
  let blanks = 0;
  let isTold = false;
  let sinceSeconds = 0;
  let sum = 0;
  let hasSeen = false;
  const showing = new Set<string>();
  /** Those under way who saw their own data. */
  const seeing = new Set<string>();
  const since = () => [...endings.values()].reduce((total, count) => total + count, 0);
  const words = () =>
    [...endings]
      .sort(([, one], [, other]) => other - one)
      .map(([why, count]) => `${count} ${why}`)
      .join(", ");
  return {
    add(event) {
      if (event.type === "done" && event.control === null && event.ending !== "cut-short") {
        const why = wordOf(event);
        if (!seeing.delete(nameOf(event))) endings.set(why, (endings.get(why) ?? 0) + 1);
      }
      if (event.type === "request" && isBlank(event) && showing.has(event.step)) blanks++;
      if (event.type !== "request" || !isPositive(event)) return;
      showing.add(event.step);
      seeing.add(nameOf(event));
      hasSeen = true;
      endings = new Map();
    },
    change(nowSeconds) {
      const isBlind = since() >= VISITORS_MIN;
      if (isBlind === isTold) return null;
      isTold = isBlind;
      if (isBlind) {
        sinceSeconds = nowSeconds;
        return { isBlind, words: words() };
      }
      sum += nowSeconds - sinceSeconds;
      return { isBlind, words: `after ${Math.round(nowSeconds - sinceSeconds)} s` };
    },
    blind: () => (since() >= VISITORS_MIN || (!hasSeen && since() > 0) ? words() : null),
    blanks: () => blanks,
    blindSeconds: (nowSeconds) => sum + (isTold ? nowSeconds - sinceSeconds : 0),
  };
}

const WORDS: Record<Ending, string> = {
  member: "members who were shown nothing of theirs",
  "still-waiting": "told to wait",
  refused: "refused",
  rejected: "rejected",
  halted: "halted",
  "gave-up": "gave up",
  lost: "without an answer",
  failed: "failed",
  "cut-short": "cut short",
};

const nameOf = ({ run, visitor }: { run: string; visitor: number }) => `${run} ${visitor}`;
const wordOf = ({ ending }: DoneEvent) => WORDS[ending];

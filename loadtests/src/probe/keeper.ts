import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Plan } from "../plan/plan.ts";
import { UNCLEANED_CYCLES_MAX } from "./limits.ts";
import type { ProbeOptions } from "./probe-options.ts";
import { areRemoved, leftBehind, type PeopleToRemove, removePeople } from "./remove-people.ts";
import type { Cycle } from "./send-cycle.ts";
import type { VisitorCounts } from "./visitor-counts.ts";

/** Knows every cycle whose people are at the target, and removes those that the window has left, or keeps their plans. */
export interface Keeper {
  add(cycle: Cycle): void;
  /** Those inside the window, oldest first. */
  cycles(): readonly Cycle[];
  /** False while so many people could not be removed that nobody else may be sent. */
  mayGoOn(): boolean;
  /** Whom an earlier probe left in the folder: it was killed, or kept its people. */
  takeLeftBehind(): Promise<void>;
  /** Lets those go who are older than the window, wholly. */
  dropOld(nowSeconds: number): Promise<void>;
  /** All who are left go, whatever their age. */
  dropAll(): Promise<void>;
  /** People who are still at the target. */
  people(): number;
}

type KeeperOptions = Pick<
  ProbeOptions,
  "folder" | "metrics" | "secrets" | "isCleaned" | "windowSeconds" | "tell"
> & { counts: VisitorCounts };

export function createKeeper(options: KeeperOptions): Keeper {
  const { folder, metrics, secrets, isCleaned, windowSeconds, tell } = options;
  let cycles: Cycle[] = [];
  /** Out of the window, and still at the target. */
  let waiting: PeopleToRemove[] = [];
  /** Out of the window, at the target for good; a number, so that an endless probe does not grow. */
  let keptPeople = 0;
  let isPaused = false;
  let lastTrouble = "";

  const people = () => [...cycles, ...waiting].reduce((sum, { plan }) => sum + peopleOf(plan), keptPeople);
  const tellPeople = () => metrics.set("crowdproof_probe_people", {}, people());
  const removal = {
    secrets,
    count: (isDone: boolean) =>
      metrics.add("crowdproof_probe_actions_total", {
        action: "clean-up",
        outcome: isDone ? "done" : "failed",
      }),
    say(reason: string) {
      // The same each cycle while it lasts.
      const kind = reason.replace(/cp-[0-9a-z]+|\d+/g, "");
      if (kind !== lastTrouble) tell("clean-up", reason);
      lastTrouble = kind;
    },
  };

  /** Oldest first, and no further than the first that cannot be: one time-out a cycle, not one for each. */
  const removeWaiting = async () => {
    while (waiting[0] !== undefined) {
      if (!(await removePeople(waiting[0], removal))) break;
      lastTrouble = "";
      waiting = waiting.slice(1);
    }
    tellPeople();
  };

  const letGo = async (left: PeopleToRemove) => {
    if (isCleaned) waiting.push(left);
    else keptPeople += peopleOf(left.plan);
    // The plan says whose people they are; nothing else of a cycle is needed any more.
    await rm(join(left.dir, "events.ndjson"), { force: true });
  };

  const drop = async (cycle: Cycle) => {
    cycle.stop();
    await cycle.ended;
    const { dir, plan } = cycle;
    const acknowledged = options.counts.membersOf(plan.runId);
    options.counts.forget(plan.runId);
    await letGo({ dir, plan, acknowledged });
  };

  return {
    add(cycle) {
      cycles.push(cycle);
      tellPeople();
    },
    cycles: () => cycles,
    mayGoOn() {
      const isFull = waiting.length > UNCLEANED_CYCLES_MAX;
      if (isFull && !isPaused)
        tell("paused", `${people()} people could not be removed; nobody else is sent until they are.`);
      isPaused = isFull;
      return !isFull;
    },
    async takeLeftBehind() {
      for (const left of await leftBehind(folder.dir)) {
        if (isCleaned || !(await areRemoved(left))) await letGo(left);
      }
      const before = people();
      if (before === 0) return;
      await removeWaiting();
      const words = isCleaned
        ? `An earlier probe was ended before it had cleaned up: ${before - people()} of ${before} people were removed.`
        : `${before} people of an earlier probe stay at the target (--keep).`;
      tell("clean-up", words);
    },
    async dropOld(nowSeconds) {
      const isOld = ({ plan }: Cycle) => plan.durationSeconds < nowSeconds - windowSeconds;
      const old = cycles.filter(isOld);
      cycles = cycles.filter((cycle) => !isOld(cycle));
      for (const cycle of old) await drop(cycle);
      await removeWaiting();
    },
    async dropAll() {
      const all = cycles;
      cycles = [];
      for (const cycle of all) await drop(cycle);
      await removeWaiting();
    },
    people,
  };
}

const peopleOf = (plan: Plan) => plan.arrivals.dueMicroseconds.length;

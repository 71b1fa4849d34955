import { nodePrimitives } from "../engine/embedded/node-primitives.ts";
import type { Event, ForeignCanary, ObservationEvent } from "../events/event.ts";
import { createCanaryCodec } from "../people/canary.ts";
import { type Plan, VISITORS_MAX } from "../plan/plan.ts";

/** A visitor as their own cycle knows them. */
export interface Origin {
  runId: string;
  visitor: number;
}

/** Gives the visitors of several runs the numbers of one. */
export interface Numbering {
  readonly origins: readonly Origin[];
  readonly arrivals: Plan["arrivals"];
  /** Takes those who are done of the next run in time; groups are taken wholly or not at all. */
  add(plan: Plan, done: ReadonlySet<number>): void;
  /** An event of these runs as one of the new run; null where its visitor is not in it, or it says nothing there. */
  rename(event: Event, plan: Plan): Event | null;
}

/** The visitor of a control who registers nobody: the last number a canary holds, in every run. */
const NOBODY = VISITORS_MAX - 1;
/** What an engine says of itself, and is true of the whole. */
const KEPT_KINDS: readonly ObservationEvent["kind"][] = ["lag", "clock"];

export interface NumberingOptions {
  /** Of the new run. */
  runId: string;
  /** The key of the canaries, where it is one's own. */
  canaryKey: string | undefined;
  /** Who was judged already, and is not judged again. */
  isSpent(visitor: Origin): boolean;
}

export function createNumbering(options: NumberingOptions): Numbering {
  const origins: Origin[] = [];
  const arrivals: Plan["arrivals"] = { dueMicroseconds: [], behaviour: [], group: [], burst: [] };
  const numbers = new Map<string, Map<number, number>>();
  const runIdsByTag = new Map<number, string>();
  // Judging knows no key of one's own, and takes the tag that a run has without it.
  const newTag = runTagOf(options.runId, undefined);
  let bursts = 0;

  const numberIn = (runId: string, visitor: number) => numbers.get(runId)?.get(visitor);
  const renameCanary = (canary: ForeignCanary): ForeignCanary => {
    const runId = runIdsByTag.get(canary.runTag);
    const visitor = runId === undefined ? undefined : numberIn(runId, canary.visitor);
    // Of an older run, or of somebody who is not done yet: somebody else's all the same.
    return visitor === undefined ? canary : { ...canary, runTag: newTag, visitor };
  };

  return {
    origins,
    arrivals,
    add(plan, done) {
      const { runId } = plan;
      const ofRun = new Map<number, number>();
      numbers.set(runId, ofRun);
      runIdsByTag.set(runTagOf(runId, options.canaryKey), runId);
      const fresh = [...done].filter((visitor) => !options.isSpent({ runId, visitor }));
      const visitors = wholeGroups(plan, new Set(fresh));
      if (visitors.some((visitor) => plan.arrivals.burst[visitor] !== 0)) bursts++;
      for (const visitor of visitors) {
        ofRun.set(visitor, origins.length);
        origins.push({ runId, visitor });
        arrivals.dueMicroseconds.push(plan.arrivals.dueMicroseconds[visitor]!);
        arrivals.behaviour.push(plan.arrivals.behaviour[visitor]!);
        arrivals.group.push(ofRun.get(plan.arrivals.group[visitor]!)!);
        arrivals.burst.push(plan.arrivals.burst[visitor] === 0 ? 0 : bursts);
      }
    },
    rename(event, { runId }) {
      const run = options.runId;
      if (event.type === "observation" && KEPT_KINDS.includes(event.kind)) return { ...event, run };
      if (event.type === "end" || event.type === "alert") return null;
      if (event.type === "observation" && event.kind !== "mail") return null;
      const { visitor: before } = event;
      const visitor = before === null || before === NOBODY ? before : numberIn(runId, before);
      if (visitor === undefined) return null;
      const foreign = "foreign" in event ? { foreign: event.foreign.map(renameCanary) } : {};
      const burst = event.type === "arrival" ? { burst: arrivals.burst[visitor!] ?? 0 } : {};
      return { ...event, run, visitor, ...foreign, ...burst } as Event;
    },
  };
}

function wholeGroups({ arrivals }: Plan, done: ReadonlySet<number>): number[] {
  const { group } = arrivals;
  const partial = new Set(group.filter((_first, visitor) => !done.has(visitor)));
  return [...group.keys()].filter((visitor) => !partial.has(group[visitor]!));
}

export function runTagOf(runId: string, key: string | undefined): number {
  const { hmacSha256, decodeBase64 } = nodePrimitives;
  return createCanaryCodec({ runId, key, hmacSha256, decodeBase64 }).runTag;
}

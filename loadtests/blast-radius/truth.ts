import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Event, RequestEvent } from "../src/events/event.ts";
import type { CanaryField } from "../src/people/field.ts";
import { BEHAVIOURS, type Plan } from "../src/plan/plan.ts";

/** What the harness itself saw of a leak, by the canaries in the answers it was given. */
export interface Truth {
  /** `viewer > victim: field` of each, by visitor, with when. */
  readonly exposures: ReadonlyMap<string, Seen>;
  /** Visitors of a member number; a number given twice has several. */
  readonly visitorsOf: ReadonlyMap<string, ReadonlySet<number>>;
  readonly answersWithOwnData: number;
  /**
   * Visitors of whose reads an answer was lost on its way. The ledger says what was sent, and must: bytes that have left
   * may be read by whoever holds the wire. The harness cannot know them, so here the ledger may know more.
   */
  readonly lostReaders: ReadonlySet<number>;
  /** Members by their row alone, whose answer was lost: the ledger has those answers that had begun to leave. */
  readonly unheard: ReadonlySet<number>;
}

export interface Seen {
  readonly viewer: number;
  readonly victim: number;
  readonly field: string;
  /** Wall clock. */
  firstMs: number;
  lastMs: number;
}

/** The harness's word for a field → the service's. */
const FIELD_NAMES: Readonly<Record<CanaryField, string>> = {
  email: "email",
  latinName: "name",
  address: "address",
  freeText: "message",
  kana: "kana",
};
export const CANARY_FIELDS: readonly string[] = Object.values(FIELD_NAMES);

export async function readTruth(dir: string): Promise<Truth> {
  const plan = JSON.parse(await readFile(join(dir, "plan.json"), "utf8")) as Plan;
  const startedMs = await startOf(dir);
  const exposures = new Map<string, Seen>();
  const visitorsOf = new Map<string, Set<number>>();
  const members = new Set<number>();
  const rows: { visitor: number; memberId: string }[] = [];
  const lostReaders = new Set<number>();
  let answersWithOwnData = 0;
  for await (const event of eventsOf(dir)) {
    if (event.control !== null) continue;
    if (event.type === "observation" && event.visitor !== null && event.memberId !== null)
      rows.push({ visitor: event.visitor, memberId: event.memberId });
    if (event.type !== "request") continue;
    if (event.own.length > 0) answersWithOwnData += 1;
    if (event.role === "read-own" && event.status === null) lostReaders.add(event.visitor);
    if (event.class === "acknowledged" && event.memberId !== null) noteMember(event.visitor, event.memberId);
    for (const seen of foreignOf(event, plan, startedMs)) {
      const key = `${seen.viewer} > ${seen.victim}: ${seen.field}`;
      const before = exposures.get(key) ?? seen;
      before.firstMs = Math.min(before.firstMs, seen.firstMs);
      before.lastMs = Math.max(before.lastMs, seen.lastMs);
      exposures.set(key, before);
    }
  }
  // Whose answer was lost is a member all the same. A row's visitor is read off its address, which two people may share.
  const hasMember = (first: number) => [...members].some((member) => addresseeOf(plan, member) === first);
  const unheard = new Set<number>();
  for (const { visitor, memberId } of rows) {
    if (hasMember(addresseeOf(plan, visitor))) continue;
    unheard.add(visitor);
    noteMember(visitor, memberId);
  }
  return {
    exposures: withOwnersOfAddresses(exposures, plan, members),
    visitorsOf,
    answersWithOwnData,
    lostReaders,
    unheard,
  };

  function noteMember(visitor: number, number: string): void {
    members.add(visitor);
    visitorsOf.set(number, (visitorsOf.get(number) ?? new Set()).add(visitor));
  }
}

/** Whose canary this visitor's address holds. Other groups than pairs share a key or a session, and no address. */
function addresseeOf({ arrivals }: Plan, visitor: number): number {
  const isPair = BEHAVIOURS[arrivals.behaviour[visitor] ?? -1] === "pair";
  return isPair ? (arrivals.group[visitor] ?? visitor) : visitor;
}

/** An address that two people share has the first one's canary; it is the data of the one who became a member. */
function withOwnersOfAddresses(
  exposures: ReadonlyMap<string, Seen>,
  plan: Plan,
  members: ReadonlySet<number>,
): Map<string, Seen> {
  const { group } = plan.arrivals;
  const owned = new Map<string, Seen>();
  const hasAddress = (visitor: number, first: number) => addresseeOf(plan, visitor) === first;
  for (const seen of exposures.values()) {
    const isShared = seen.field === "email" && !members.has(seen.victim);
    const owner = isShared ? group.findIndex((_, at) => members.has(at) && hasAddress(at, seen.victim)) : -1;
    const victim = owner < 0 ? seen.victim : owner;
    if (victim !== seen.viewer) owned.set(`${seen.viewer} > ${victim}: ${seen.field}`, { ...seen, victim });
  }
  return owned;
}

/** Two people with one e-mail address both sent its canary, which is the first one's. */
function foreignOf(event: RequestEvent, plan: Plan, startedMs: number): Seen[] {
  return event.foreign
    .filter(
      ({ field, visitor: victim }) => !(field === "email" && addresseeOf(plan, event.visitor) === victim),
    )
    .map(({ field, visitor: victim }) => ({
      viewer: event.visitor,
      victim,
      field: FIELD_NAMES[field],
      firstMs: startedMs + event.startedMicroseconds / 1_000,
      lastMs: startedMs + event.endedMicroseconds / 1_000,
    }));
}

async function startOf(dir: string): Promise<number> {
  for await (const event of eventsOf(dir)) if (event.type === "end") return Date.parse(event.startedAt);
  throw new Error(`${dir}/events.ndjson has no end`);
}

async function* eventsOf(dir: string): AsyncIterable<Event> {
  for await (const line of createInterface({ input: createReadStream(join(dir, "events.ndjson")) }))
    yield JSON.parse(line) as Event;
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { healthyHistory, memberIdOf, writeRun } from "../../test/history-builder.ts";
import type { Event } from "../events/event.ts";
import { type Plan, VISITORS_MAX } from "../plan/plan.ts";
import { lookAtHistory } from "./judge-history.ts";
import { runTagOf } from "./numbering.ts";
import { targetForProbe } from "./probe-target.ts";
import { writeSlidingHistory } from "./sliding-history.ts";

const PROBE = "cp-00000000000zz";
const RUNS = ["cp-000000000000a", "cp-000000000000b"] as const;
const NOBODY = VISITORS_MAX - 1;
/** Between two groups of the mix. */
const SPLIT = 70;

interface Part {
  plan: Plan;
  events: Event[];
}

let dir: string;
let runs = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "crowdproof-sliding-"));
});
afterAll(() => rm(dir, { recursive: true }));

/** One healthy run as two cycles of a probe, each with numbers of its own. */
function twoCycles(): [Part, Part] {
  const whole = healthyHistory();
  const count = whole.plan.arrivals.dueMicroseconds.length;
  return [part(whole, 0, SPLIT, RUNS[0]), part(whole, SPLIT, count, RUNS[1])];
}

function part({ plan, events }: Part, from: number, to: number, runId: string): Part {
  const { arrivals } = plan;
  const isIn = (visitor: number | null) =>
    visitor === NOBODY || (visitor !== null && visitor >= from && visitor < to);
  const moved = (visitor: number) => (visitor === NOBODY ? visitor : visitor - from);
  return {
    plan: {
      ...plan,
      runId,
      target: targetForProbe(plan.target),
      arrivals: {
        dueMicroseconds: arrivals.dueMicroseconds.slice(from, to),
        behaviour: arrivals.behaviour.slice(from, to),
        group: arrivals.group.slice(from, to).map(moved),
        burst: arrivals.burst.slice(from, to),
      },
    },
    events: events.flatMap((event): Event[] => {
      if (event.type === "observation") return event.kind === "lag" ? [{ ...event, run: runId }] : [];
      if (event.type === "end" || event.type === "alert") return [{ ...event, run: runId }];
      if (!isIn(event.visitor)) return [];
      const foreign = "foreign" in event ? { foreign: event.foreign.map(asOf(runId, from)) } : {};
      return [{ ...event, run: runId, visitor: moved(event.visitor), ...foreign } as Event];
    }),
  };
}

const asOf = (runId: string, from: number) => (canary: { visitor: number; runTag: number }) => ({
  ...canary,
  runTag: runTagOf(runId, undefined),
  visitor: canary.visitor - from,
});

async function look(parts: readonly Part[], spent: ReadonlySet<string> = new Set()) {
  const cycles = await Promise.all(
    parts.map(async (one) => ({ dir: await writeRun(join(dir, String(runs++)), one), plan: one.plan })),
  );
  const folder = join(dir, String(runs++));
  const history = await writeSlidingHistory(folder, cycles, {
    runId: PROBE,
    canaryKey: undefined,
    isSpent: ({ runId, visitor }) => spent.has(`${runId} ${visitor}`),
    atSeconds: 60,
  });
  if (history === null) return { people: 0, looked: [], outcomes: {} };
  const looked = await lookAtHistory(folder, history.origins);
  return {
    people: history.origins.length,
    looked,
    outcomes: Object.fromEntries(looked.map(({ check, outcome }) => [check, outcome])),
  };
}

function change(
  one: Part,
  visitor: number,
  into: (event: Event & { type: "request" }) => Event | null,
): void {
  one.events = one.events.flatMap((event) => {
    if (event.type !== "request" || event.control !== null || event.visitor !== visitor) return [event];
    const changed = into(event);
    return changed === null ? [] : [changed];
  });
}

/** Each look costs the better part of a second, on a busy machine several. */
const MS_MAX = 120_000;

describe("the sliding history", { timeout: MS_MAX }, () => {
  it("passes two healthy cycles as one history", async () => {
    const parts = twoCycles();
    const { people, outcomes } = await look(parts);
    expect(people).toBe(parts[0].plan.arrivals.group.length + parts[1].plan.arrivals.group.length);
    expect(outcomes).toEqual({
      "reads-own": "pass",
      "ids-unique": "pass",
      "acks-durable": "pass",
      "no-ghost-id": "pass",
      "once-per-person": "pass",
      "ids-well-formed": "pass",
      "refusals-honest": "not judged",
      "sessions-bound": "pass",
      "responses-private": "pass",
    });
  });

  it("finds a member ID that somebody of an earlier cycle has, and names both by their cycles", async () => {
    const [first, second] = twoCycles();
    change(second, 0, (event) => ({ ...event, memberId: event.memberId === null ? null : memberIdOf(0) }));
    const { looked } = await look([first, second]);
    const unique = looked.find(({ check }) => check === "ids-unique");
    expect(unique).toMatchObject({ outcome: "fail" });
    expect(unique?.findings[0]).toMatchObject({
      visitor: `${RUNS[0]} visitor 0`,
      otherVisitor: `${RUNS[1]} visitor 0`,
    });
  });

  it("finds the canary of an earlier cycle, by its visitor while they are in the history", async () => {
    const [first, second] = twoCycles();
    const canary = {
      runTag: runTagOf(RUNS[0], undefined),
      visitor: 3,
      field: "email",
      place: "body",
    } as const;
    change(second, 1, (event) => ({ ...event, foreign: [canary] }));
    const both = (await look([first, second])).looked.find(({ check }) => check === "reads-own");
    expect(both?.outcome).toBe("fail");
    expect(both?.findings[0]).toMatchObject({ victim: `${RUNS[0]} visitor 3`, victimRunTag: null });
    const later = (await look([second])).looked.find(({ check }) => check === "reads-own");
    expect(later?.outcome).toBe("fail");
    expect(later?.findings[0]).toMatchObject({ victim: 3, victimRunTag: canary.runTag });
  });

  it("takes visitors wholly: not while they are under way, nor when they were cut short, nor half a couple", async () => {
    const [first, second] = twoCycles();
    const people = first.plan.arrivals.group.length + second.plan.arrivals.group.length;
    const couple = first.plan.arrivals.group.findIndex((group, visitor) => group !== visitor);
    first.events = first.events.filter((event) => event.type !== "done" || event.visitor !== couple);
    second.events = second.events.map((event) =>
      event.type === "done" && event.visitor === 0 ? { ...event, ending: "cut-short" } : event,
    );
    const { people: taken, outcomes } = await look([first, second]);
    expect(taken).toBe(people - 3);
    expect(Object.values(outcomes).filter((outcome) => outcome !== "pass")).toEqual(["not judged"]);
  });

  it("leaves out who was judged already", async () => {
    const [first, second] = twoCycles();
    const all = new Set(first.plan.arrivals.group.map((_group, visitor) => `${RUNS[0]} ${visitor}`));
    expect((await look([first, second], all)).people).toBe(second.plan.arrivals.group.length);
    expect((await look([first], all)).people).toBe(0);
  });

  it("says unknown of what does not see the wrong answers that were put before it", async () => {
    const [first, second] = twoCycles();
    for (const one of [first, second]) one.events = one.events.filter(({ control }) => control === null);
    const { outcomes } = await look([first, second]);
    expect(outcomes).toMatchObject({
      "reads-own": "unknown",
      "ids-unique": "unknown",
      "acks-durable": "pass",
    });
  });
});

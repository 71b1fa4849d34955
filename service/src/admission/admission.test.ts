import { expect, test } from "vitest";
import { type Admission, createAdmission, type Turn } from "./admission.ts";
import type { AdmissionLimits } from "./limits.ts";
import type { Timing } from "./timing.ts";

const LIMITS: AdmissionLimits = {
  workingMax: 256,
  queueMax: 100,
  queueSecondsMax: 1,
  readsMax: 4,
  readsQueueMax: 4,
  readsQueueSecondsMax: 1,
  retryAfterSeconds: () => 1,
};
const TOOK_MS = 20;
const NEWCOMER = { kind: "newcomer", mayQueue: false, isGone: () => false } as const;
const HOLDER = { kind: "holder", isCalled: true, isGone: () => false } as const;

interface VirtualTiming extends Timing {
  pass(ms: number): void;
}

function createVirtualTiming(): VirtualTiming {
  let nowMs = 1_000;
  let waiting: { readonly atMs: number; work(): void }[] = [];
  return {
    nowMs: () => nowMs,
    after: (ms, work) => waiting.push({ atMs: nowMs + ms, work }),
    pass(ms) {
      nowMs += ms;
      const due = waiting.filter(({ atMs }) => atMs <= nowMs);
      waiting = waiting.filter(({ atMs }) => atMs > nowMs);
      for (const { work } of due) work();
    },
  };
}

async function fill(admission: Admission, turns: Turn[]): Promise<void> {
  for (;;) {
    const entry = await admission.enter(NEWCOMER);
    if (entry.kind !== "turn") return;
    turns.push(entry.turn);
  }
}

/** A crowd until the limit goes down to measure; of those at work then, four are left whose bodies do not come. */
async function measureBehindSlowBodies(timing: VirtualTiming) {
  const admission = createAdmission(LIMITS, timing);
  const turns: Turn[] = [];
  let limitBefore = 0;
  while (admission.limit !== 4) {
    limitBefore = admission.limit;
    await fill(admission, turns);
    timing.pass(TOOK_MS);
    for (const turn of turns.splice(4)) turn.leave(TOOK_MS);
  }
  expect(timing.nowMs()).toBeLessThan(4_000);
  expect(admission.working).toBe(4);
  return { admission, limitBefore };
}

function passPulses(admission: Admission, timing: VirtualTiming, count: number): void {
  for (let one = 0; one < count; one += 1) {
    timing.pass(100);
    admission.pulse(false);
  }
}

test("four slow bodies hold newcomers up no longer than measuring may last", async () => {
  const timing = createVirtualTiming();
  const { admission, limitBefore } = await measureBehindSlowBodies(timing);
  passPulses(admission, timing, 9);
  expect(await admission.enter(NEWCOMER)).toMatchObject({ kind: "full" });
  passPulses(admission, timing, 2);
  expect(await admission.enter(NEWCOMER)).toMatchObject({ kind: "turn" });
  expect(admission.limit).toBe(limitBefore);
});

test("who queues while slow bodies hold the limit down is let in when it goes up, though nobody has left", async () => {
  const timing = createVirtualTiming();
  const { admission } = await measureBehindSlowBodies(timing);
  const entering = admission.enter(HOLDER);
  passPulses(admission, timing, 11);
  expect(admission.working).toBe(5);
  expect(await entering).toMatchObject({ kind: "turn" });
});

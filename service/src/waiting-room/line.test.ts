import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLine, isEmpty, type LineState, waitMs } from "./line.ts";

const EMPTY: LineState = {
  book: 7,
  nextMs: 0,
  stoodMs: 0,
  perSecond: 40,
  isHeld: false,
  isIdle: false,
  speed: 1,
};

describe("the line", () => {
  test("gives no second to more people than it can serve", () => {
    const line = createLine(EMPTY, 0);
    expect(line.reserve(2_000, 1_000, 0)).toEqual({ book: 7, count: 2_000, fromMs: 1_000, toMs: 51_000 });
    expect(line.reserve(40, 1_000, 0)).toMatchObject({ fromMs: 51_000, toMs: 52_000 });
  });

  test("that has ended is empty, and the next one starts anew", () => {
    const line = createLine(EMPTY, 0);
    line.reserve(4, 0, 0);
    expect(isEmpty(line.look(99), 99)).toBe(false);
    expect(isEmpty(line.look(100), 100)).toBe(true);
    expect(line.reserve(1, 0, 5_000)).toMatchObject({ fromMs: 5_000 });
  });

  test("moves no appointment when the measured rate wavers", () => {
    const line = createLine(EMPTY, 0);
    const { toMs } = line.reserve(400, 0, 0);
    for (const perSecond of [20, 80, 40]) {
      line.pace({ perSecond, isHeld: false, isIdle: false }, 1_000);
      expect(waitMs(line.look(1_000), toMs, 1_000)).toBe(9_000);
    }
  });

  test("stands while holders queue at the door, and tells later times by as much", () => {
    const line = createLine(EMPTY, 0);
    const { toMs } = line.reserve(400, 0, 0);
    // Held half of the time: capacity has fallen to half of what was promised.
    let nowMs = 0;
    for (; nowMs < 10_000; nowMs += 100)
      line.pace({ perSecond: 20, isHeld: nowMs % 200 === 0, isIdle: false }, nowMs);
    const state = line.look(nowMs);
    expect(state.stoodMs).toBe(5_000);
    expect(state.speed).toBeCloseTo(1 - 0.5 * (1 - Math.exp(-1)), 1);
    expect(waitMs(state, toMs, nowMs)).toBeCloseTo(5_000 / state.speed, 0);
  });

  test("that stood goes twice as fast while the doors are idle, and never further than the wall's clock", () => {
    const line = createLine({ ...EMPTY, stoodMs: 5_000, isIdle: true }, 0);
    expect(line.look(2_000).stoodMs).toBe(3_000);
    expect(line.look(9_000).stoodMs).toBe(0);
  });

  test("never gives a time twice nor one before another's that came first, whatever happens", () => {
    const event = fc.oneof(
      fc.record({ count: fc.integer({ min: 1, max: 500 }), leadMs: fc.constantFrom(0, 1_000) }),
      fc.record({
        perSecond: fc.double({ min: 0.1, max: 10_000, noNaN: true }),
        isHeld: fc.boolean(),
        isIdle: fc.boolean(),
      }),
    );
    // A wall clock may be set back.
    const events = fc.array(fc.tuple(event, fc.integer({ min: -50, max: 5_000 })), { maxLength: 60 });
    fc.assert(
      fc.property(events, (happens) => {
        const line = createLine(EMPTY, 0);
        let nowMs = 0;
        let lastMs = 0;
        let bookMs = 0;
        for (const [what, afterMs] of happens) {
          nowMs += afterMs;
          if ("count" in what) {
            const { fromMs, toMs } = line.reserve(what.count, what.leadMs, nowMs);
            expect(fromMs).toBeGreaterThanOrEqual(lastMs);
            expect(toMs).toBeGreaterThan(fromMs);
            lastMs = toMs;
          } else line.pace(what, nowMs);
          const { stoodMs, speed } = line.look(nowMs);
          expect(speed).toBeGreaterThan(0);
          expect(speed).toBeLessThanOrEqual(1);
          // Its own clock goes on, or stands; only the wall's can take it back.
          expect(nowMs - stoodMs).toBeGreaterThanOrEqual(bookMs + Math.min(0, afterMs) - 1e-6);
          bookMs = nowMs - stoodMs;
        }
      }),
    );
  });
});

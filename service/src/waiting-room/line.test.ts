import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLine } from "./line.ts";

const EMPTY = { book: 7, given: 0, called: 0, callsPerSecond: 40, isHeld: false };

describe("the line", () => {
  test("gives times at the rate places are called, so that no second is given to more people than it can serve", () => {
    const line = createLine(EMPTY, 0);
    const span = line.reserve(2_000, 1_000, 0);
    expect(span).toEqual({ book: 7, firstPlace: 0, count: 2_000, fromMs: 1_000, toMs: 51_000 });
    expect(line.reserve(40, 1_000, 0)).toMatchObject({ firstPlace: 2_000, fromMs: 51_000, toMs: 52_000 });
  });

  test("calls a place at the time that was told, while the rate holds", () => {
    const line = createLine(EMPTY, 0);
    const { firstPlace, count, fromMs, toMs } = line.reserve(1_000, 1_000, 0);
    for (const place of [0, 1, 500, 999]) {
      const atMs = fromMs + ((toMs - fromMs) * place) / count;
      expect(line.look(atMs).called).toBeCloseTo(firstPlace + place);
    }
  });

  test("that ends is empty, and the next one starts anew", () => {
    const line = createLine(EMPTY, 0);
    line.reserve(4, 0, 0);
    expect(line.look(1_000)).toMatchObject({ given: 4, called: 4 });
    expect(line.reserve(1, 0, 5_000)).toMatchObject({ firstPlace: 4, fromMs: 5_000 });
  });

  test("is not called while holders queue at the door, and goes on from where it was", () => {
    const line = createLine(EMPTY, 0);
    line.reserve(100, 0, 0);
    line.pace({ callsPerSecond: 40, isHeld: true }, 1_000);
    expect(line.look(2_000).called).toBe(40);
    line.pace({ callsPerSecond: 40, isHeld: false }, 2_000);
    expect(line.look(2_500).called).toBe(60);
  });

  test("tells later times when capacity falls, to the place that waits as to the one that is given", () => {
    const line = createLine(EMPTY, 0);
    line.reserve(400, 0, 0);
    line.pace({ callsPerSecond: 10, isHeld: false }, 5_000);
    expect(line.look(5_000).called).toBe(200);
    expect(line.reserve(1, 0, 5_000).fromMs).toBe(25_000);
  });

  test("never gives a place twice nor a time before another's that came first, whatever happens", () => {
    const event = fc.oneof(
      fc.record({ count: fc.integer({ min: 1, max: 500 }), leadMs: fc.constantFrom(0, 1_000) }),
      fc.record({
        callsPerSecond: fc.double({ min: 0.1, max: 10_000, noNaN: true }),
        isHeld: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(event, fc.integer({ min: -50, max: 5_000 })), { maxLength: 60 }),
        (events) => {
          const line = createLine(EMPTY, 0);
          let nowMs = 0;
          let places = 0;
          let lastCalled = Number.NEGATIVE_INFINITY;
          for (const [what, afterMs] of events) {
            // A wall clock may be set back.
            nowMs += afterMs;
            if ("count" in what) {
              const wasEmpty = line.look(nowMs).called >= line.look(nowMs).given;
              const span = line.reserve(what.count, what.leadMs, nowMs);
              expect(span.firstPlace).toBe(places);
              expect(span.fromMs).toBeGreaterThanOrEqual(nowMs);
              expect(span.toMs).toBeGreaterThan(span.fromMs);
              places += what.count;
              if (wasEmpty) lastCalled = Number.NEGATIVE_INFINITY;
            } else line.pace(what, nowMs);
            const { called, given } = line.look(nowMs);
            expect(called).toBeLessThanOrEqual(given);
            expect(called).toBeGreaterThanOrEqual(lastCalled);
            lastCalled = called;
          }
        },
      ),
    );
  });
});

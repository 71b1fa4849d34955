import fc from "fast-check";
import { expect, it } from "vitest";
import type { SignupAnswer } from "./signup-answer.ts";
import { rankCorrelation, summarise } from "./summary.ts";

const answer = (given: Partial<SignupAnswer>): SignupAnswer => ({
  person: "visitor 1",
  kind: "acknowledged",
  isJudged: true,
  startedSeconds: 1,
  endedSeconds: 1.01,
  toldSeconds: null,
  memberId: null,
  ...given,
});
const WINDOW = { fromSeconds: 10, toSeconds: 20 };

it("counts members of the window, and apart from them those who had waited with a ticket", () => {
  const told = answer({ kind: "waiting", startedSeconds: 2, endedSeconds: 2.01, toldSeconds: 12 });
  const { goodputPerSecond, withTicketPerSecond, comeBacks, toldAgain } = summarise(
    [
      told,
      answer({ startedSeconds: 12.5, endedSeconds: 13 }),
      answer({ person: "visitor 2", startedSeconds: 14, endedSeconds: 15 }),
      answer({ person: "visitor 3", startedSeconds: 9, endedSeconds: 9.5 }),
    ],
    WINDOW,
  );
  expect({ goodputPerSecond, withTicketPerSecond, comeBacks, toldAgain }).toEqual({
    goodputPerSecond: 0.2,
    withTicketPerSecond: 0.1,
    comeBacks: 1,
    toldAgain: 0,
  });
});

it("holds who is told again against the time that was told first", () => {
  const { toldErrorSecondsP95, toldErrorOfAllowedP95, comeBacks, toldAgain } = summarise(
    [
      answer({ kind: "waiting", startedSeconds: 2, endedSeconds: 2, toldSeconds: 11 }),
      answer({ kind: "waiting", startedSeconds: 11, endedSeconds: 11, toldSeconds: 15 }),
      answer({ startedSeconds: 15, endedSeconds: 15 }),
    ],
    WINDOW,
  );
  expect({ toldErrorSecondsP95, toldErrorOfAllowedP95, comeBacks, toldAgain }).toEqual({
    toldErrorSecondsP95: 4,
    toldErrorOfAllowedP95: 2,
    comeBacks: 2,
    toldAgain: 1,
  });
});

it("times the turning away of judged visitors alone", () => {
  const { turnedAway, turnedAwayMsP50 } = summarise(
    [
      answer({ kind: "refused", startedSeconds: 11, endedSeconds: 11.5 }),
      answer({ person: "flood 1", isJudged: false, kind: "waiting", startedSeconds: 11, endedSeconds: 11 }),
    ],
    WINDOW,
  );
  expect([turnedAway, turnedAwayMsP50]).toEqual([2, 500]);
});

it("correlates the same order to 1, the opposite to −1, and any to what lies between", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(), { minLength: 3 }), (values) => {
      const moved = values.map((value) => value * 2 + 1);
      expect(rankCorrelation(values, moved)).toBe(1);
      expect(
        rankCorrelation(
          values,
          moved.map((value) => -value),
        ),
      ).toBeCloseTo(-1, 9);
      const another = rankCorrelation(
        values,
        values.map((_value, at) => at),
      );
      expect(another).toBeGreaterThanOrEqual(-1 - 1e-9);
      expect(another).toBeLessThanOrEqual(1);
    }),
  );
});

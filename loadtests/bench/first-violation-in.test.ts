import { expect, it } from "vitest";
import { request } from "../test/history-builder.ts";
import { firstViolationIn } from "./first-violation-in.ts";

const signup = (visitor: number, memberId: string, endedMicroseconds: number) =>
  request({ visitor, memberId, endedMicroseconds, role: "sign-up", class: "acknowledged" });

it("counts the signups until the second holder of a number, by when their answers came", () => {
  const events = [signup(1, "A", 10), signup(4, "C", 40), signup(3, "B", 30), signup(2, "B", 20)];
  expect(firstViolationIn(events, 0)).toEqual({ signups: 3, isFound: true });
});

it("counts all signups where nobody shares a number", () => {
  expect(firstViolationIn([signup(1, "A", 10), signup(2, "B", 20)], 0)).toEqual({
    signups: 2,
    isFound: false,
  });
});

it("takes neither a control nor the same person's second answer for a violation", () => {
  const control = { ...signup(9, "A", 15), control: "duplicate-id" as const };
  expect(firstViolationIn([signup(1, "A", 10), control, signup(1, "A", 20)], 0)).toEqual({
    signups: 2,
    isFound: false,
  });
});

it("leaves the warm-up out, and a number that somebody of the warm-up has as well", () => {
  const events = [signup(0, "A", 5), signup(1, "A", 10), signup(2, "A", 20), signup(3, "A", 30)];
  expect(firstViolationIn(events, 2)).toEqual({ signups: 2, isFound: true });
});

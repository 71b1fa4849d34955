import { expect, it } from "vitest";
import { healthyHistory } from "../../test/history-builder.ts";
import type { Ending, Event } from "../events/event.ts";
import { createSight } from "./sight.ts";

const { events } = healthyHistory({ visitors: 4 });
const answer = events.find((event) => event.type === "request" && event.own.length > 0) as Event & {
  type: "request";
};
const done = events.find((event) => event.type === "done") as Event & { type: "done" };
const saw = (visitor: number): Event => ({ ...answer, visitor });
const ended = (visitor: number, ending: Ending = "halted"): Event => ({ ...done, visitor, ending });

it("is blind after three visitors who saw nothing of their own, says why, and since when it is not", () => {
  const sight = createSight();
  for (const event of [saw(0), ended(0, "member"), ended(1), ended(2, "lost")]) sight.add(event);
  expect(sight.change(10)).toBeNull();
  sight.add(ended(3));
  expect(sight.change(20)).toEqual({ isBlind: true, words: "2 halted, 1 without an answer" });
  expect(sight.change(25)).toBeNull();
  expect(sight.blindSeconds(26)).toBe(6);
  sight.add(saw(4));
  expect(sight.change(30)).toEqual({ isBlind: false, words: "after 10 s" });
  expect(sight.blind()).toBeNull();
  expect(sight.blindSeconds(99)).toBe(10);
});

it("is not blind while visitors end who have seen theirs before", () => {
  const sight = createSight();
  for (const visitor of [0, 1, 2, 3]) sight.add(saw(visitor));
  for (const visitor of [0, 1, 2, 3]) sight.add(ended(visitor, "member"));
  expect(sight.blind()).toBeNull();
});

it("is blind from the first visitor on who sees nothing, until somebody does", () => {
  const sight = createSight();
  sight.add(ended(0));
  expect(sight.blind()).toBe("1 halted");
  sight.add(saw(1));
  expect(sight.blind()).toBeNull();
});

it("counts profiles without anything of their reader's, of steps that show it otherwise", () => {
  const sight = createSight();
  const blank: Event = { ...answer, role: "read-own", class: "served", own: [], matched: [] };
  sight.add(blank);
  expect(sight.blanks()).toBe(0);
  sight.add({ ...answer, role: "read-own", class: "served" });
  sight.add(blank);
  expect(sight.blanks()).toBe(1);
});

it("leaves the wrong answers out that are put before the checks on purpose", () => {
  const sight = createSight();
  sight.add({ ...answer, control: "swapped-answer" });
  sight.add(ended(0));
  expect(sight.blind()).toBe("1 halted");
});

import { expect, test } from "vitest";
import { KINDS } from "./kinds.ts";
import { drawStorm } from "./storm.ts";

const names = KINDS.map(({ name }) => name);

test("a seed and a round name the same storm for ever", () => {
  expect(drawStorm(7, 3, ["a", "b"])).toEqual(drawStorm(7, 3, ["a", "b"]));
  expect(drawStorm(7, 3, ["a", "b"])).not.toEqual(drawStorm(8, 3, ["a", "b"]));
});

test("as many rounds as there are kinds have seen each", () => {
  const seen = names.flatMap((_name, at) =>
    drawStorm(1, at + 1, names)
      .strikes.slice(0, 1)
      .map(({ kind }) => kind),
  );
  expect([...seen].sort()).toEqual([...names].sort());
});

test("strikes are one to three, fall into the campaign, and meet every kind in every place", () => {
  const storms = Array.from({ length: 500 }, (_value, at) => drawStorm(5, at, names));
  const counts = new Set(storms.map(({ strikes }) => strikes.length));
  expect([...counts].sort()).toEqual([1, 2, 3]);
  const strikes = storms.flatMap((storm) => storm.strikes);
  expect(strikes.every(({ atMs }) => atMs >= 0 && atMs <= 1_500)).toBe(true);
  expect(new Set(storms.map(({ strikes: [, second] }) => second?.kind)).size).toBe(names.length + 1);
});

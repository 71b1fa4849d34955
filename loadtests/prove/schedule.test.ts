import { expect, test } from "vitest";
import type { FaultDescription } from "./fault-list.ts";
import { everyRow, type GuardState, type Row, rotatingRows } from "./schedule.ts";

const FAULTS = Array.from(
  { length: 12 },
  (_, at): FaultDescription => ({
    name: `f${at}`,
    incident: "",
    breaks: "",
    shows: "",
    weather: at === 0 ? ["volume"] : [],
    guard: "blocks",
    checks: ["reads-own"],
  }),
);
const CHOICE = {
  faults: FAULTS,
  engines: ["embedded", "k6"] as const,
  guards: ["off", "on"] as const,
  seeds: [1],
};

const part = (number: number) => rotatingRows(CHOICE, number);
const faulty = (rows: Row[], state: GuardState) =>
  rows
    .filter(({ fault, guard }) => fault !== null && guard === state)
    .map(({ fault, engine }) => `${fault?.name} ${engine}`);
const parts = (first: number, count: number, state: GuardState) =>
  new Set(Array.from({ length: count }, (_, at) => faulty(part(first + at), state)).flat());

test("a part has each fault on one engine with the guard off, and a third of them with it on", () => {
  for (let number = 0; number < 7; number++) {
    const names = faulty(part(number), "off").map((pair) => pair.split(" ")[0]);
    expect(names).toEqual(FAULTS.map(({ name }) => name));
    expect(faulty(part(number), "on")).toHaveLength(4);
  }
});

test("two parts after each other have everything on both engines, six with the guard on as well", () => {
  for (let number = 20_000; number < 20_005; number++) {
    expect(parts(number, 2, "off").size).toBe(24);
    expect(parts(number, 6, "on").size).toBe(24);
  }
});

test("a healthy run stands before, between and after, the guard on, engines and weather in turn", () => {
  const healthy = part(3).flatMap(({ fault, engine, guard, weather }, at) =>
    fault === null ? [{ at, engine, guard, weather }] : [],
  );
  expect(healthy).toEqual([
    { at: 0, engine: "embedded", guard: "on", weather: ["two-workers"] },
    { at: 13, engine: "k6", guard: "on", weather: ["two-workers"] },
    { at: 18, engine: "embedded", guard: "on", weather: ["slow-database"] },
  ]);
});

test("with as many faults as there are, a healthy run of everything has each engine in each of its weathers", () => {
  const faults = Array.from({ length: 32 }, (_, at) => ({ ...FAULTS[1]!, name: `f${at}` }));
  const healthy = everyRow({ ...CHOICE, faults }).filter(({ fault }) => fault === null);
  const met = (name: string) =>
    new Set(healthy.filter(({ engine }) => engine === name).map(({ weather }) => weather.join()));
  const both = ["", "overload", "slow-database", "two-workers", "worker-killed"];
  expect([...met("k6")].sort()).toEqual(both);
  expect([...met("embedded")].sort()).toEqual([...both, "volume"].sort());
});

test("where k6 is missing every fault is on the embedded engine", () => {
  const rows = rotatingRows({ ...CHOICE, engines: ["embedded"] }, 5);
  expect(faulty(rows, "off")).toEqual(FAULTS.map(({ name }) => `${name} embedded`));
});

test("a fault has its own weather", () => {
  const rows = everyRow(CHOICE).filter(({ fault }) => fault?.name === "f0");
  expect(rows.map(({ weather }) => weather)).toEqual(Array(4).fill(["volume"]));
});

test("everything is every fault on every engine, the guard off and on, with every seed", () => {
  const rows = everyRow({ ...CHOICE, seeds: [1, 2, 3] }).filter(({ fault }) => fault !== null);
  expect(rows).toHaveLength(48);
  for (const { seeds } of rows) expect(seeds).toEqual([1, 2, 3]);
});

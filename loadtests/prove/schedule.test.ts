import { expect, test } from "vitest";
import type { FaultDescription } from "./fault-list.ts";
import { everyRow, type Row, rotatingRows } from "./schedule.ts";

const FAULTS = Array.from(
  { length: 12 },
  (_, at): FaultDescription => ({
    name: `f${at}`,
    incident: "",
    breaks: "",
    shows: "",
    checks: ["reads-own"],
  }),
);
const ENGINES = ["embedded", "k6"] as const;

const part = (number: number) => rotatingRows(FAULTS, ENGINES, { part: number, seeds: [1] });
const faulty = (rows: Row[]) =>
  rows.filter(({ fault }) => fault !== null).map(({ fault, engine }) => `${fault?.name} ${engine}`);

test("a part has each fault on one engine and four on both", () => {
  for (let number = 0; number < 7; number++) {
    const pairs = faulty(part(number));
    expect(new Set(pairs).size).toBe(16);
    expect(new Set(pairs.map((pair) => pair.split(" ")[0])).size).toBe(12);
  }
});

test("two parts after each other have everything on both engines", () => {
  for (let number = 20_000; number < 20_005; number++) {
    expect(new Set([...faulty(part(number)), ...faulty(part(number + 1))]).size).toBe(24);
  }
});

test("a healthy run stands before, between and after, on each engine", () => {
  const healthy = part(3).flatMap((row, at) => (row.fault === null ? [{ at, engine: row.engine }] : []));
  expect(healthy).toEqual([
    { at: 0, engine: "embedded" },
    { at: 7, engine: "k6" },
    { at: 14, engine: "embedded" },
    { at: 19, engine: "k6" },
  ]);
});

test("where k6 is missing every fault is on the embedded engine", () => {
  const rows = rotatingRows(FAULTS, ["embedded"], { part: 5, seeds: [1] });
  expect(faulty(rows)).toEqual(FAULTS.map(({ name }) => `${name} embedded`));
  expect(rows.filter(({ fault }) => fault === null)).toHaveLength(3);
});

test("everything is every fault on every engine with every seed", () => {
  const rows = everyRow(FAULTS, ENGINES, [1, 2, 3]).filter(({ fault }) => fault !== null);
  expect(rows).toHaveLength(24);
  for (const { seeds } of rows) expect(seeds).toEqual([1, 2, 3]);
});

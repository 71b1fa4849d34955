import { expect, test } from "vitest";
import { CONSTRAINTS } from "../src/db/constraints.ts";
import { findFault } from "../src/faults/find-fault.ts";
import { DEFAULT_SEAMS } from "../src/seams.ts";
import { createStage } from "./stage.ts";

const stage = createStage();

test("the list of constraints is what the migrations make", async () => {
  await stage.start();
  const rows = await stage.sql<{ name: string }>(
    "select conname as name from pg_constraint where conrelid in ('members'::regclass, 'sessions'::regclass) and contype in ('p', 'u', 'c', 'f')",
  );
  expect(rows.map((row) => row.name).sort()).toEqual([...CONSTRAINTS].sort());
});

test("a healthy service does not start on a database from which a fault took a constraint", async () => {
  const faulty = await stage.start({ seams: findFault("max-plus-one").apply(DEFAULT_SEAMS) });
  await faulty.close();
  await expect(stage.start()).rejects.toThrow(/its constraints members_number_key are gone/);
  await stage.sql("alter table members add constraint members_number_key unique (number)");
  await stage.start();
});

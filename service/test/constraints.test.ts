import { describe, expect, test } from "vitest";
import { CONSTRAINTS } from "../src/db/constraints.ts";
import { findFault } from "../src/faults/find-fault.ts";
import { DEFAULT_SEAMS } from "../src/seams.ts";
import { UsageError } from "../src/usage-error.ts";
import { createStage } from "./stage.ts";

const stage = createStage();
/** Roles are shared by all databases of a PostgreSQL. */
const VISITOR = `visitor_${process.pid}`;

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
  await expect(stage.start({ env: { DATABASE_URL: stage.url } })).rejects.toThrow(
    /its constraints members_number_key are gone.* Use a new database: change DATABASE_URL\.$/,
  );
  await stage.sql("alter table members add constraint members_number_key unique (number)");
  await stage.start();
});

describe("a database that cannot be prepared", () => {
  test.each([
    { name: "that nobody listens at", change: (url: URL) => Object.assign(url, { port: "1" }) },
    { name: "that is not there", change: (url: URL) => Object.assign(url, { pathname: "/nowhere" }) },
    { name: "with a wrong password", change: (url: URL) => Object.assign(url, { password: "wrong" }) },
    {
      name: "where the login may make nothing",
      change: (url: URL) => Object.assign(url, { username: VISITOR, password: "visitor" }),
    },
  ])("$name is the operator's to mend, by the key that names it", async ({ change }) => {
    await stage.sql(`create role ${VISITOR} login password 'visitor'`);
    try {
      const databaseUrl = change(new URL(stage.url)).href;
      const error = await stage.start({ databaseUrl, env: { DATABASE_URL: databaseUrl } }).catch((e) => e);
      expect(error).toBeInstanceOf(UsageError);
      expect(error.message).toMatch(/ cannot be used: .*\. Check DATABASE_URL\.$/);
    } finally {
      await stage.sql(`drop role ${VISITOR}`);
    }
  });

  test("by a mistake in our own SQL is a bug, with PostgreSQL's code, and blames no setting", async () => {
    const error = await stage.start({ seams: { schema: ["create tabel members ()"] } }).catch((e) => e);
    expect(error).not.toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ code: "42601" });
  });
});

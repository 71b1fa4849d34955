import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../src/db/database.ts";
import { createPool } from "../src/db/pool.ts";
import type { Access } from "../src/guard/judge.ts";
import type { Anomaly } from "../src/guard/report-anomaly.ts";
import { createAccessLedger } from "../src/ledger/access-ledger.ts";
import { createAnomalyLedger } from "../src/ledger/anomaly-ledger.ts";
import { createSpool } from "../src/ledger/spool.ts";
import { createStage, get, newPerson, signUp } from "./stage.ts";

const stage = createStage();
let folder: string;
let database: Database | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "crowdproof-ledger-"));
  // Its migrations are what the ledgers write to.
  await (await stage.start()).close();
  await stage.sql("truncate access_ledger, access_spans");
});
afterEach(async () => {
  await database?.close();
  database = undefined;
  await rm(folder, { recursive: true, force: true });
});

function openPool(url = stage.url): Database {
  database = createPool({
    url,
    connectionsMax: 2,
    statementSecondsMax: 0.5,
    connectSecondsMax: 0.5,
    onIdleError() {},
  });
  return database;
}

const NOWHERE = "postgresql://nobody@127.0.0.1:1/none";
const ignore = (): undefined => undefined;

function anomaly(): Anomaly {
  return {
    id: randomUUID(),
    atMs: Date.now(),
    kind: "wrong-person",
    route: "GET /me",
    viewer: "ab".repeat(16),
    subjectNumber: "00000000011234567890",
    fields: ["email", "name"],
  };
}

function access(changes: Partial<Access> = {}): Access {
  return {
    atMs: Date.now(),
    kind: "own-profile",
    viewer: "0123456789abcdef".repeat(2),
    subjectNumber: "00000000420987654321",
    identityMac: "fedcba9876543210".repeat(2),
    fields: 0xfff,
    mismatch: null,
    ...changes,
  };
}

describe("the ledger of anomalies", () => {
  test("has an anomaly, and nobody can change or take it away", async () => {
    const ledger = createAnomalyLedger({
      query: openPool().query,
      worker: "w",
      spoolFolder: folder,
      onTrouble: ignore,
    });
    const found = anomaly();
    await ledger.record(found);
    const rows = () =>
      stage.sql(
        "select id, kind, route, worker, encode(viewer, 'hex') as viewer, subject_number, fields from anomalies where id = $1",
        [found.id],
      );
    const { id, kind, route, viewer, fields } = found;
    // On a busy machine the file may have it first.
    await expect
      .poll(rows, { timeout: 10_000 })
      .toEqual([{ id, kind, route, viewer, fields, worker: "w", subject_number: found.subjectNumber }]);
    for (const change of [
      "update anomalies set kind = 'unbound'",
      "delete from anomalies",
      "truncate anomalies",
    ])
      await expect(stage.sql(change)).rejects.toThrow("append-only");
    await ledger.close();
  });

  test("a thousand at once are few commits, and all are there", async () => {
    const pool = openPool();
    let statements = 0;
    const query: Database["query"] = (statement, values) => {
      statements += 1;
      return pool.query(statement, values);
    };
    const ledger = createAnomalyLedger({ query, worker: "many", spoolFolder: folder, onTrouble: ignore });
    await Promise.all(Array.from({ length: 1_000 }, () => ledger.record(anomaly())));
    await expect
      .poll(() => stage.sql("select count(*)::int as n from anomalies where worker = 'many'"), {
        timeout: 10_000,
      })
      .toEqual([{ n: 1_000 }]);
    expect(statements).toBeLessThan(10);
    await ledger.close();
  });

  test("without a database it is on disk when record resolves, and in the database once there is one, exactly once", async () => {
    const away = createAnomalyLedger({
      query: openPool(NOWHERE).query,
      worker: "spooled",
      spoolFolder: folder,
      onTrouble: ignore,
    });
    const found = [anomaly(), anomaly(), anomaly()];
    await Promise.all(found.map((one) => away.record(one)));
    expect(away.spooled).toBe(3);
    const texts = (await readdir(folder)).map((file) => readFile(join(folder, file), "utf8"));
    const lines = (await Promise.all(texts)).flatMap((text) => text.trim().split("\n"));
    expect(lines.map((line) => JSON.parse(line).id).sort()).toEqual(found.map(({ id }) => id).sort());
    await away.close();
    await database?.close();
    // The next process on the machine; one of them had reached the database after all.
    const back = createAnomalyLedger({
      query: openPool().query,
      worker: "back",
      spoolFolder: folder,
      onTrouble: ignore,
    });
    await back.record(found[0] as Anomaly);
    const count = () =>
      stage.sql("select count(*)::int as n from anomalies where id = any($1)", [found.map(({ id }) => id)]);
    await expect.poll(count, { timeout: 5_000 }).toEqual([{ n: 3 }]);
    await expect.poll(() => readdir(folder)).toEqual([]);
    await back.close();
  });

  test("where neither database nor disk takes it, record rejects and it is counted", async () => {
    const occupied = join(folder, "a-file");
    await writeFile(occupied, "");
    const ledger = createAnomalyLedger({
      query: openPool(NOWHERE).query,
      worker: "w",
      spoolFolder: occupied,
      onTrouble: ignore,
    });
    await expect(ledger.record(anomaly())).rejects.toThrow();
    expect(ledger.lost).toBe(1);
    await ledger.close();
  });

  test("a line cut by a crash loses no other, and is kept to be looked at", async () => {
    const whole = JSON.stringify({ n: 1 });
    await writeFile(join(folder, `x-999999-${randomUUID()}.ndjson`), `${whole}\n{"n":2`);
    const damaged: string[] = [];
    const spool = createSpool<{ n: number }>({ folder, name: "x", onDamaged: (file) => damaged.push(file) });
    const drained: unknown[] = [];
    await spool.drain(async (rows) => void drained.push(...rows));
    expect([drained, damaged.length]).toEqual([[{ n: 1 }], 1]);
    expect(await readdir(folder)).toEqual([expect.stringMatching(/\.damaged$/)]);
  });

  test("a file that cannot be read stays, is told, and holds up no other", async () => {
    const unreadable = `x-999999-${randomUUID()}.draining`;
    await symlink(unreadable, join(folder, unreadable));
    await writeFile(join(folder, `x-999999-${randomUUID()}.ndjson`), '{"n":1}\n');
    const spool = createSpool<{ n: number }>({ folder, name: "x", onDamaged: ignore });
    const drained: unknown[] = [];
    const draining = spool.drain(async (rows) => void drained.push(...rows));
    await expect(draining).rejects.toThrow(/ELOOP/);
    expect(drained).toEqual([{ n: 1 }]);
    expect(await readdir(folder)).toEqual([unreadable]);
  });

  test("what another living process has spooled is left to it", async () => {
    const file = `x-${process.ppid}-${randomUUID()}.ndjson`;
    await writeFile(join(folder, file), '{"n":1}\n');
    const spool = createSpool<{ n: number }>({ folder, name: "x", onDamaged: ignore });
    await spool.drain(async () => {
      throw new Error("not ours");
    });
    expect(await readdir(folder)).toEqual([file]);
  });
});

describe("the access ledger", () => {
  test("keeps who was shown whose data, and for how long it is complete", async () => {
    const ledger = createAccessLedger({ query: openPool().query, worker: "w", days: 30, onTrouble: ignore });
    const seen = [access(), access({ viewer: null, subjectNumber: null, kind: "own-card", fields: 0b10101 })];
    const odd = access({
      kind: "signed-in",
      mismatch: {
        kind: "wrong-person",
        fieldMacs: { email: "00ff" },
        readerMac: "0123456789abcdef",
        ownFields: 2,
      },
    });
    for (const one of [...seen, odd]) ledger.note(one);
    await ledger.close();
    const rows = await stage.sql(
      `select round(extract(epoch from at) * 1000)::float8 as "atMs", kind, encode(viewer, 'hex') as viewer,
              subject_number as "subjectNumber", encode(identity_mac, 'hex') as "identityMac", fields, mismatch_kind,
              field_macs, reader_mac, own_fields from access_ledger order by mismatch_kind nulls first, viewer nulls last`,
    );
    const expected = [...seen, odd].map(({ mismatch, ...rest }) => ({
      ...rest,
      mismatch_kind: mismatch?.kind ?? null,
      field_macs: mismatch?.fieldMacs ?? null,
      reader_mac: mismatch?.readerMac ?? null,
      own_fields: mismatch?.ownFields ?? null,
    }));
    expect(rows).toEqual(expected);
    expect(
      await stage.sql("select rows, lost, is_last, until_at >= from_at as ordered from access_spans"),
    ).toEqual([{ rows: 3, lost: 0, is_last: true, ordered: true }]);
    expect(await stage.sql("select * from access_gaps")).toEqual([]);
  });

  test("a crowd goes in batches, without a hole between them", async () => {
    const ledger = createAccessLedger({ query: openPool().query, worker: "w", days: 30, onTrouble: ignore });
    for (let at = 0; at < 5_500; at++) ledger.note(access());
    await expect.poll(() => ledger.pending, { timeout: 5_000 }).toBe(0);
    await ledger.close();
    expect(await stage.sql("select count(*)::int as n from access_ledger")).toEqual([{ n: 5_500 }]);
    const holes = await stage.sql(
      `select * from (select from_at, lag(until_at) over (order by batch) as before from access_spans) as step
       where before is not null and before <> from_at`,
    );
    expect(holes).toEqual([]);
  });

  test("closed while a crowd's batches are under way, it writes each once and leaves no gap", async () => {
    const pool = openPool();
    const batches: unknown[] = [];
    const query: Database["query"] = (statement, values) => {
      batches.push(values?.at(-2));
      return pool.query(statement, values);
    };
    const ledger = createAccessLedger({ query, worker: "w", days: 30, onTrouble: ignore });
    for (let at = 0; at < 3_500; at++) ledger.note(access());
    const closing = ledger.close();
    for (let at = 0; at < 1_000; at++) ledger.note(access());
    await closing;
    expect(batches).toEqual([0, 1]);
    const spans = await stage.sql("select batch, rows, is_last from access_spans order by batch");
    expect(spans).toEqual([
      { batch: 0, rows: 1_000, is_last: false },
      { batch: 1, rows: 3_500, is_last: true },
    ]);
    expect(await stage.sql("select count(*)::int as n from access_ledger")).toEqual([{ n: 4_500 }]);
    expect(await stage.sql("select * from access_gaps")).toEqual([]);
  });

  test("a batch whose answer was lost is not there twice", async () => {
    const pool = openPool();
    let isFirst = true;
    const query: Database["query"] = async (statement, values) => {
      const rows = await pool.query(statement, values);
      if (isFirst) {
        isFirst = false;
        throw new Error("the answer was lost");
      }
      return rows as never;
    };
    const ledger = createAccessLedger({ query, worker: "w", days: 30, onTrouble: ignore });
    ledger.note(access());
    await expect.poll(() => isFirst, { timeout: 3_000 }).toBe(false);
    ledger.note(access());
    await ledger.close();
    expect(await stage.sql("select count(*)::int as n from access_ledger")).toEqual([{ n: 2 }]);
  });

  test("without a database it is bounded, drops the rest, and says so as a gap once it can", async () => {
    const pool = openPool();
    let isAway = true;
    const query: Database["query"] = (statement, values) =>
      isAway ? Promise.reject(new Error("away")) : pool.query(statement, values);
    const ledger = createAccessLedger({ query, worker: "w", days: 30, onTrouble: ignore });
    for (let at = 0; at < 40_000; at++) ledger.note(access());
    expect(ledger.lost).toBeGreaterThan(8_000);
    expect(ledger.pending + ledger.lost).toBe(40_000);
    isAway = false;
    await expect.poll(() => ledger.pending, { timeout: 15_000 }).toBe(0);
    await ledger.close();
    const [told] = await stage.sql<{ rows: number; lost: number }>(
      "select sum(rows)::int as rows, sum(lost)::int as lost from access_spans",
    );
    expect(told).toEqual({ rows: 40_000 - ledger.lost, lost: ledger.lost });
    expect(await stage.sql("select cause, sum(lost)::int as lost from access_gaps group by cause")).toEqual([
      { cause: "dropped", lost: ledger.lost },
    ]);
  });

  test("a process that dies leaves a stated gap, until its place is taken", async () => {
    const insert = (span: string, from: string, until: string, isLast: boolean) =>
      stage.sql(
        `insert into access_spans (span, batch, worker, from_at, until_at, rows, lost, is_last)
         values ($1, 0, 'w', now() + $2::interval, now() + $3::interval, 0, 0, $4)`,
        [span, from, until, isLast],
      );
    const died = randomUUID();
    await insert(died, "-10 min", "-5 min", false);
    const gaps = "select span, until_at is null as is_open from access_gaps";
    expect(await stage.sql(gaps)).toEqual([{ span: died, is_open: true }]);
    await insert(randomUUID(), "-4 min", "0 min", true);
    expect(await stage.sql(gaps)).toEqual([{ span: died, is_open: false }]);
  });

  test("forgets what is older than its days, and never less than thirty", async () => {
    const insert = (age: string) =>
      stage.sql(
        `insert into access_ledger (at, worker, kind, identity_mac, fields)
         values (now() - $1::interval, 'w', 'own-card', '\\x00000000000000000000000000000000', 1)`,
        [age],
      );
    for (const age of ["50 days", "35 days", "1 day"]) await insert(age);
    const count = async () =>
      (await stage.sql<{ n: number }>("select count(*)::int as n from access_ledger"))[0]?.n;
    await stage.sql("select forget_accesses(40)");
    expect(await count()).toBe(2);
    await stage.sql("select forget_accesses(0)");
    expect(await count()).toBe(1);
  });

  test("is written from what left: an answer to a signup, a read, a card, and none to a refusal", async () => {
    const service = await stage.start();
    const reply = await signUp(service, newPerson(), randomUUID());
    await get(service, "/me", reply.cookie);
    await get(service, `/members/${reply.body["number"]}/card`, reply.cookie);
    await get(service, "/me");
    await service.close();
    const rows = await stage.sql<{ kind: string }>(
      `select kind, fields, subject_number = $1 as is_theirs,
              identity_mac = (select identity_mac from members where number = $1) as is_row,
              viewer = substring((select token_hash from sessions) for 16) as is_viewer
       from access_ledger order by at, kind`,
      [reply.body["number"]],
    );
    const theirs = { is_theirs: true, is_row: true, is_viewer: true };
    expect(rows.sort((a, b) => a.kind.localeCompare(b.kind))).toEqual([
      { kind: "new-member", fields: 0xfff, ...theirs },
      { kind: "own-card", fields: 0b10101, ...theirs },
      { kind: "own-profile", fields: 0xfff, ...theirs },
    ]);
  });
});

test("a blocked answer stays blocked while the ledger cannot be written", async () => {
  await stage.sql("alter table anomalies add constraint full_disk check (worker = 'nobody') not valid");
  const profile = { read: async () => undefined };
  let stranger: unknown;
  const service = await stage.start({
    env: { SPOOL_DIR: folder },
    seams: { createProfileReader: () => ({ ...profile, read: async () => stranger as never }) },
  });
  const [first, second] = [await signUp(service, newPerson(), "a"), await signUp(service, newPerson(), "b")];
  stranger = first.body;
  const reply = await get(service, "/me", second.cookie);
  expect([reply.status, reply.body["code"]]).toEqual([503, "withheld"]);
  expect(reply.headers.get("retry-after")).toMatch(/^\d+$/);
  expect(await readdir(folder)).toHaveLength(1);
  await stage.sql("alter table anomalies drop constraint full_disk");
  await expect
    .poll(() => stage.sql("select kind from anomalies where subject_number = $1", [first.body["number"]]), {
      timeout: 5_000,
    })
    .toEqual([{ kind: "wrong-person" }]);
  await expect.poll(() => readdir(folder)).toEqual([]);
});

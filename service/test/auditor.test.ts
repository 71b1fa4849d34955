import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import pino from "pino";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Auditor, createAuditor } from "../src/auditor/auditor.ts";
import { createRecompute } from "../src/auditor/recompute.ts";
import { readConfig } from "../src/config.ts";
import { createPool } from "../src/db/pool.ts";
import { createHalt, type OwnHalt } from "../src/halt/halt.ts";
import { deriveKeys } from "../src/keys.ts";
import { createMemberNumbers } from "../src/member/member-number.ts";
import { createCampaignMetrics, FINDING_KINDS } from "../src/metrics/campaign-metrics.ts";
import { renderSnapshots } from "../src/metrics/snapshot.ts";
import type { Service } from "../src/service.ts";
import { ask, createAdminStage, TOKENS } from "./admin-stage.ts";
import { createStage, newPerson, signUp } from "./stage.ts";

// Before the stage's own, so that it comes after it: closing services write what is left of their ledgers.
afterEach(() => forgetEverything());
const stage = createStage();
const admins = createAdminStage(stage.url);
const PATIENCE = { timeout: 10_000, interval: 10 };
const keys = deriveKeys(readConfig({}).secretKey);
const numbers = createMemberNumbers(keys.memberNumber);
const NOTHING = Object.fromEntries(FINDING_KINDS.map((kind) => [kind, 0]));
let closers: (() => Promise<void>)[] = [];

beforeAll(async () => (await stage.start()).close());
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

/** Append-only for everybody but the owner of the database, who says so. */
async function forgetEverything(): Promise<void> {
  await stage.sql("set session_replication_role = replica");
  await stage.sql(
    "truncate members, sessions, anomalies, access_ledger, access_spans, handled_anomalies, auditor_findings, removed_members, ended_sessions cascade",
  );
  await stage.sql("set session_replication_role = origin");
}

interface Watched {
  readonly auditor: Auditor;
  readonly halt: OwnHalt;
  readonly log: string[];
  metrics(): Promise<string>;
}

async function startAuditor(databaseUrl = stage.url): Promise<Watched> {
  const lines: string[] = [];
  const log = pino({ level: "info", base: null }, { write: (line: string) => void lines.push(line) });
  const database = createPool({
    url: databaseUrl,
    connectionsMax: 1,
    statementSecondsMax: 5,
    connectSecondsMax: 5,
    onIdleError() {},
  });
  const halt = createHalt({ databaseUrl, leaseSeconds: 3, log });
  closers.push(
    () => database.close(),
    () => halt.close(),
  );
  await halt.start();
  const metrics = createCampaignMetrics(halt.state);
  const auditor = createAuditor({ databaseUrl, database, keys, halt, raiseAlarm: halt.trip, metrics, log });
  closers.push(() => auditor.close());
  return { auditor, halt, log: lines, metrics: async () => renderSnapshots([await metrics.snapshot()]) };
}

async function startWithMembers(count = 3): Promise<Service> {
  const service = await stage.start();
  for (let i = 0; i < count; i += 1)
    expect((await signUp(service, newPerson(), randomUUID())).status).toBe(201);
  return service;
}

/** Told to somebody as theirs; no member. */
const insertAccess = (number: string, viewer = randomUUID().replaceAll("-", ""), seconds = 0) =>
  stage.sql(
    `with span as (insert into access_spans values (gen_random_uuid(), 1, 'test', now() - $3 * interval '1 second', now(), 1, 0, true))
     insert into access_ledger (at, worker, kind, viewer, subject_number, identity_mac, fields)
     values (now() - $3 * interval '1 second', 'test', 'new-member', decode($2, 'hex'), $1, decode($2, 'hex'), 1)`,
    [number, viewer, seconds],
  );

/** A number in SQL. */
const minted = (serial: number) => `'${numbers.mint(serial)}'`;

/** The youngest member's row once more, with changes. */
async function copyMember(changes: Record<string, string>): Promise<void> {
  const row = {
    id: "gen_random_uuid()",
    number: "number",
    email_key: "email_key || 'x'",
    key_hash: "null",
    ticket_number: "ticket_number",
    ...changes,
  };
  await stage.sql(
    `with copy as (
       insert into members (id, number, email, email_key, name, kana, kanji_name, sex, birth_date, postal_code, address, phone,
                            survey, message, key_hash, fingerprint, identity_mac, ticket_number)
       select ${row.id}, ${row.number}, email, ${row.email_key}, name, kana, kanji_name, sex, birth_date, postal_code, address, phone,
              survey, message, ${row.key_hash}, fingerprint, identity_mac, ${row.ticket_number}
       from members order by created_at desc limit 1 returning id
     ) insert into sessions select sha256(id::text::bytea), id, now() from copy`,
  );
}

test("a healthy campaign has no finding, also while people sign up, sign up twice, leave and are removed", async () => {
  const service = await startWithMembers(5);
  const { auditor, halt, metrics } = await startAuditor();
  const key = randomUUID();
  const person = newPerson();
  const crowd = Array.from({ length: 40 }, () => signUp(service, newPerson(), randomUUID()));
  const [first] = await Promise.all([
    signUp(service, person, key),
    signUp(service, person, key),
    auditor.look(),
    ...crowd,
  ]);
  await fetch(`${service.url}/sessions`, { method: "DELETE", headers: { cookie: first?.cookie ?? "" } });
  await insertAccess(String((await Promise.all(crowd))[0]?.body["number"]));
  await stage.sql("delete from members where number = $1", [(await Promise.all(crowd))[0]?.body["number"]]);
  for (let looks = 0; looks < 3; looks += 1) expect(await auditor.look()).toEqual(NOTHING);
  expect(halt.state().phase).toBe("open");
  const text = await metrics();
  for (const kind of FINDING_KINDS) expect(text).toContain(`crowdproof_auditor_findings{kind="${kind}"} 0`);
  expect(Object.values(lastFound(text))).toEqual(FINDING_KINDS.map(() => 0));
  expect(text).toMatch(/crowdproof_auditor_last_look_timestamp_seconds 1\d{9}/);
});

async function databaseSeconds(): Promise<number> {
  const [row] = await stage.sql<{ now: number }>(
    "select extract(epoch from clock_timestamp())::float8 as now",
  );
  return row?.now ?? Number.NaN;
}

/** By kind; what was never found is 0. */
function lastFound(page: string): Record<string, number> {
  const lines = page.matchAll(/^crowdproof_last_finding_timestamp_seconds\{kind="([^"]+)"\} (\S+)$/gm);
  return Object.fromEntries([...lines].map(([, kind = "", seconds]) => [kind, Number(seconds)]));
}

describe("an impossible state is found, counted and halts the campaign", () => {
  const constraint = (name: string, again: string) => ({
    drop: `alter table members drop constraint ${name}`,
    again: `set session_replication_role = replica; truncate members, sessions; set session_replication_role = origin; alter table members add constraint ${name} ${again}`,
  });
  const uniqueNumber = constraint("members_number_key", "unique (number)");
  const uniqueEmail = constraint("members_email_key_key", "unique (email_key)");
  const uniqueTicket = constraint("members_ticket_number_key", "unique (ticket_number)");

  test.each<{
    name: string;
    damage: () => Promise<unknown>;
    expected: Record<string, number>;
    again?: string;
  }>([
    {
      name: "a number that two members have, after somebody dropped the constraint",
      damage: async () => {
        await stage.sql(uniqueNumber.drop);
        await copyMember({ ticket_number: "null" });
      },
      expected: { "duplicate-number": 1 },
      again: uniqueNumber.again,
    },
    {
      name: "an e-mail address that two members have",
      damage: async () => {
        await stage.sql(uniqueEmail.drop);
        await copyMember({ email_key: "email_key", number: minted(7), ticket_number: "null" });
      },
      // The copied row's MAC is that of another number.
      expected: { "duplicate-email": 1, "doctored-row": 1 },
      again: uniqueEmail.again,
    },
    {
      name: "a ticket that two members came in with",
      damage: async () => {
        await stage.sql(uniqueTicket.drop);
        await stage.sql("update members set ticket_number = '\\x000102030405060708090a0b0c0d0e0f'");
      },
      expected: { "shared-ticket": 1 },
      again: uniqueTicket.again,
    },
    {
      name: "a session of two members",
      damage: async () => {
        await stage.sql("alter table sessions drop constraint sessions_pkey");
        await stage.sql(
          "insert into sessions select min(token_hash::text)::bytea, (select id from members order by id desc limit 1), now() from sessions where member_id = (select id from members order by id limit 1)",
        );
      },
      expected: { "shared-session": 1 },
      again:
        "set session_replication_role = replica; truncate members, sessions; set session_replication_role = origin; alter table sessions add primary key (token_hash)",
    },
    {
      name: "a session to which two people's data was shown",
      damage: async () => {
        const rows = await stage.sql<{ number: string }>("select number from members limit 2");
        for (const { number } of rows) await insertAccess(number, `${"0".repeat(31)}1`);
      },
      expected: { "shared-session": 1 },
    },
    {
      name: "a ghost: acknowledged, and no member",
      damage: () => insertAccess(numbers.mint(5)),
      expected: { ghost: 1 },
    },
    {
      name: "a ghost of an hour ago",
      damage: () => insertAccess(numbers.mint(5), undefined, 3_600),
      expected: { ghost: 1 },
    },
    {
      name: "half a member: a row without the session they were given",
      damage: async () => {
        await stage.sql("set session_replication_role = replica");
        await stage.sql(
          "delete from sessions where member_id = (select id from members order by id limit 1)",
        );
        await stage.sql("set session_replication_role = origin");
      },
      expected: { "half-member": 1 },
    },
    {
      name: "a number that nobody minted, well-formed to the last digit",
      damage: () =>
        copyMember({ number: `'${withCheckCharacters("100000000112345678")}'`, ticket_number: "null" }),
      expected: { "foreign-number": 1, "doctored-row": 1 },
    },
    {
      name: "a number minted under the key that the sequence never gave",
      damage: () => copyMember({ number: minted(9_000_000_000), ticket_number: "null" }),
      expected: { "foreign-number": 1, "doctored-row": 1 },
    },
    {
      name: "a row of which one field was changed",
      damage: () =>
        stage.sql(
          "update members set address = address || ' 2' where id = (select id from members order by id limit 1)",
        ),
      expected: { "doctored-row": 1 },
    },
    {
      name: "a row of long ago that was changed",
      damage: async () => {
        await stage.sql("update members set created_at = now() - interval '1 year'");
        await stage.sql(
          "update members set email = 'other@example.test' where id = (select id from members order by id limit 1)",
        );
      },
      expected: { "doctored-row": 1 },
    },
    {
      name: "an anomaly nobody has handled",
      damage: () =>
        stage.sql(
          "insert into anomalies (id, at, worker, kind, route, fields) values (gen_random_uuid(), now(), 'test', 'duplicate', '/me', '{}')",
        ),
      expected: { "unhandled-anomaly": 1 },
    },
  ])("$name", async ({ damage, expected, again }) => {
    try {
      await startWithMembers();
      const { auditor, halt, metrics } = await startAuditor();
      expect(await auditor.look()).toEqual(NOTHING);
      const before = await databaseSeconds();
      await damage();
      await auditor.look();
      expect(await auditor.look()).toEqual({ ...NOTHING, ...expected });
      expect(halt.state().phase).toBe("halted");
      await halt.settled();
      expect(await stage.sql("select halted_by from campaign_audit order by id desc limit 1")).toEqual([
        { halted_by: "auditor" },
      ]);
      for (const [kind, count] of Object.entries(expected))
        expect(await metrics()).toContain(`crowdproof_auditor_findings{kind="${kind}"} ${count}`);
      const firstSeen = lastFound(await metrics());
      for (const kind of Object.keys(expected)) expect(firstSeen[kind]).toBeGreaterThan(before);
      // A state, not an event: it stays as long as it is there, and is as old as when it was first seen.
      expect(await auditor.look()).toEqual({ ...NOTHING, ...expected });
      expect(lastFound(await metrics())).toEqual(firstSeen);
    } finally {
      if (again !== undefined) for (const statement of again.split("; ")) await stage.sql(statement);
    }
  });
});

test("a new row is judged at the next look, however many old ones the round has yet to come to", async () => {
  await startWithMembers(1);
  await stage.sql("select setval('member_serial_blocks', 1000001)");
  const old = Array.from({ length: 1_500 }, (_, n) => numbers.mint(1_000 + n));
  await stage.sql(
    `with copy as (
       insert into members (id, number, email, email_key, name, kana, kanji_name, sex, birth_date, postal_code, address,
                            phone, survey, message, fingerprint, identity_mac, created_at)
       select lpad(to_hex(n), 32, '0')::uuid, old, email, n::text, name, kana, kanji_name, sex, birth_date, postal_code,
              address, phone, survey, message, fingerprint, identity_mac, now() - interval '1 year'
       from members, unnest($1::text[]) with ordinality as row (old, n) returning id
     ) insert into sessions select sha256(id::text::bytea), id, now() from copy`,
    [old],
  );
  const { auditor } = await startAuditor();
  // The round is through once; the third look begins it anew, far from the youngest row.
  for (const foreign of [0, 0]) expect((await auditor.look())["foreign-number"]).toBe(foreign);
  await copyMember({
    id: "uuidv7()",
    number: minted(9_000_000_000),
    ticket_number: "null",
    key_hash: "null",
  });
  expect((await auditor.look())["foreign-number"]).toBe(1);
});

test("what was repaired is found no more", async () => {
  await startWithMembers();
  const { auditor } = await startAuditor();
  await stage.sql("update members set name = name || ' X'");
  expect((await auditor.look())["doctored-row"]).toBe(3);
  await stage.sql("update members set name = left(name, -2)");
  expect(await auditor.look()).toEqual(NOTHING);
});

test("a number told a moment before its row is committed is no ghost", async () => {
  await startWithMembers(1);
  const { auditor, halt } = await startAuditor();
  const [row] = await stage.sql<{ number: string }>("select number from members");
  await stage.sql("begin");
  await stage.sql("update members set number = $1", [numbers.mint(3)]);
  await stage.sql("commit");
  await insertAccess(row?.number ?? "");
  expect((await auditor.look()).ghost).toBe(0);
  await stage.sql("update members set number = $1", [row?.number]);
  expect((await auditor.look()).ghost).toBe(0);
  expect((await auditor.look()).ghost).toBe(0);
  expect(halt.state().phase).toBe("halted"); // for the row that was doctored meanwhile
});

test("rows of a transaction that was under way at one look are seen at the next", async () => {
  await startWithMembers(1);
  const { auditor } = await startAuditor();
  await stage.sql("begin");
  await copyMember({ number: `'${numbers.mint(4)}'`, ticket_number: "null" });
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(await auditor.look()).toEqual(NOTHING);
  await stage.sql("commit");
  expect((await auditor.look())["doctored-row"]).toBe(1);
});

test("a process that is killed right after its anomaly is found by the next one's auditor", async () => {
  await startWithMembers(1);
  const id = randomUUID();
  const script = new URL("./record-and-die.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, stage.url, id], { stdio: "ignore" });
  const [, signal] = (await once(child, "exit")) as [number | null, string | null];
  expect(signal).toBe("SIGKILL");
  expect(await stage.sql("select phase from campaign_state")).toEqual([{ phase: "open" }]);
  const { auditor, halt } = await startAuditor();
  expect((await auditor.look())["unhandled-anomaly"]).toBe(1);
  expect(halt.state()).toMatchObject({ phase: "halted", reason: "auditor: unhandled-anomaly" });
});

test("an anomaly that an operator has handled is counted no more, and the trail says who did", async () => {
  await startWithMembers(1);
  const id = randomUUID();
  await stage.sql(
    "insert into anomalies (id, at, worker, kind, route, fields) values ($1, now(), 'test', 'duplicate', '/me', '{}')",
    [id],
  );
  const { auditor } = await startAuditor();
  expect((await auditor.look())["unhandled-anomaly"]).toBe(1);
  const { url } = await admins.start();
  expect((await ask(url, "/anomalies", TOKENS.taro)).body).toMatchObject([{ id, kind: "duplicate" }]);
  expect((await ask(url, `/anomalies/${id}/handled`, TOKENS.taro, { note: "victim told" })).status).toBe(204);
  expect((await ask(url, `/anomalies/${randomUUID()}/handled`, TOKENS.taro, { note: "?" })).status).toBe(404);
  expect((await auditor.look())["unhandled-anomaly"]).toBe(0);
  expect((await ask(url, "/anomalies", TOKENS.taro)).body).toEqual([]);
  expect(
    await stage.sql("select actor, reason from campaign_audit where action = 'anomaly-handled'"),
  ).toEqual([{ actor: "taro", reason: `${id}: victim told` }]);
});

test("more anomalies than one list holds are all handled, list by list, and each says how many are beyond it", async () => {
  await stage.sql(
    "insert into anomalies (id, at, worker, kind, route, fields) select gen_random_uuid(), now(), 'test', 'duplicate', '/me', '{}' from generate_series(1, 205)",
  );
  const { url } = await admins.start();
  const list = async () =>
    (await ask(url, "/anomalies", TOKENS.taro)).body as unknown as { id: string; beyond: number }[];
  const lists: [length: number, beyond: number[]][] = [];
  for (let found = await list(); found.length > 0; found = await list()) {
    lists.push([found.length, [...new Set(found.map(({ beyond }) => beyond))]]);
    for (const { id } of found) {
      const { status } = await ask(url, `/anomalies/${id}/handled`, TOKENS.taro, { note: "repaired" });
      expect(status).toBe(204);
    }
  }
  expect(lists).toEqual([
    [200, [5]],
    [5, [0]],
  ]);
});

test("a ghost that an operator has handled is counted no more", async () => {
  await startWithMembers(1);
  await insertAccess(numbers.mint(5));
  const { auditor } = await startAuditor();
  await auditor.look();
  expect((await auditor.look()).ghost).toBe(1);
  const { url } = await admins.start();
  const { body } = await ask(url, "/anomalies", TOKENS.jane);
  const [found] = body as unknown as { id: string; kind: string }[];
  expect(found?.kind).toBe("ghost");
  expect(
    (await ask(url, `/anomalies/${found?.id}/handled`, TOKENS.jane, { note: "called them" })).status,
  ).toBe(204);
  expect((await auditor.look()).ghost).toBe(0);
});

test("what was found before the reopening halts nothing again, not even by an auditor that has just started", async () => {
  await startWithMembers();
  const first = await startAuditor();
  await stage.sql(
    "update members set name = name || ' X' where id = (select id from members order by id limit 1)",
  );
  await stage.sql(
    "insert into anomalies (id, at, worker, kind, route, fields) values (gen_random_uuid(), now(), 'test', 'duplicate', '/me', '{}')",
  );
  await first.auditor.look();
  await first.halt.settled();
  const { url } = await admins.start();
  const { body } = await ask(url, "/reopenings", TOKENS.jane, { reason: "looked at" });
  expect((await ask(url, `/reopenings/${body["id"]}/approval`, TOKENS.taro, {})).status).toBe(200);
  await expect.poll(() => first.halt.state().phase, PATIENCE).toBe("open");
  const second = await startAuditor();
  for (const { auditor, halt } of [first, second]) {
    expect(await auditor.look()).toMatchObject({ "doctored-row": 1, "unhandled-anomaly": 1 });
    await halt.settled();
    expect(halt.state().phase).toBe("open");
  }
  // The same row doctored once more is another finding.
  await stage.sql("update members set name = name || ' Y' where name like '% X'");
  await second.auditor.look();
  expect(second.halt.state().phase).toBe("halted");
});

test("an auditor whose database is away says so once, shows the age of its last look, and looks again", async () => {
  await startWithMembers(1);
  const { auditor, log, metrics } = await startAuditor();
  await auditor.look();
  await stage.sql("alter table anomalies rename to anomalies_gone");
  try {
    await expect(auditor.look()).rejects.toThrow();
    await expect(auditor.look()).rejects.toThrow();
  } finally {
    await stage.sql("alter table anomalies_gone rename to anomalies");
  }
  expect(log.filter((line) => line.includes("cannot look"))).toHaveLength(1);
  expect(await auditor.look()).toEqual(NOTHING);
  expect(await metrics()).toMatch(/crowdproof_auditor_look_seconds_count [2-9]/);
});

test("what the auditor recomputes is what the service mints and binds", async () => {
  const service = await startWithMembers(0);
  const reply = await signUp(
    service,
    newPerson({ name: 'O"Brien \\ 山田', message: "tab\there\nand 🀄" }),
    randomUUID(),
  );
  const recompute = createRecompute(keys);
  expect(recompute.serialOf(String(reply.body["number"]))).toBeGreaterThan(0);
  for (const foreign of ["", "0".repeat(20), "1".repeat(20), `${String(reply.body["number"]).slice(0, 19)}x`])
    expect(recompute.serialOf(foreign)).toBeUndefined();
  const { auditor } = await startAuditor();
  expect(await auditor.look()).toEqual(NOTHING);
});

/** ISO 7064 mod 97-10: all that can be had without the key. */
function withCheckCharacters(body: string): string {
  return body + String(98n - ((BigInt(body) * 100n) % 97n)).padStart(2, "0");
}

import pg from "pg";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import { migrate } from "../src/db/migrate.ts";
import { createPool } from "../src/db/pool.ts";
import { createLogins, type RoleUrls } from "../src/fleet/logins.ts";
import { createLinkPair } from "../src/fleet/parent-link.ts";
import { OWNERS_TABLES, ROLES, type Role, TABLE_PRIVILEGES } from "../src/fleet/privileges.ts";
import { startMailer } from "../src/mail/start-mailer.ts";
import { DEFAULT_SEAMS } from "../src/seams.ts";
import { createService } from "../src/service.ts";
import { createStage, get, newPerson, signUp } from "./stage.ts";

const stage = createStage();
const SECRET_KEY = "a secret key for the roles' own tests";
let urls: RoleUrls;

async function makeLogins(ownerUrl = stage.url): Promise<RoleUrls | undefined> {
  const database = createPool({
    url: ownerUrl,
    connectionsMax: 1,
    statementSecondsMax: 5,
    connectSecondsMax: 5,
    onIdleError() {},
  });
  try {
    if (ownerUrl === stage.url) await migrate(database, []);
    return await createLogins({ database, ownerUrl, secretKey: SECRET_KEY });
  } finally {
    await database.close();
  }
}

/** `done`, or the SQLSTATE of the refusal. Nothing that is done stays done. */
async function attempt(url: string, statement: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("begin");
    await client.query(statement);
    return "done";
  } catch (error) {
    return error instanceof pg.DatabaseError ? String(error.code) : String(error);
  } finally {
    await client.query("rollback");
    await client.end();
  }
}

const FORBIDDEN = "42501";

beforeAll(async () => {
  urls = (await makeLogins()) ?? expect.fail("the test's owner may make logins");
});
afterAll(async () => {
  for (const url of Object.values(urls)) {
    const { username } = new URL(url);
    await stage.sql(`drop owned by ${username}`);
    await stage.sql(`drop role ${username}`);
  }
});

const insertMember = `insert into members (id, number, email, email_key, name, kana, kanji_name, sex, birth_date,
  postal_code, address, phone, survey, message, fingerprint, identity_mac)
  values (gen_random_uuid(), lpad((97 * 7 + 1)::text, 20, '0'), 'a', 'a', 'a', 'a', 'a', 'a', now(), 'a', 'a', 'a', '{1,2,3,4,5}', '', '', decode(repeat('00', 16), 'hex'))`;

describe.each<{ role: Role; may: string[]; mayNot: string[] }>([
  {
    role: "service",
    may: [
      "select * from members",
      insertMember,
      "delete from sessions",
      "select nextval('member_serial_blocks')",
      "insert into outbox (id, kind) values (gen_random_uuid(), 'sign-in-code')",
      "select phase from campaign_state",
      "select halt_campaign('guard', 'guard', 'process', 'a test', 0)",
      "insert into anomalies (id, at, worker, kind, route, fields) values (gen_random_uuid(), now(), 'w', 'unbound', '/me', '{}')",
      "insert into access_ledger (at, worker, kind, identity_mac, fields) values (now(), 'w', 'own-card', decode(repeat('00', 16), 'hex'), 1)",
      "select forget_accesses(30)",
    ],
    mayNot: [
      "select * from anomalies",
      "update anomalies set kind = 'malformed'",
      "delete from anomalies",
      "select * from access_ledger",
      "delete from access_ledger",
      "update access_spans set lost = 0",
      "alter table anomalies disable trigger all",
      "update members set name = 'x'",
      "delete from members",
      "truncate members",
      "update sessions set member_id = member_id",
      "select * from outbox",
      "update campaign_state set phase = 'open'",
      "insert into reopenings (version, requested_by, credential, reason) values (1, 'x', 'x', 'x')",
      "insert into campaign_audit (action, actor, credential, reason, version) values ('step', 'x', 'x', 'x', 1)",
      "select * from login_salt",
      "select * from migrations",
      "select setval('member_serial_blocks', 1)",
      "create table x (y int)",
      "create temporary table x (y int)",
      "create schema x",
      "create function x() returns int language sql as 'select 1'",
      "alter table members add column x int",
      "alter table members disable trigger all",
      "drop table members",
      "create index on members (name)",
      "create role x",
      "grant select on login_salt to public",
      "set role postgres",
      "copy members to program 'cat'",
      "select pg_read_file('/etc/passwd')",
    ],
  },
  {
    role: "mailer",
    may: [
      "update outbox set due_at = now()",
      "select id, email, name, kanji_name, number from members",
      "insert into anomalies (id, at, worker, kind, route, fields) values (gen_random_uuid(), now(), 'w', 'wrong-person', 'mail', '{}')",
    ],
    mayNot: [
      "select * from anomalies",
      "select phone from members",
      "select * from members",
      "select * from sessions",
      "select * from sign_in_codes",
      "insert into outbox (id, kind) values (gen_random_uuid(), 'sign-in-code')",
      "select halt_campaign('guard', 'guard', 'process', 'a test', 0)",
      "create temporary table x (y int)",
    ],
  },
  {
    role: "auditor",
    may: [
      "select * from members",
      "select * from sessions",
      "select * from campaign_audit",
      "select halt_campaign('auditor', 'auditor', 'process', 'a test', 0)",
    ],
    mayNot: [
      insertMember,
      "update members set name = 'x'",
      "delete from sessions",
      "insert into auditor_findings (kind, subject) values ('x', 'x')",
      "update campaign_state set phase = 'open'",
      "select nextval('member_serial_blocks')",
      "select * from login_salt",
      "create temporary table x (y int)",
    ],
  },
  {
    role: "operator",
    may: [
      "update campaign_state set share = 0.1",
      "insert into reopenings (version, requested_by, credential, reason) values (1, 'x', 'x', 'x')",
      "insert into campaign_audit (action, actor, credential, reason, version) values ('step', 'x', 'x', 'x', 1)",
      "insert into auditor_findings (kind, subject) values ('x', 'x')",
    ],
    mayNot: [
      "select * from members",
      "select * from sessions",
      "delete from campaign_state",
      "update campaign_audit set reason = 'x'",
      "delete from campaign_audit",
      "update reopenings set requested_by = 'x'",
      "delete from handled_anomalies",
      "alter table campaign_audit disable trigger all",
      "create table x (y int)",
    ],
  },
])("the $role's login", ({ role, may, mayNot }) => {
  test.each(may)("may: %s", async (statement) => {
    expect(await attempt(urls[role], statement)).toBe("done");
  });

  test.each(mayNot)("may not: %s", async (statement) => {
    expect(await attempt(urls[role], statement)).toBe(FORBIDDEN);
  });
});

test("every table has its line in the list of privileges, and none is on the list twice", async () => {
  const rows = await stage.sql<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')",
  );
  const listed = [...Object.keys(TABLE_PRIVILEGES), ...OWNERS_TABLES];
  expect(rows.map(({ name }) => name).filter((name) => !listed.includes(name))).toEqual([]);
  expect(new Set(listed).size).toBe(listed.length);
});

test("a ledger is added to and never changed, by every login", () => {
  const trails = ["anomalies", "access_ledger", "campaign_audit", "reopenings", "handled_anomalies"];
  for (const trail of trails) {
    for (const granted of Object.values(TABLE_PRIVILEGES[trail] ?? {}))
      expect(granted.filter((privilege) => !/^(select|insert)/.test(privilege))).toEqual([]);
  }
});

test("processes that start at once make the same logins, and a privilege given by hand is taken away again", async () => {
  await stage.sql(`grant delete on members to ${new URL(urls.service).username}`);
  const made = await Promise.all(Array.from({ length: 4 }, () => makeLogins()));
  for (const one of made) expect(one).toEqual(urls);
  expect(await attempt(urls.service, "delete from members")).toBe(FORBIDDEN);
});

test("another secret key gives other passwords", async () => {
  const other = new URL(urls.service);
  other.password = `${other.password.slice(1)}x`;
  const client = new pg.Client({ connectionString: other.href });
  await expect(client.connect()).rejects.toMatchObject({ code: "28P01" });
});

test("an owner who may not make logins is told apart from trouble", async () => {
  const { username } = new URL(urls.service);
  expect(username).toMatch(/^crowdproof_service_[0-9a-f]{8}$/);
  await stage.sql(`grant select on login_salt to ${username}`);
  expect(await makeLogins(urls.service)).toBeUndefined();
  await stage.sql(`revoke select on login_salt from ${username}`);
});

test("the whole way of a member works with the logins alone", async () => {
  const config = readConfig({ PORT: "0" });
  const log = pino({ level: "silent" });
  const service = await createService({
    config,
    databaseUrl: urls.service,
    seams: DEFAULT_SEAMS,
    log,
    parent: createLinkPair().worker,
  });
  const mailer = startMailer({ config, databaseUrl: urls.mailer, seams: DEFAULT_SEAMS, log });
  try {
    const person = newPerson();
    const first = await signUp(service, person, "roles");
    expect(first.status).toBe(201);
    expect((await signUp(service, person, "roles")).status).toBe(201);
    expect((await signUp(service, { ...person, phone: "1" }, "other key")).status).toBe(409);
    expect((await get(service, "/me", first.cookie)).status).toBe(200);
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    await expect.poll(() => stage.sql("select 1 from outbox"), { timeout: 10_000 }).toEqual([]);
  } finally {
    await mailer.close();
    await service.close();
  }
});

test("there are as many logins as roles, and none may do more than log in", async () => {
  const names = ROLES.map((role) => new URL(urls[role]).username);
  const rows = await stage.sql(
    "select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls from pg_roles where rolname = any($1)",
    [names],
  );
  expect(rows).toEqual(
    names.map(() => ({
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      rolbypassrls: false,
    })),
  );
});

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createMemberNumbers } from "../src/member/member-number.ts";
import { DEFAULT_SEAMS, type Seams } from "../src/seams.ts";
import { createStage, get, metricsOf, newPerson, signUp } from "./stage.ts";

const stage = createStage();
const PATIENCE = { timeout: 10_000 };

describe("a signup", () => {
  test("answers with the whole profile, a well-formed number and a session that reads the same", async () => {
    const service = await stage.start();
    const person = newPerson();
    const reply = await signUp(service, person);
    expect(reply.status).toBe(201);
    expect(reply.body).toEqual({ number: expect.stringMatching(/^[0-9]{20}$/), ...person });
    expect(BigInt(String(reply.body["number"])) % 97n).toBe(1n);
    const me = await get(service, "/me", reply.cookie);
    expect(me.status).toBe(200);
    expect(me.body).toEqual(reply.body);
  });

  test("keeps every answer with personal data out of caches, and the cookie away from scripts", async () => {
    const service = await stage.start();
    const reply = await signUp(service, newPerson());
    const me = await get(service, "/me", reply.cookie);
    const card = await get(service, `/members/${reply.body["number"]}/card`, reply.cookie);
    for (const answer of [reply, me, card])
      expect(answer.headers.get("cache-control")).toBe("no-store, private");
    expect(reply.headers.get("set-cookie")).toMatch(/^session=[\w.-]{57}; Path=\/; HttpOnly; SameSite=Lax/);
    expect(reply.headers.get("server-timing")).toMatch(/^queue;dur=[\d.]+, work;dur=[\d.]+$/);
  });

  test("stores the session's token hashed", async () => {
    const service = await stage.start();
    const { cookie } = await signUp(service, newPerson());
    const token = String(cookie).slice("session=".length);
    const rows = await stage.sql<{ hit: boolean }>(
      "select position($1 in s::text || m::text) > 0 as hit from sessions s, members m",
      [token],
    );
    expect(rows).toEqual([{ hit: false }]);
  });

  test("gives an e-mail address to one person, whatever its case, and fails nobody else of the same moment", async () => {
    const service = await stage.start();
    const people = Array.from({ length: 40 }, (_, at) =>
      newPerson(at % 4 === 0 ? { email: at % 8 === 0 ? "same@example.test" : "SAME@example.test" } : {}),
    );
    const replies = await Promise.all(people.map((person) => signUp(service, person)));
    const statuses = replies.map((reply) => reply.status).sort();
    expect(statuses).toEqual([...Array(31).fill(201), ...Array(9).fill(409)]);
    replies.forEach((reply, at) => {
      if (reply.status === 201) expect(reply.body).toMatchObject(people[at] ?? {});
      else expect(reply.body["code"]).toBe("email-taken");
    });
    expect(new Set(replies.map((reply) => reply.body["number"])).size).toBe(32);
  });

  test("registers the people of one moment in few commits", async () => {
    const service = await stage.start({ env: { QUEUE_SECONDS_MAX: "10" } });
    const metricsText = async () => await metricsOf(service);
    // While nobody can be written down, everybody has time to come.
    await stage.sql("begin");
    await stage.sql("lock table members in exclusive mode");
    const taps = Array.from({ length: 100 }, () => signUp(service, newPerson()));
    try {
      const everybodyCame = /signups_working 32\n[\s\S]*signups_queued 68\n/;
      await expect.poll(metricsText, { timeout: 10_000 }).toMatch(everybodyCame);
    } finally {
      await stage.sql("commit");
    }
    await Promise.all(taps);
    const metrics = await metricsText();
    const batches = Number(/crowdproof_batch_rows_count (\d+)/.exec(metrics)?.[1]);
    expect(batches).toBeGreaterThan(0);
    expect(batches).toBeLessThan(30);
    expect(metrics).toContain('crowdproof_signups_total{outcome="acknowledged"} 100');
  });

  test("a row that the database refuses fails alone", async () => {
    // A constraint nobody told the parser about.
    const service = await stage.start({
      seams: {
        schema: [
          "alter table members drop constraint if exists picky",
          "alter table members add constraint picky check (sex <> 'bad')",
        ],
      },
    });
    const people = Array.from({ length: 20 }, (_, at) => newPerson(at === 7 ? { sex: "bad" } : {}));
    const replies = await Promise.all(people.map((person) => signUp(service, person)));
    await stage.sql("alter table members drop constraint picky");
    expect(replies.map((reply) => reply.status)).toEqual(people.map((_, at) => (at === 7 ? 500 : 201)));
  });

  test("after such a row, who has hung up by their turn is not registered", async () => {
    const held: { readonly rows: number; release(): void }[] = [];
    let isHolding = true;
    const createRepository: Seams["createRepository"] = (context) => {
      const repository = DEFAULT_SEAMS.createRepository(context);
      return {
        ...repository,
        async insert(query, candidates) {
          if (isHolding)
            await new Promise<void>((release) => held.push({ rows: candidates.length, release }));
          return repository.insert(query, candidates);
        },
      };
    };
    const schema = ["alter table members add constraint picky check (sex <> 'bad')"];
    const service = await stage.start({ seams: { schema, createRepository } });
    const rowsHeld = () => held.map(({ rows }) => rows);
    const before = [signUp(service, newPerson())];
    await expect.poll(rowsHeld, PATIENCE).toEqual([1]);
    before.push(signUp(service, newPerson()));
    await expect.poll(rowsHeld, PATIENCE).toEqual([1, 1]);
    const gone = new AbortController();
    const together = [signUp(service, newPerson({ sex: "bad" })), signUp(service, newPerson())];
    const leaving = expect(
      fetch(`${service.url}/signups`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
        body: JSON.stringify(newPerson()),
        signal: gone.signal,
      }),
    ).rejects.toThrow(/abort/);
    await expect.poll(() => metricsOf(service), PATIENCE).toContain("crowdproof_signups_working 5\n");
    // `working` counts those whose body is still being read, too.
    await sleep(100);
    held.shift()?.release();
    await expect.poll(rowsHeld, PATIENCE).toEqual([1, 3]);
    gone.abort();
    await leaving;
    await expect
      .poll(() => metricsOf(service), PATIENCE)
      .toContain('request_seconds_count{route="/signups",status="none"} 1\n');
    isHolding = false;
    for (const { release } of held) release();
    const replies = await Promise.all([...before, ...together]);
    await expect.poll(() => metricsOf(service), PATIENCE).toContain("crowdproof_signups_working 0\n");
    await stage.sql("alter table members drop constraint picky");
    expect(replies.map((reply) => reply.status)).toEqual([201, 201, 500, 201]);
    expect(await stage.sql("select count(*)::int as n from members")).toEqual([{ n: 3 }]);
  });

  test("a deadlock is tried once more, and a row that is refused then fails alone", async () => {
    // A sequence is not rolled back: the batch of the bad row deadlocks at first, and is refused when it is tried again.
    const service = await stage.start({
      seams: {
        schema: [
          "create sequence deadlocks",
          `create function deadlock_once() returns trigger language plpgsql as $$ begin
            if new.sex <> 'bad' then return new; end if;
            if nextval('deadlocks') = 1 then raise exception using errcode = 'deadlock_detected'; end if;
            raise exception using errcode = 'check_violation';
          end $$`,
          "create trigger deadlock_once before insert on members for each row execute function deadlock_once()",
        ],
      },
    });
    const people = Array.from({ length: 20 }, (_, at) => newPerson(at === 7 ? { sex: "bad" } : {}));
    const replies = await Promise.all(people.map((person) => signUp(service, person)));
    await stage.sql("drop function deadlock_once cascade");
    await stage.sql("drop sequence deadlocks");
    expect(replies.map((reply) => reply.status)).toEqual(people.map((_, at) => (at === 7 ? 500 : 201)));
  });
});

describe("a session", () => {
  test.each([
    { name: "none", cookie: undefined },
    { name: "a forged one", cookie: `session=${"A".repeat(24)}.${"b".repeat(32)}` },
    { name: "a malformed one", cookie: "session=undefined" },
  ])("$name reads nothing", async ({ cookie }) => {
    const service = await stage.start();
    const { body } = await signUp(service, newPerson());
    for (const path of ["/me", `/members/${body["number"]}/card`]) {
      const reply = await get(service, path, cookie);
      expect(reply.status).toBe(401);
      expect(reply.body["code"]).toBe("no-session");
    }
  });

  test("shows the card to its owner only; somebody else's number looks like none at all", async () => {
    const service = await stage.start();
    const [mine, theirs] = [
      await signUp(service, newPerson({ name: "<Ann & Co>" })),
      await signUp(service, newPerson()),
    ];
    const own = await get(service, `/members/${mine.body["number"]}/card`, mine.cookie);
    expect(own.headers.get("content-type")).toBe("image/svg+xml");
    expect(own.body["text"]).toContain("&lt;Ann &amp; Co&gt;");
    const other = await get(service, `/members/${theirs.body["number"]}/card`, mine.cookie);
    const absent = await get(service, "/members/00000000000000000000/card", mine.cookie);
    expect([other.status, absent.status]).toEqual([404, 404]);
    expect(other.body).toEqual(absent.body);
  });

  test("a member number in the cookie's place authorises nothing", async () => {
    const service = await stage.start();
    const { body } = await signUp(service, newPerson());
    expect((await get(service, "/me", `session=${body["number"]}`)).status).toBe(401);
    expect((await get(service, `/me?number=${body["number"]}`)).status).toBe(401);
  });
});

describe("bad input", () => {
  test.each([
    { name: "no JSON", body: "{", status: 422, code: "invalid-input" },
    { name: "a list", body: [], status: 422, code: "invalid-input" },
    { name: "a missing field", body: newPerson({ kana: undefined }), status: 422, code: "invalid-input" },
    { name: "an unknown field", body: newPerson({ admin: true }), status: 422, code: "invalid-input" },
    {
      name: "a day that does not exist",
      body: newPerson({ birthDate: "1981-02-29" }),
      status: 422,
      code: "invalid-input",
    },
    {
      name: "a year before the calendar",
      body: newPerson({ birthDate: "0000-01-01" }),
      status: 422,
      code: "invalid-input",
    },
    {
      name: "four survey answers",
      body: newPerson({ survey: ["a", "b", "c", "d"] }),
      status: 422,
      code: "invalid-input",
    },
    { name: "a NUL", body: newPerson({ message: "a\u0000b" }), status: 422, code: "invalid-input" },
    {
      name: "half a surrogate pair",
      body: newPerson({ message: "a\ud800b" }),
      status: 422,
      code: "invalid-input",
    },
    {
      name: "too long a message",
      body: newPerson({ message: "x".repeat(2_001) }),
      status: 422,
      code: "invalid-input",
    },
    {
      name: "a huge body",
      body: newPerson({ message: "x".repeat(100_000) }),
      status: 413,
      code: "too-large",
    },
  ])("$name is rejected without repeating it", async ({ body, status, code }) => {
    const service = await stage.start();
    const reply = await signUp(service, body);
    expect({ status: reply.status, code: reply.body["code"] }).toEqual({ status, code });
    expect(JSON.stringify(reply.body)).not.toMatch(/example\.test|admin|xxx/);
    expect(await stage.sql("select 1 from members")).toEqual([]);
    expect(await metricsOf(service)).toContain('signups_total{outcome="rejected"} 1');
  });

  test("another media type is named as such", async () => {
    const service = await stage.start();
    const response = await fetch(`${service.url}/signups`, {
      method: "POST",
      headers: { "content-type": "text/plain", "idempotency-key": "k" },
      body: "hello",
    });
    expect(response.status).toBe(415);
    await response.text();
  });
});

test.each([
  { name: "a broken percent escape", path: "/members/%ZZ/card" },
  { name: "no route", path: "/nothing" },
])("a path with $name is not found, and is no bug of ours", async ({ path }) => {
  const service = await stage.start();
  const reply = await get(service, path);
  expect({ status: reply.status, code: reply.body["code"] }).toEqual({ status: 404, code: "not-found" });
});

test("the table of numbers in the database refuses every sentinel", async () => {
  await stage.start();
  const numbers = createMemberNumbers(Buffer.alloc(32, 1));
  const sentinels = [
    "",
    "0",
    "-1",
    "NaN",
    "null",
    "undefined",
    "[object Object]",
    "0".repeat(20),
    "9".repeat(20),
    "00000000-0000-0000-0000-000000000000",
  ];
  const minted = numbers.mint(12_345);
  const insert =
    "insert into members values (gen_random_uuid(), $1, 'e', $1, 'n', 'k', 'k', 's', '2000-01-01', 'p', 'a', 'p', '{a,b,c,d,e}', 'm', null, '', decode(repeat('00', 16), 'hex'))";
  for (const number of [...sentinels, minted.slice(0, 19), `${minted}0`]) {
    await expect(stage.sql(insert, [number]), number).rejects.toThrow(/members_number_check/);
  }
  await stage.sql(insert, [minted]);
});

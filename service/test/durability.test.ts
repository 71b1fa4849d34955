import { expect, test } from "vitest";
import type { TransactionScope } from "../src/db/database.ts";
import { createTransactionScope } from "../src/db/transaction.ts";
import type { SeamContext } from "../src/seam-context.ts";
import { createStage, get, metricsOf, newPerson, signUp } from "./stage.ts";

const stage = createStage();

const KILL_SERVICE_BACKENDS =
  "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'crowdproof' and datname = current_database()";

test("nobody is acknowledged when the database dies before its answer, and a retry makes the member", async () => {
  const service = await stage.start();
  const people = Array.from({ length: 12 }, () => newPerson());
  const tapAll = () => Promise.all(people.map((person, at) => signUp(service, person, `kill-${at}`)));
  await signUp(service, newPerson());
  await stage.sql("begin");
  await stage.sql("lock table members in exclusive mode");
  const taps = tapAll();
  await expect.poll(waitingBackends, { timeout: 10_000 }).not.toHaveLength(0);
  await stage.sql(KILL_SERVICE_BACKENDS);
  await stage.sql("commit");
  const replies = await taps;
  for (const reply of replies.filter((one) => one.status !== 201)) {
    expect({ status: reply.status, code: reply.body["code"], cookie: reply.cookie }).toEqual({
      status: 503,
      code: "indeterminate",
      cookie: undefined,
    });
    expect(Number(reply.headers.get("retry-after"))).toBeGreaterThanOrEqual(2);
  }
  expect(replies.some((reply) => reply.status === 503)).toBe(true);
  const retries = await tapAll();
  expect(retries.map((reply) => reply.status)).toEqual(people.map(() => 201));
  for (const [at, reply] of replies.entries()) {
    if (reply.status === 201) expect(retries[at]?.body).toEqual(reply.body);
  }
});

test("a commit whose answer is lost is told as not known, and a retry with the same key finds out", async () => {
  let isCommitLost = true;
  const service = await stage.start({
    seams: {
      createTransactionScope: (context) =>
        createTransactionScope({ database: losingCommits(context, () => isCommitLost) }),
    },
  });
  const person = newPerson();
  const lost = await signUp(service, person, "lost");
  expect({ status: lost.status, code: lost.body["code"], cookie: lost.cookie }).toEqual({
    status: 503,
    code: "indeterminate",
    cookie: undefined,
  });
  expect(await metricsOf(service)).toContain('crowdproof_signups_total{outcome="indeterminate"} 1');
  isCommitLost = false;
  const retry = await signUp(service, person, "lost");
  expect(retry.status).toBe(201);
  expect(await stage.sql("select number from members")).toEqual([{ number: retry.body["number"] }]);
});

/** What commits reaches the database; the connection dies before the answer reaches us. */
function losingCommits({ database }: SeamContext, isLost: () => boolean): SeamContext["database"] {
  const lose = <Answer>(answer: Answer): Answer => {
    if (isLost()) throw new Error("Connection terminated unexpectedly");
    return answer;
  };
  return {
    ...database,
    async connect() {
      const connection = await database.connect();
      return {
        ...connection,
        query: async (statement, values) => {
          const rows = await connection.query<never>(statement, values);
          return statement.name === "register-members.sql" ? lose(rows) : rows;
        },
        command: async (text) => lose(await connection.command(text)),
      };
    },
  };
}

test("work that goes on after a statement of it failed is not taken for committed", async () => {
  let scope: TransactionScope | undefined;
  await stage.start({
    seams: {
      createTransactionScope(context) {
        scope = createTransactionScope(context);
        return scope;
      },
    },
  });
  const work = scope?.run(async (query) => {
    await query({ text: "create table swallowed ()" });
    await query({ text: "select 1 / 0" }).catch(() => "never mind");
    return "done";
  });
  await expect(work).rejects.toThrow("COMMIT was answered with ROLLBACK");
  expect(await stage.sql("select to_regclass('swallowed') as found")).toEqual([{ found: null }]);
  expect(await scope?.run((query) => query({ text: "select 1 as one" }))).toEqual([{ one: 1 }]);
});

test("a statement that takes too long is given up, its connection destroyed, and the next one is served", async () => {
  const service = await stage.start({ env: { STATEMENT_SECONDS_MAX: "0.2" } });
  const { cookie, body } = await signUp(service, newPerson());
  await stage.sql("begin");
  await stage.sql("lock table members in access exclusive mode");
  const [read, write] = await Promise.all([get(service, "/me", cookie), signUp(service, newPerson())]);
  await stage.sql("commit");
  expect([read.body["code"], write.body["code"]]).toEqual(["unavailable", "unavailable"]);
  expect((await get(service, "/me", cookie)).body).toEqual(body);
});

test("every answer to a crowd whose pool is full and slow is the person's own or an honest no", async () => {
  const service = await stage.start({ env: { POOL_CONNECTIONS_MAX: "3", CONNECT_SECONDS_MAX: "0.1" } });
  const roomy = await stage.start();
  const members = await Promise.all(Array.from({ length: 30 }, () => signUp(roomy, newPerson())));
  await stage.sql("begin");
  await stage.sql("lock table members in access exclusive mode");
  const reads = members.map((member) => get(service, "/me", member.cookie));
  // Longer than a read queues for its turn.
  await new Promise((resolve) => setTimeout(resolve, 2_300));
  await stage.sql("commit");
  const replies = await Promise.all(reads);
  for (const [at, reply] of replies.entries()) {
    if (reply.status === 200) expect(reply.body).toEqual(members[at]?.body);
    else expect(["busy", "unavailable"]).toContain(reply.body["code"]);
  }
  expect(replies.some((reply) => reply.status === 503)).toBe(true);
});

test("a bug is answered without its words, logged with its stack and without personal data, and counted", async () => {
  const lines: string[] = [];
  const service = await stage.start({
    onLog: (line) => lines.push(line),
    seams: {
      createProfileReader: () => ({
        read({ session }) {
          throw new TypeError(`cannot read the profile of ${session.number}`);
        },
      }),
    },
  });
  const { cookie, body } = await signUp(service, newPerson());
  const reply = await get(service, "/me", cookie);
  expect({ status: reply.status, code: reply.body["code"] }).toEqual({ status: 500, code: "bug" });
  const again = await Promise.all(Array.from({ length: 49 }, () => get(service, "/me", cookie)));
  expect(again.map((one) => one.status)).toEqual(Array(49).fill(500));
  // One line a second: a machine that needs ten for 49 answers is broken.
  expect(lines.filter((line) => line.includes('"bug"')).length).toBeLessThanOrEqual(10);
  const log = lines.join("");
  expect(log).toContain("durability.test.ts");
  for (const text of [log, JSON.stringify(reply.body)]) expect(text).not.toContain(String(body["number"]));
  expect(await metricsOf(service)).toContain('crowdproof_errors_total{code="bug"} 50');
});

test("a connection whose answer came too late is never used again, and what it wrote is told as not known", async () => {
  const service = await stage.start({ env: { POOL_CONNECTIONS_MAX: "3", STATEMENT_SECONDS_MAX: "0.3" } });
  const known = await signUp(service, newPerson());
  const late = newPerson();
  await stage.sql("begin");
  await stage.sql("lock table members in exclusive mode");
  const tap = signUp(service, late, "late");
  await expect.poll(waitingBackends, { timeout: 10_000 }).toHaveLength(1);
  const pids = await waitingBackends();
  // A stopped backend cannot even cancel itself: only our own clock ends the wait.
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  await stage.sql("commit");
  const reply = await tap;
  for (const pid of pids) process.kill(pid, "SIGCONT");
  expect({ status: reply.status, code: reply.body["code"] }).toEqual({ status: 503, code: "indeterminate" });
  for (let round = 0; round < 5; round += 1) {
    const reads = [1, 2, 3].map(() => get(service, "/me", known.cookie));
    const taps = [1, 2].map(() => signUp(service, newPerson()));
    for (const read of await Promise.all(reads)) expect(read.body).toEqual(known.body);
    for (const next of await Promise.all(taps)) expect(next.status).toBe(201);
  }
  expect((await signUp(service, late, "late")).status).toBe(201);
  expect(await stage.sql("select 1 from members where email = $1", [late["email"]])).toHaveLength(1);
});

async function waitingBackends(): Promise<number[]> {
  const rows = await stage.sql<{ pid: number }>(
    "select pid from pg_stat_activity where application_name = 'crowdproof' and wait_event_type = 'Lock' and datname = current_database()",
  );
  return rows.map((row) => row.pid);
}

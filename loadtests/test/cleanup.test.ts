import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readPlan, writePlan } from "../src/plan/plan-file.ts";
import { createRunId } from "../src/plan/run-id.ts";
import { REFERENCE_TARGET } from "../src/reference/reference-target.ts";
import { type RunningService, startReferenceService } from "../src/reference/start-service.ts";
import { loadTarget } from "../src/target/load-target.ts";
import { type Desk, openDesk } from "./command-line.ts";
import { handmadePlan, handmadeTarget } from "./conformance.ts";

let service: RunningService;
let database: Client;
let desk: Desk;

beforeAll(async () => {
  service = await startReferenceService({ port: 0, fault: undefined, databaseUrl: undefined });
  database = new Client({ connectionString: service.environment["CROWDPROOF_DATABASE_URL"] });
  await database.connect();
  desk = openDesk();
}, 120_000);
afterAll(async () => {
  await desk?.close();
  await database?.end();
  await service?.stop();
});
afterEach(async () => {
  await database.query("delete from members");
});

async function emails(): Promise<string[]> {
  return (await database.query<{ email: string }>("select email from members order by email")).rows.map(
    ({ email }) => email,
  );
}

/** Somebody who is of no run. */
async function signUpStranger(): Promise<string> {
  const email = `stranger-${randomUUID()}@crowd.example`;
  const body = {
    email,
    name: "A STRANGER",
    kana: "ヤマダ",
    kanjiName: "山田",
    sex: "female",
    birthDate: "1980-02-29",
    postalCode: "100-0001",
    address: "Tokyo",
    phone: "090-1234-5678",
    survey: ["a", "b", "c", "d", "e"],
    message: "",
  };
  const answer = await fetch(`${service.url}/signups`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(201);
  return email;
}

const run = (args: string[]) => desk.run(args, { env: service.environment });
const folder = (name: string) => join(desk.path, `${name}-${randomUUID()}`);

/** A gate against the service that goes on after it; killed with −9 in the middle where that is asked. */
async function gate(dir: string, isKilled = false): Promise<string> {
  const gating = desk.start(
    ["gate", "smoke", "--target", REFERENCE_TARGET, "--engine", "embedded", "--out", dir],
    { env: service.environment },
  );
  if (isKilled) {
    await expect.poll(() => acknowledgementsIn(dir), { timeout: 30_000 }).toBeGreaterThan(5);
    gating.signal("SIGKILL");
  }
  await gating.ended;
  return (await readPlan(dir)).runId.replace("cp-", "");
}

function acknowledgementsIn(dir: string): number {
  const file = join(dir, "events.ndjson");
  return existsSync(file) ? readFileSync(file, "utf8").split('"class":"acknowledged"').length - 1 : 0;
}

describe("crowdproof cleanup", () => {
  it("shows how many there are and changes nothing; with --yes it removes them, and the report says what is left", async () => {
    const stranger = await signUpStranger();
    const dir = folder("whole");
    await gate(dir);
    const before = await emails();
    expect(before.length).toBeGreaterThan(50);
    const members = (before.length - 1).toLocaleString("en");
    expect(readFileSync(join(dir, "report.md"), "utf8")).toContain(
      `Left in the target: ${members} members of this run at the read-back`,
    );

    const dry = await run(["cleanup", dir]);
    expect(dry).toMatchObject({ exitCode: 0, stderr: "" });
    expect(dry.stdout).toContain(`has ${members} people of run`);
    expect(dry.stdout).toContain("--yes");
    expect(await emails()).toEqual(before);

    const done = await run(["cleanup", dir, "--yes"]);
    expect(done).toMatchObject({ exitCode: 0, stderr: "" });
    expect(done.stdout).toContain(`${members} removed`);
    expect(done.stdout).toContain("0 people");
    expect(await emails()).toEqual([stranger]);
    expect(readFileSync(join(dir, "report.md"), "utf8")).toContain("Left in the target: nobody of this run");

    expect((await run(["cleanup", dir, "--yes"])).stdout).toContain("0 removed");
    expect(await emails()).toEqual([stranger]);
  }, 120_000);

  it("works after kill −9 of the gate, finds whom nobody was told about, and leaves other runs alone", async () => {
    const [killed, other] = [folder("killed"), folder("other")];
    const otherSuffix = await gate(other, true);
    const suffix = await gate(killed, true);
    expect(existsSync(join(killed, "verdict.json"))).toBe(false);
    // Requests under way when the gate died may be committed after it.
    await expect
      .poll(
        async () => {
          const first = (await emails()).length;
          await new Promise((resolve) => setTimeout(resolve, 500));
          return (await emails()).length - first;
        },
        { timeout: 10_000 },
      )
      .toBe(0);
    const before = await emails();
    const ours = before.filter((email) => email.includes(`.${suffix}@`));
    const others = before.filter((email) => email.includes(`.${otherSuffix}@`));
    expect(ours.length).toBeGreaterThan(0);
    expect(others.length).toBeGreaterThan(0);
    // As if no answer had reached the gate: only the plan is left.
    writeFileSync(join(killed, "events.ndjson"), "");
    const done = await run(["cleanup", killed, "--yes"]);
    expect(done).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await emails()).toEqual(others);
  }, 120_000);

  it("rolls a statement back that would take others with it", async () => {
    const stranger = await signUpStranger();
    const dir = folder("greedy");
    const target = await loadTarget(REFERENCE_TARGET);
    const connection = "${env:CROWDPROOF_DATABASE_URL}";
    const statement = "delete from members where email like '%${run}%' or true";
    const plan = handmadePlan({ target, visitors: [{ behaviour: "plain", dueSeconds: 0 }] });
    await writePlan(dir, {
      ...plan,
      runId: createRunId(),
      target: { ...target, cleanUp: { sql: { connection, statement } } },
    });
    for (const flags of [[], ["--yes"]]) {
      const refused = await run(["cleanup", dir, ...flags]);
      expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
      expect(refused.stderr).toMatch(/would remove 1 members who are not of this run; nothing was changed/);
    }
    expect(await emails()).toEqual([stranger]);
  }, 60_000);

  describe("that fails at its end", () => {
    const connection = "${env:CROWDPROOF_DATABASE_URL}";
    afterEach(async () => {
      await database.query("drop trigger if exists at_commit on members");
      await database.query("drop function if exists at_commit; drop sequence if exists counts");
    });

    /** A clean-up that removes the one member there is. */
    async function removeStranger(readBack: string | null) {
      await signUpStranger();
      const dir = folder("failing");
      const target = await loadTarget(REFERENCE_TARGET);
      const plan = handmadePlan({ target, visitors: [{ behaviour: "plain", dueSeconds: 0 }] });
      const sql = { connection, statement: "delete from members where email not like '%${run}%'" };
      const { sql: _none, ...unread } = target.readBack;
      const rows = readBack === null ? {} : { sql: { connection, statement: readBack } };
      await writePlan(dir, {
        ...plan,
        runId: createRunId(),
        target: { ...target, cleanUp: { sql }, readBack: { ...unread, ...rows } },
      });
      return await run(["cleanup", dir, "--yes"]);
    }

    it.each([
      {
        name: "was refused",
        act: "raise exception 'still referred to'",
        says: /still referred to\. Nothing was changed\./,
      },
      {
        name: "was not answered",
        act: "perform pg_terminate_backend(pg_backend_pid())",
        says: /Whether they are removed is not known: the commit was not answered/,
      },
    ])("says what is known where the commit $name", async ({ act, says }) => {
      await database.query(
        `create function at_commit() returns trigger language plpgsql as $$ begin ${act}; return null; end $$`,
      );
      await database.query(
        "create constraint trigger at_commit after delete on members deferrable initially deferred for each row execute function at_commit()",
      );
      const { exitCode, stderr } = await removeStranger("select 1 as nobody where false");
      expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(says) });
    });

    it("says that they are removed where only the counting afterwards failed, and that who is left is unknown", async () => {
      await database.query("create sequence counts");
      const done = await removeStranger("select 1 / (3 - nextval('counts')) as third");
      expect(done).toMatchObject({ exitCode: 3, stderr: "" });
      expect(done.stdout).toMatch(
        /1 removed .* an unknown number of people .* could not be counted: division by zero/s,
      );
      expect(await emails()).toEqual([]);
    });

    it("does not say that nobody is left where the target has no rows to count", async () => {
      const done = await removeStranger(null);
      expect(done).toMatchObject({ exitCode: 3, stderr: "" });
      expect(done.stdout).toMatch(/1 removed .* an unknown number of people .* nobody counted/s);
      expect(await emails()).toEqual([]);
    });
  });

  it("tells its exit codes", async () => {
    const { stdout } = await run(["cleanup", "--help"]);
    expect(stdout).toMatch(/Exit codes:\n +0 .*\n +2 .*\n +3 .* nobody can count .*\n/);
  });

  it("says what is missing where it cannot clean up", async () => {
    const dir = folder("without");
    const visitors = [{ behaviour: "plain" as const, dueSeconds: 0 }];
    await writePlan(dir, {
      ...handmadePlan({ target: handmadeTarget("http://127.0.0.1:1", []), visitors }),
      runId: createRunId(),
    });
    expect(await run(["cleanup", dir])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("has no cleanUp in its target file"),
    });
    expect(await run(["cleanup", desk.path])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("holds no plan.json"),
    });
    const elsewhere = folder("elsewhere");
    const target = await loadTarget(REFERENCE_TARGET);
    const sql = {
      connection: "postgresql://a:b@198.51.100.1/x",
      statement: "delete from x where y = '${run}'",
    };
    await writePlan(elsewhere, {
      ...handmadePlan({ target: { ...target, cleanUp: { sql } }, visitors }),
      runId: createRunId(),
    });
    expect(await run(["cleanup", elsewhere])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("--i-own-this-target 198.51.100.1"),
    });
  }, 60_000);
});

describe("a clean-up by a step", () => {
  it("is sent once for each person of the plan, whether or not they became members", async () => {
    const asked: string[] = [];
    const server = createServer((req, res) => {
      asked.push(`${req.method} ${decodeURIComponent(req.url ?? "")} ${req.headers.authorization}`);
      res.writeHead(asked.length === 2 ? 404 : asked.length === 3 ? 500 : 204).end();
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const step = {
      name: "delete",
      role: "clean-up" as const,
      method: "DELETE",
      path: "/admin/people/${person.email}",
      headers: { authorization: "Bearer ${env:ADMIN_TOKEN}" },
      redirects: 0,
      timeoutSeconds: 5,
      captures: {},
      means: { served: [{ status: [204] }], absent: [{ status: [404] }] },
      fields: {},
    };
    const target = handmadeTarget(url, [step], { cleanUp: { step: "delete" } });
    const visitors = Array.from({ length: 5 }, (_, at) => ({
      behaviour: "plain" as const,
      dueSeconds: at / 10,
    }));
    const dir = folder("step");
    const runId = createRunId();
    await writePlan(dir, { ...handmadePlan({ target, visitors }), runId });
    const env = { ADMIN_TOKEN: "s3cret" };

    const dry = await desk.run(["cleanup", dir], { env });
    expect(dry.stdout).toContain("would be sent for each of the 5 people");
    expect(asked).toEqual([]);

    const done = await desk.run(["cleanup", dir, "--yes"], { env });
    expect(done.exitCode).toBe(3);
    expect(done.stdout).toMatch(/3 removed .*; 1 person .* is left\.\n1 answer was indeterminate\./);
    expect(new Set(asked).size).toBe(5);
    for (const line of asked)
      expect(line).toMatch(
        new RegExp(
          `^DELETE /admin/people/q[a-z]{23}\\.${runId.replace("cp-", "")}@example\\.test Bearer s3cret$`,
        ),
      );
    server.close();
    server.closeAllConnections();
  }, 60_000);
});

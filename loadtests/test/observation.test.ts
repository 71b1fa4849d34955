import { randomUUID } from "node:crypto";
import { appendFile, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readAnswer } from "../src/answer/read-answer.ts";
import { nodePrimitives } from "../src/engine/embedded/node-primitives.ts";
import type { ObservationEvent } from "../src/events/event.ts";
import { type CountersBefore, observe, observeBefore } from "../src/observation/observe.ts";
import { createCanaryCodec } from "../src/people/canary.ts";
import { createPerson } from "../src/people/person.ts";
import { BEHAVIOURS, type Plan } from "../src/plan/plan.ts";
import { REFERENCE_TARGET } from "../src/reference/reference-target.ts";
import { type RunningService, startReferenceService } from "../src/reference/start-service.ts";
import { loadTarget } from "../src/target/load-target.ts";
import { resolveSecrets } from "../src/target/secrets.ts";
import { fillBody, stepUrl } from "../src/target/template.ts";

const PAIR = BEHAVIOURS.indexOf("pair");
const NOBODY: CountersBefore = { counters: {}, logs: {} };
let service: RunningService;
let plan: Plan;
let secrets: Record<string, string>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "crowdproof-observation-"));
  service = await startReferenceService({ port: 0, fault: undefined, databaseUrl: undefined });
  const target = await loadTarget(REFERENCE_TARGET);
  secrets = await resolveSecrets(target, service.environment);
  plan = {
    runId: "cp-0123456789abc",
    arrivals: { behaviour: [0, 0, PAIR, PAIR, 0], group: [0, 1, 2, 2, 4] },
    target,
  } as unknown as Plan;
}, 90_000);
afterAll(async () => {
  await service?.stop();
  await rm(folder, { recursive: true });
});

const codecOf = (runId: string) => createCanaryCodec({ runId, ...nodePrimitives });
const personOf = (visitor: number, from: Plan = plan) =>
  createPerson({ plan: from, visitor, codec: codecOf(from.runId) });

async function signUp(visitor: number, from: Plan = plan) {
  const step = from.target.steps[0]!;
  const person = personOf(visitor, from);
  const scope = { person, captured: {}, key: person.key, secrets };
  const { contentType, text } = fillBody(step.body!, scope);
  const answer = await fetch(stepUrl(from.target, step, scope), {
    method: step.method,
    headers: { "content-type": contentType, "idempotency-key": person.key },
    body: text,
  });
  const body = await answer.text();
  const raw = {
    kind: "answered" as const,
    status: answer.status,
    headers: Object.fromEntries([...answer.headers].filter(([name]) => name !== "set-cookie")),
    cookies: [],
    body,
    bodyBytes: body.length,
    times: { startedMicroseconds: 0, sentMicroseconds: 0, firstByteMicroseconds: 0, endedMicroseconds: 0 },
  };
  const codec = codecOf(from.runId);
  return readAnswer({ target: from.target, step, person, codec, primitives: nodePrimitives }, raw).facts;
}

async function query(statement: string, values: unknown[] = []) {
  const client = new Client({ connectionString: service.environment["CROWDPROOF_DATABASE_URL"] });
  await client.connect();
  try {
    return await client.query(statement, values);
  } finally {
    await client.end();
  }
}

/** What was observed, and what was said about the rest. */
async function observeAll(of: Plan = plan, before = NOBODY) {
  const said: string[] = [];
  const events: ObservationEvent[] = [];
  const say = (reason: string) => said.push(reason);
  for await (const event of observe(of, { secrets, atMicroseconds: 5, before, say })) events.push(event);
  const ofKind = (kind: ObservationEvent["kind"]) => events.filter((event) => event.kind === kind);
  return { events, said, rows: ofKind("row"), counters: ofKind("counter"), scans: ofKind("scan") };
}
const withTarget = (change: Partial<Plan["target"]>): Plan => ({
  ...plan,
  target: { ...plan.target, ...change },
});
const withTelemetry = (change: Partial<Plan["target"]["telemetry"]>) =>
  withTarget({ telemetry: { ...plan.target.telemetry, ...change } });

const EVERY_FIELD = 15;

describe("the reference service, observed", () => {
  let before: CountersBefore;
  let acknowledged: Awaited<ReturnType<typeof signUp>>;

  beforeAll(async () => {
    await signUp(0, { ...plan, runId: "cp-anearlierrun1" });
    before = await observeBefore(plan, secrets);
    acknowledged = await signUp(0);
    await signUp(1);
    // The second of the pair is the quicker one; the first finds the address taken.
    await signUp(3);
    await signUp(2);
  });

  it("acknowledges with the person's own data in every declared field", () => {
    expect(acknowledged).toMatchObject({
      class: "acknowledged",
      own: ["email", "latinName", "address", "freeText", "kana"],
      foreign: [],
      mismatched: [],
      cacheControl: "no-store, private",
    });
    expect(acknowledged.matched).toHaveLength(EVERY_FIELD);
    expect(acknowledged.memberId).toMatch(new RegExp(plan.target.memberId!.pattern));
  });

  it("has one row for each member of this run, with what they sent", async () => {
    const { rows, said } = await observeAll();
    expect(said).toEqual([]);
    expect(rows.map(({ visitor }) => visitor).toSorted()).toEqual([0, 1, 2]);
    for (const row of rows)
      expect(row).toMatchObject({ foreign: [], mismatched: [], atMicroseconds: 5, run: plan.runId });
    for (const { own, matched } of rows) expect([own.length, matched.length]).toEqual([5, EVERY_FIELD]);
    expect(rows.find(({ visitor }) => visitor === 0)?.memberId).toBe(acknowledged.memberId);
  });

  it("counted this run's answers and no earlier one's", async () => {
    const { counters } = await observeAll(plan, before);
    expect(counters.map(({ name, value }) => [name, value])).toEqual([
      ["acknowledged", 3],
      ["rejected", 1],
    ]);
  });

  it("has no canary in metrics and log, and the bytes that were scanned are said", async () => {
    const { scans } = await observeAll();
    expect(scans.map(({ name, foreign }) => [name, foreign])).toEqual([
      ["metrics", []],
      ["logs", []],
    ]);
    expect(scans[0]?.value).toBeGreaterThan(1_000);
    expect(scans[1]?.value).toBe((await readFile(service.environment["CROWDPROOF_SERVICE_LOG"]!)).length);
  });

  it("shows a row in which two people are mixed, with the columns", async () => {
    const [ann, ben] = [personOf(0), personOf(1)];
    await query("update members set name = $1, phone = $2 where email = $3", [
      ben.latinName,
      ben.phone,
      ann.email,
    ]);
    const { rows } = await observeAll();
    expect(rows.find(({ visitor }) => visitor === 0)).toMatchObject({
      own: ["email", "address", "freeText", "kana"],
      foreign: [{ visitor: 1, field: "latinName", place: "column:latin_name" }],
      mismatched: ["phone"],
    });
    await query("update members set name = $1, phone = $2 where email = $3", [
      ann.latinName,
      ann.phone,
      ann.email,
    ]);
  });

  it("shows a row of nobody only where the target is ours alone", async () => {
    const statement = "select '1' as member_id, 'somebody@real.example' as email";
    const readBack = { ...plan.target.readBack, sql: { ...plan.target.readBack.sql!, statement } };
    expect((await observeAll(withTarget({ readBack }))).rows).toMatchObject([
      { visitor: null, memberId: "1", own: [] },
    ]);
    const shared = withTarget({ readBack, telemetry: { ...plan.target.telemetry, exclusive: false } });
    expect((await observeAll(shared)).rows).toEqual([]);
  });

  it("reads more rows than one fetch brings", async () => {
    const statement = "select n::text as member_id from generate_series(1, 4500) n;";
    const readBack = { ...plan.target.readBack, sql: { ...plan.target.readBack.sql!, statement } };
    const { events, rows } = await observeAll(withTarget({ readBack }));
    expect(rows).toHaveLength(4_500);
    expect(events.at(-1)).toMatchObject({ kind: "rows-end", value: 4_500 });
  });

  it("does not say that the rows ended where reading them broke off", async () => {
    const statement = "select (1 / (4000 - n))::text as member_id from generate_series(1, 4500) n";
    const readBack = { ...plan.target.readBack, sql: { ...plan.target.readBack.sql!, statement } };
    const { events, rows, said } = await observeAll(withTarget({ readBack }));
    expect(rows).toHaveLength(2_000);
    expect(events.map(({ kind }) => kind)).not.toContain("rows-end");
    expect(said[0]).toMatch(/rows could not be read back: division by zero/);
  });
});

describe("logs and metrics with somebody in them", () => {
  it("say who and where; what was written before the run does not count", async () => {
    const [ann, ben] = [personOf(0), personOf(1)];
    const file = join(folder, "service.log");
    await writeFile(file, `${"x".repeat(100)} ${ann.email}\n`);
    const of = withTelemetry({ logFiles: [file] });
    const before = await observeBefore(of, secrets);
    // Over a chunk's edge, and in base64.
    const line = `${"y".repeat(2 ** 20 - 12)} ${ben.kana}\n${Buffer.from(`{"mail":"${ben.email}"}`).toString("base64")}\n`;
    await appendFile(file, line);
    const { scans } = await observeAll(of, before);
    expect(scans.find(({ name }) => name === "logs")).toMatchObject({
      value: Buffer.byteLength(line),
      own: [],
      foreign: [
        { visitor: 1, field: "kana", place: "log:service.log" },
        { visitor: 1, field: "email", place: "log:service.log" },
      ],
    });
  });

  it.each([
    {
      name: "was rotated by renaming it",
      to: async (file: string, text: string) => {
        await rename(file, `${file}.1`);
        await writeFile(file, text);
      },
      says: /was searched: it was rotated/,
    },
    {
      name: "was rotated, and is longer by now than it was",
      to: async (file: string, text: string) => {
        await rename(file, `${file}.1`);
        await writeFile(file, `${"x".repeat(2_000)} ${text}`);
      },
      says: /was searched: it was rotated/,
    },
    {
      name: "was cut",
      to: async (file: string, text: string) => await writeFile(file, text),
      says: /was searched: it was cut/,
    },
  ])("a log that $name was not read to its end; who was found stands", async ({ to, says }) => {
    const file = join(folder, `rotated-${randomUUID()}.log`);
    await writeFile(file, "x".repeat(1_000));
    const of = withTelemetry({ logFiles: [file] });
    const before = await observeBefore(of, secrets);
    await to(file, personOf(0).email);
    const { scans, said } = await observeAll(of, before);
    expect(scans.find(({ name }) => name === "logs")).toMatchObject({
      value: null,
      foreign: [{ visitor: 0 }],
    });
    expect(said.join("\n")).toMatch(says);
    await rm(file);
  });

  it("a log that is empty shows nothing, and one in which nothing new stands was read", async () => {
    const [empty, quiet] = [join(folder, "empty.log"), join(folder, "quiet.log")];
    await writeFile(empty, "");
    await writeFile(quiet, "started\n");
    const of = withTelemetry({ logFiles: [empty, quiet] });
    const { scans, said } = await observeAll(of, await observeBefore(of, secrets));
    expect(scans.filter(({ name }) => name === "logs").map(({ value }) => value)).toEqual([null, 0]);
    expect(said.join("\n")).toMatch(/empty\.log was searched: it is empty/);
  });

  it("are read from the page that has them as a label", async () => {
    const server = createServer((_, res) => res.end(`logins_total{user="${personOf(0).email}"} 1\n`));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const metricsUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { scans } = await observeAll(withTelemetry({ metricsUrl, logFiles: [], counters: {} }));
    server.close();
    expect(scans).toMatchObject([
      { name: "metrics", foreign: [{ visitor: 0, field: "email", place: "metrics" }] },
    ]);
  });
});

describe("what cannot be observed is said, and leaves nothing seen", () => {
  const sql = (change: object) => ({
    readBack: { ...plan.target.readBack, sql: { ...plan.target.readBack.sql!, ...change } },
  });
  const rows: { name: string; of: () => Plan; kind: "row" | "counter" | "scan"; says: RegExp }[] = [
    {
      name: "no database",
      of: () => withTarget(sql({ connection: "postgres://127.0.0.1:1/x" })),
      kind: "row",
      says: /rows could not be read back: .*ECONNREFUSED/,
    },
    {
      name: "a statement that is wrong",
      of: () => withTarget(sql({ statement: "select nonsense" })),
      kind: "row",
      says: /column "nonsense" does not exist/,
    },
    {
      name: "a statement without the ID",
      of: () => withTarget(sql({ statement: "select 1 as id" })),
      kind: "row",
      says: /gives no column member_id/,
    },
    {
      name: "a statement that writes",
      of: () => withTarget(sql({ statement: "delete from members returning number as member_id" })),
      kind: "row",
      says: /could not be read back/,
    },
    {
      name: "no metrics there",
      of: () => withTelemetry({ metricsUrl: "http://127.0.0.1:1/metrics", logFiles: [] }),
      kind: "counter",
      says: /metrics at .* could not be read: .*(ECONNREFUSED|bad port)/,
    },
    {
      name: "metrics of another host",
      of: () => withTelemetry({ metricsUrl: "http://metrics.example/", logFiles: [] }),
      kind: "scan",
      says: /not among the target's hosts/,
    },
    {
      name: "a page that is not there",
      of: () => withTelemetry({ metricsUrl: "/nothing", logFiles: [] }),
      kind: "scan",
      says: /answered 404/,
    },
    {
      name: "a series that is not there",
      of: () => withTelemetry({ counters: { refused: "no_total" } }),
      kind: "counter",
      says: /no series no_total/,
    },
    {
      name: "a log that is not there",
      of: () => withTelemetry({ metricsUrl: "/nothing", logFiles: [join(folder, "none.log")] }),
      kind: "scan",
      says: /none\.log could not be read: ENOENT/,
    },
  ];
  it.each(rows)("$name", async ({ of, kind, says }) => {
    const { events, said } = await observeAll(of());
    const seen = events.filter((event) => event.kind === kind);
    if (kind === "scan") expect(seen.map(({ value }) => value)).toContain(null);
    else expect(seen).toEqual([]);
    if (kind === "row") expect(events.map((event) => event.kind)).not.toContain("rows-end");
    expect(said.join("\n")).toMatch(says);
  });

  it("counters that were not read before, or fell", async () => {
    const unread = await observeAll(plan, { counters: null, logs: {} });
    expect(unread.counters).toEqual([]);
    expect(unread.said[0]).toMatch(/was not read before the run/);
    const fallen = await observeAll(plan, { counters: { acknowledged: 1e9 }, logs: {} });
    expect(fallen.counters.map(({ name }) => name)).toEqual(["rejected"]);
    expect(fallen.said[0]).toMatch(/the target was started again/);
  });

  it("an endless page", async () => {
    const server = createServer((_, res) => {
      const write = () => {
        while (res.write("x 1\n".repeat(65_536)));
      };
      res.on("drain", write).on("error", () => {});
      write();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const metricsUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { scans, said } = await observeAll(withTelemetry({ metricsUrl, logFiles: [] }));
    server.closeAllConnections();
    server.close();
    expect(scans).toMatchObject([{ name: "metrics", value: null }]);
    expect(said[0]).toMatch(/larger than 64 MiB/);
  });
});

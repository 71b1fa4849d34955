import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodePrimitives } from "../src/engine/embedded/node-primitives.ts";
import { createCanaryCodec } from "../src/people/canary.ts";
import { REFERENCE_TARGET } from "../src/reference/reference-target.ts";
import { type Desk, openDesk, type Running } from "./command-line.ts";

/**
 * A whole run against the reference service, and every byte it wrote on the way that is not a row, an answer or a mail:
 * none of the run's people is in it.
 */
let desk: Desk;
let service: Running;
let environment: Record<string, string>;
let said: string;
let find: (text: string) => unknown[];

beforeAll(async () => {
  desk = openDesk();
  const env = { DATA_DIR: join(desk.path, "data"), SPOOL_DIR: join(desk.path, "spool"), LOG_LEVEL: "debug" };
  service = desk.start(["serve", "--port", "0"], { env });
  await service.until("Ctrl-C stops it");
  environment = Object.fromEntries(
    [...service.said().matchAll(/export (\w+)='([^']*)'/g)].map(([, name = "", value = ""]) => [name, value]),
  );
  const out = join(desk.path, "run");
  const gate = await desk.run(
    ["gate", "smoke", "--target", REFERENCE_TARGET, "--engine", "embedded", "--out", out],
    { env: environment },
  );
  said = gate.stdout + gate.stderr;
  const { runId } = JSON.parse(readFileSync(join(out, "plan.json"), "utf8")) as { runId: string };
  const codec = createCanaryCodec({ runId, ...nodePrimitives });
  find = (text) => codec.find(text);
  await refuseRowOf(codec.encode(1, "email"));
}, 180_000);

afterAll(async () => {
  service?.signal("SIGINT");
  await service?.ended;
  await desk?.close();
}, 60_000);

/** A row that a constraint refuses: PostgreSQL's log then quotes it, unless it is told to be short. */
async function refuseRowOf(canary: string): Promise<void> {
  const client = new pg.Client({ connectionString: environment["CROWDPROOF_DATABASE_URL"] });
  await client.connect();
  const insert =
    "insert into members select (jsonb_populate_record(member, jsonb_build_object('id', gen_random_uuid(), 'number', '0', 'email', $1::text, 'email_key', $1::text))).* from members member limit 1";
  await expect(client.query(insert, [canary])).rejects.toMatchObject({ code: "23514" });
  await client.end();
}

/** Path → text, of every file below; a file that goes away under our eyes had nothing to tell. */
function filesBelow(folder: string): Map<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  return new Map(
    paths.filter((path) => statSync(path).isFile()).map((path) => [path, readFileSync(path, "utf8")]),
  );
}

const pageAt = async (url: string) => (await fetch(url)).text();

describe("of a run's people there is nothing in", () => {
  it("what the service and the command line say", () => {
    const log = readFileSync(environment["CROWDPROOF_SERVICE_LOG"] ?? "", "utf8");
    for (const text of [log, service.said(), said]) {
      expect(text.length).toBeGreaterThan(0);
      expect(find(text)).toEqual([]);
    }
  });

  it("PostgreSQL's log, which has an error to tell", () => {
    const log = readFileSync(join(desk.path, "data", "crowdproof-postgres.log"), "utf8");
    expect(log).toContain("violates check constraint");
    expect(find(log)).toEqual([]);
  });

  it("the metrics and the health pages", async () => {
    const { CROWDPROOF_ADMIN_URL: admin, CROWDPROOF_TARGET_URL: target } = environment;
    for (const url of [
      `${admin}/metrics`,
      `${admin}/metrics/anomalies`,
      `${target}/healthz`,
      `${target}/readyz`,
    ]) {
      const page = await pageAt(url);
      expect(page.length).toBeGreaterThan(0);
      expect(find(page)).toEqual([]);
    }
  });

  it("the names of mails and of all other files", () => {
    const names = readdirSync(desk.path, { recursive: true, encoding: "utf8" });
    expect(names.length).toBeGreaterThan(100);
    expect(find(names.join("\n"))).toEqual([]);
  });

  it("whatever else lies in the service's temporary folders, but the mails themselves", () => {
    const mails = environment["CROWDPROOF_MAIL_DIR"] ?? "";
    // PostgreSQL's programs, 60 MB copied before anybody came, are left out.
    const folders = readdirSync(join(desk.path, "tmp")).filter((name) => !name.includes("postgres-binaries"));
    const files = folders.flatMap((name) => [...filesBelow(join(desk.path, "tmp", name))]);
    expect(files.length).toBeGreaterThan(0);
    for (const [path, text] of files.filter(([path]) => !path.startsWith(mails)))
      expect([path, find(text)]).toEqual([path, []]);
  });

  it("the addresses of requests and the paths of the history's events", () => {
    const events = readFileSync(join(desk.path, "run", "events.ndjson"), "utf8");
    expect(events.length).toBeGreaterThan(10_000);
    expect(find(events)).toEqual([]);
  });
});

it("the search finds them where they belong: in mails", async () => {
  const mails = filesBelow(environment["CROWDPROOF_MAIL_DIR"] ?? "");
  expect(mails.size).toBeGreaterThan(0);
  expect([...mails.values()].flatMap(find).length).toBeGreaterThan(0);
});

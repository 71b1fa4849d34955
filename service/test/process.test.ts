import { once } from "node:events";
import { chmodSync, existsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { createServiceProcesses, exitCodeOf, MAIN, readyOf } from "./service-process.ts";
import { createStage, newPerson } from "./stage.ts";

const stage = createStage();
const { start, startReady, freshFolder } = createServiceProcesses();

function isListening(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`).then(
    () => true,
    () => false,
  );
}

const post = (url: string, body: unknown) =>
  fetch(`${url}/signups`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
    body: JSON.stringify(body),
  });

test("SIGTERM lets those under way finish, turns nobody's acknowledgement into an error, and ends with 0", async () => {
  const readyFile = join(freshFolder(), "ready.json");
  const service = start({ DATABASE_URL: stage.url, READY_FILE: readyFile });
  const { url, adminUrl } = await readyOf(readyFile);
  expect(statSync(readyFile).mode & 0o777).toBe(0o600);
  await stage.sql("begin");
  await stage.sql("lock table members in exclusive mode");
  const taps = Array.from({ length: 10 }, () => post(url, newPerson()).then((response) => response.status));
  await expect
    .poll(() => fetch(`${adminUrl}/metrics`).then((response) => response.text()), { timeout: 10_000 })
    .toContain("signups_working 10");
  service.child.kill("SIGTERM");
  await expect.poll(() => isListening(url), { timeout: 10_000 }).toBe(false);
  await stage.sql("commit");
  expect(await Promise.all(taps)).toEqual(Array(10).fill(201));
  expect(await exitCodeOf(service)).toBe(0);
  expect(await stage.sql("select count(*)::int as n from members")).toEqual([{ n: 10 }]);
});

test("kill −9 of the service takes its embedded PostgreSQL and the data folder with it", async () => {
  const readyFile = join(freshFolder(), "ready.json");
  const service = start({ READY_FILE: readyFile });
  const { url, databaseUrl } = await readyOf(readyFile);
  expect((await post(url, newPerson())).status).toBe(201);
  const dataDir = await dataDirectoryOf(databaseUrl);
  expect(existsSync(dataDir)).toBe(true);
  service.child.kill("SIGKILL");
  await expect.poll(() => existsSync(dataDir), { timeout: 10_000 }).toBe(false);
  await expect(dataDirectoryOf(databaseUrl)).rejects.toThrow(/ECONNREFUSED/);
});

test("kill −9 of whoever started it stops the service", async () => {
  const readyFile = join(freshFolder(), "ready.json");
  const starter = `require("node:child_process").spawn(process.execPath, [${JSON.stringify(MAIN)}], { stdio: ["pipe", "ignore", "ignore"], detached: true }); setInterval(() => {}, 1000)`;
  const parent = start({ READY_FILE: readyFile, DATABASE_URL: stage.url }, ["-e", starter]);
  const { url } = await readyOf(readyFile);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  parent.child.kill("SIGKILL");
  await expect.poll(() => isListening(url), { timeout: 10_000 }).toBe(false);
});

test("data in a folder of one's own is there again after a restart", async () => {
  const folder = freshFolder();
  // Run as root, PostgreSQL is the user `postgres`, who must be able to get there.
  chmodSync(folder, 0o755);
  const dataDir = join(folder, "data");
  for (const expected of [201, 409]) {
    const readyFile = join(freshFolder(), "ready.json");
    const service = start({ READY_FILE: readyFile, DATA_DIR: dataDir });
    const { url } = await readyOf(readyFile);
    expect((await post(url, newPerson({ email: "again@example.test" }))).status).toBe(expected);
    service.child.kill("SIGTERM");
    expect(await exitCodeOf(service)).toBe(0);
  }
});

test("a folder from which a fault took a constraint is named by its own key, for whoever set no DATABASE_URL", async () => {
  const folder = freshFolder();
  chmodSync(folder, 0o755);
  const env = { DATA_DIR: join(folder, "data") };
  const faulty = await startReady({ ...env, FAULT: "max-plus-one" });
  faulty.child.kill("SIGTERM");
  expect(await exitCodeOf(faulty)).toBe(0);
  const healthy = start(env);
  expect(await exitCodeOf(healthy)).toBe(2);
  expect(healthy.words()).toContain("members_number_key");
  expect(healthy.words()).toContain("Use a new database: change DATA_DIR.");
  expect(healthy.words()).not.toContain("DATABASE_URL");
});

test("a port in use is a sentence and exit code 2", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const service = start({ DATABASE_URL: stage.url, PORT: String(port) });
  expect(await exitCodeOf(service)).toBe(2);
  expect(service.words()).toMatch(`Port ${port} on 127.0.0.1 is in use.`);
  taken.close();
});

test.each([
  {
    name: "a fault in production",
    env: { FAULT: "max-plus-one", NODE_ENV: "production" },
    words: /FAULT: a fault cannot be/,
  },
  { name: "a fault nobody wrote", env: { FAULT: "max-plus-won" }, words: /there is no fault "max-plus-won"/ },
  { name: "a bad setting", env: { WORKING_MAX: "many" }, words: /WORKING_MAX/ },
  {
    name: "a database that is not there",
    env: { DATABASE_URL: "postgresql://a:b@127.0.0.1:1/c" },
    words: /127\.0\.0\.1:1.*DATABASE_URL/,
  },
  {
    name: "a host that nobody knows, with any free port",
    env: { DATABASE_URL: stage.url, HOST: "nowhere.invalid" },
    words: /HOST.*nowhere\.invalid.*\((ENOTFOUND|EAI_AGAIN)\)/,
  },
  {
    name: "a host that nobody knows, with a port",
    env: { DATABASE_URL: stage.url, HOST: "nowhere.invalid", PORT: "18080" },
    words: /nowhere\.invalid:18080 \((ENOTFOUND|EAI_AGAIN)\)/,
  },
])("$name is a sentence and exit code 2", async ({ env, words }) => {
  const service = start(env as unknown as Record<string, string>);
  expect(await exitCodeOf(service)).toBe(2);
  expect(service.words()).toMatch(words);
  expect(service.words()).not.toContain("    at ");
});

test("a READY_FILE that cannot be written is a sentence and exit code 2, and the workers leave in order", async () => {
  const folder = freshFolder();
  for (const readyFile of [join(folder, "nowhere", "ready.json"), folder]) {
    const service = start({ DATABASE_URL: stage.url, READY_FILE: readyFile });
    expect(await exitCodeOf(service)).toBe(2);
    expect(service.words()).toContain(`READY_FILE: ${readyFile} cannot be written`);
    expect(service.words()).not.toContain("    at ");
  }
  // What holds the database's password is not left behind.
  expect(existsSync(`${folder}.part`)).toBe(false);
  expect(await stage.sql("select is_last from access_spans")).toEqual([{ is_last: true }, { is_last: true }]);
});

async function dataDirectoryOf(databaseUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ data_directory: string }>("show data_directory");
  await client.end();
  return rows[0]?.data_directory ?? "";
}

import { randomUUID } from "node:crypto";
import pg from "pg";
import { expect, test } from "vitest";
import { ask, credentialFiles, TOKENS } from "./admin-stage.ts";
import { createServiceProcesses } from "./service-process.ts";
import { newPerson } from "./stage.ts";

const { startReady } = createServiceProcesses();
const PATIENCE = { timeout: 20_000 };

async function codeOf(url: string, body: unknown = newPerson()): Promise<unknown> {
  const response = await fetch(`${url}/signups`, {
    method: "POST",
    // A connection of its own, so that either worker may be the one.
    headers: { "content-type": "application/json", "idempotency-key": randomUUID(), connection: "close" },
    body: JSON.stringify(body),
  });
  return response.status === 201 ? 201 : ((await response.json()) as { code: string }).code;
}

const codesOf = (url: string) => Promise.all(Array.from({ length: 12 }, () => codeOf(url, {})));

test("real processes, each with its own login: the auditor finds a doctored row, all workers close, people reopen", async () => {
  const { url, adminUrl, databaseUrl } = await startReady({ WORKERS: "2", ...credentialFiles() });
  await expect.poll(() => codeOf(url), PATIENCE).toBe(201);
  const owner = new pg.Client({ connectionString: databaseUrl });
  await owner.connect();
  await owner.query("update members set email = 'somebody@else.example'");
  await owner.end();
  const doctoredMs = performance.now();
  await expect
    .poll(async () => new Set(await codesOf(url)), { ...PATIENCE, interval: 20 })
    .toEqual(new Set(["halted"]));
  console.log(
    `row doctored → both workers closed by the auditor: ${((performance.now() - doctoredMs) / 1_000).toFixed(2)} s`,
  );
  const page = String((await ask(adminUrl, "/metrics/anomalies")).body["text"]);
  expect(page).toContain('crowdproof_auditor_findings{kind="doctored-row"} 1');
  expect(page).toContain('crowdproof_campaign_state{phase="halted"} 1');

  const { body } = await ask(adminUrl, "/reopenings", TOKENS.jane, { reason: "row restored" });
  expect((await ask(adminUrl, `/reopenings/${body["id"]}/approval`, TOKENS.taro, {})).status).toBe(200);
  for (const share of [0.1, 1])
    expect((await ask(adminUrl, "/reopenings/step", TOKENS.jane, { share })).status).toBe(200);
  await expect.poll(() => codeOf(url), PATIENCE).toBe(201);
});

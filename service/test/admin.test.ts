import { beforeAll, describe, expect, test } from "vitest";
import { readCredentials } from "../src/admin/credentials.ts";
import { ask, createAdminStage, credentialFiles, operatorsFile, secretFile, TOKENS } from "./admin-stage.ts";
import { createStage, get, newPerson, signUp } from "./stage.ts";

const stage = createStage();
const admins = createAdminStage(stage.url);
const PATIENCE = { timeout: 10_000, interval: 10 };
const BECAUSE = { reason: "looked at, repaired" };

// The schema comes with the first service.
beforeAll(async () => (await stage.start()).close());

async function startHalted() {
  const admin = await admins.start();
  expect(await ask(admin.url, "/halt", TOKENS.jane, { reason: "a look first" })).toMatchObject({
    status: 200,
    body: { phase: "halted" },
  });
  return admin;
}

async function requestReopening(url: string, token: string = TOKENS.jane): Promise<string> {
  const { status, body } = await ask(url, "/reopenings", token, BECAUSE);
  expect(status).toBe(201);
  return String(body["id"]);
}

const approve = (url: string, id: string, token: string) => ask(url, `/reopenings/${id}/approval`, token, {});
const step = (url: string, share: number, token: string = TOKENS.taro) =>
  ask(url, "/reopenings/step", token, { share });

test("two people reopen in steps, each of which is an operator's command and reaches the service", async () => {
  const service = await stage.start();
  const { url, halt } = await startHalted();
  await expect.poll(async () => (await signUp(service, "")).body["code"], PATIENCE).toBe("halted");
  const id = await requestReopening(url);
  expect(await approve(url, id, TOKENS.taro)).toEqual({ status: 200, body: { phase: "open", share: 0.01 } });
  await expect.poll(() => halt.state(), PATIENCE).toMatchObject({ phase: "open", share: 0.01 });
  expect(await step(url, 1)).toMatchObject({ status: 409, body: { code: "no-such-step" } });
  expect((await step(url, 0.1)).body).toEqual({ phase: "open", share: 0.1 });
  expect((await step(url, 0.1)).status).toBe(409);
  expect((await step(url, 1)).body).toEqual({ phase: "open", share: 1 });
  await expect.poll(() => halt.state(), PATIENCE).toMatchObject({ phase: "open", share: 1 });
  await expect.poll(async () => (await signUp(service, newPerson())).status, PATIENCE).toBe(201);
});

test("one person alone cannot reopen, and their credential under another name cannot either", async () => {
  const { url } = await startHalted();
  const id = await requestReopening(url);
  expect(await approve(url, id, TOKENS.jane)).toMatchObject({ status: 403, body: { code: "same-person" } });
  // The same person was renamed in the file between the two.
  await stage.sql("update reopenings set requested_by = 'jane.doe' where id = $1", [id]);
  expect(await approve(url, id, TOKENS.jane)).toMatchObject({ status: 403, body: { code: "same-person" } });
  expect((await ask(url, "/state")).body["phase"]).toBe("halted");
});

test("a reopening that was asked for more than 30 minutes ago is void", async () => {
  const { url } = await startHalted();
  const id = await requestReopening(url);
  await stage.sql("update reopenings set requested_at = requested_at - interval '30 minutes' where id = $1", [
    id,
  ]);
  expect(await approve(url, id, TOKENS.taro)).toMatchObject({ status: 410, body: { code: "expired" } });
});

test("a reopening asked for before a newer halt is void: the second person would approve what nobody has looked at", async () => {
  const { url, halt } = await startHalted();
  const id = await requestReopening(url);
  halt.trip({ reason: "duplicate at /me", atMs: Date.now() });
  await halt.settled();
  expect(await approve(url, id, TOKENS.taro)).toMatchObject({ status: 409, body: { code: "superseded" } });
  expect((await approve(url, await requestReopening(url), TOKENS.taro)).status).toBe(200);
});

test("an approval is good for one reopening", async () => {
  const { url } = await startHalted();
  const id = await requestReopening(url);
  expect((await approve(url, id, TOKENS.taro)).status).toBe(200);
  expect(await approve(url, id, TOKENS.taro)).toMatchObject({ status: 409, body: { code: "not-halted" } });
  await ask(url, "/halt", TOKENS.jane, { reason: "again" });
  expect(await approve(url, id, TOKENS.taro)).toMatchObject({ status: 409, body: { code: "superseded" } });
});

test("of a halt and an approval at the same moment the halt wins", async () => {
  const { url, halt } = await startHalted();
  for (let round = 0; round < 5; round += 1) {
    const id = await requestReopening(url);
    const approval = approve(url, id, TOKENS.taro);
    halt.trip({ reason: "race", atMs: Date.now() });
    await Promise.all([approval, halt.settled()]);
    const [row] = await stage.sql<{ phase: string; younger: boolean }>(
      "select phase, coalesce(reopened_at > cause_at, false) as younger from campaign_state",
    );
    // Open only where the reopening is the younger of the two.
    expect(row?.phase === "halted" || row?.younger).toBe(true);
    await ask(url, "/halt", TOKENS.jane, { reason: "next round" });
  }
});

test("breaking the glass reopens alone, at 1 %, and shows: in the audit trail, a counter and a timestamp", async () => {
  const { url } = await startHalted();
  expect(await ask(url, "/break-glass", TOKENS.jane, BECAUSE)).toMatchObject({ status: 403 });
  expect(await ask(url, "/break-glass", TOKENS.breakGlass, BECAUSE)).toMatchObject({
    status: 200,
    body: { share: 0.01 },
  });
  // The sealed token is good for the first 1 % and nothing more; an operator opens further.
  expect(await step(url, 0.1, TOKENS.breakGlass)).toMatchObject({
    status: 403,
    body: { code: "not-yours" },
  });
  expect((await step(url, 0.1)).body).toEqual({ phase: "open", share: 0.1 });
  const { body } = await ask(url, "/audit", TOKENS.jane);
  const trail = body as unknown as { action: string; actor: string; credential: string; reason: string }[];
  expect(trail.find(({ action }) => action === "break-glass")).toMatchObject({
    actor: "break-glass",
    credential: expect.stringMatching(/^break-glass:[0-9a-f]{8}$/),
    reason: BECAUSE.reason,
  });
  const metrics = async () => String((await ask(url, "/metrics/anomalies")).body["text"]);
  await expect.poll(metrics, PATIENCE).toMatch(/crowdproof_break_glass_total [1-9]/);
  expect(await metrics()).toMatch(/crowdproof_break_glass_timestamp_seconds 1\d{9}/);
});

test("the numbers tell the phase, who halted and when it was reopened", async () => {
  const { url } = await startHalted();
  const metrics = async () => String((await ask(url, "/metrics/anomalies")).body["text"]);
  const halted = await metrics();
  expect(halted).toContain('crowdproof_campaign_state{phase="halted"} 1');
  expect(halted).toContain('crowdproof_campaign_state{phase="open"} 0');
  await expect.poll(metrics, PATIENCE).toMatch(/crowdproof_halts_total\{by="operator"\} [1-9]/);
  await approve(url, await requestReopening(url), TOKENS.taro);
  await expect.poll(metrics, PATIENCE).toMatch(/crowdproof_reopened_timestamp_seconds 1\d{9}/);
  await expect.poll(metrics, PATIENCE).toContain('crowdproof_campaign_state{phase="open"} 1');
});

test("every command asks for a credential, and for one of its own kind", async () => {
  const { url } = await admins.start();
  const id = "00000000-0000-4000-8000-000000000000";
  for (const path of [
    "/halt",
    "/reopenings",
    "/reopenings/step",
    `/reopenings/${id}/approval`,
    "/break-glass",
    `/anomalies/${id}/handled`,
    "/alerts",
  ]) {
    expect([path, (await ask(url, path, undefined, BECAUSE)).status]).toEqual([path, 401]);
    if (path !== "/alerts")
      expect([path, (await ask(url, path, TOKENS.alerts, BECAUSE)).status]).toEqual([path, 403]);
  }
  expect((await ask(url, "/audit")).status).toBe(401);
  for (const path of ["/healthz", "/state", "/metrics", "/metrics/anomalies"])
    expect([path, (await ask(url, path)).status]).toEqual([path, 200]);
});

test("what people typed is told to operators, and not to whoever reaches the port", async () => {
  const { url } = await admins.start();
  const reason = "jane: customer 4711 called, see the ticket";
  expect((await ask(url, "/halt", TOKENS.jane, { reason })).body).toMatchObject({ phase: "halted", reason });
  expect((await ask(url, "/state")).body).toEqual({ phase: "halted", sinceMs: expect.any(Number) });
  for (const path of ["/state", "/metrics", "/metrics/anomalies"])
    expect(JSON.stringify((await ask(url, path)).body), path).not.toContain("4711");
  expect(JSON.stringify((await ask(url, "/audit", TOKENS.taro)).body)).toContain(reason);
});

test("people's words are one line, and no token is in the log or the audit trail", async () => {
  const admin = await startHalted();
  for (const reason of ["", "two\nlines", "x".repeat(301), "sep\u2028arated", 5, null])
    expect((await ask(admin.url, "/halt", TOKENS.jane, { reason })).status).toBe(422);
  expect((await ask(admin.url, "/halt", TOKENS.jane, { reason: "a", extra: 1 })).status).toBe(422);
  const rows = JSON.stringify(await stage.sql("select * from campaign_audit")) + admin.log.join("");
  for (const token of Object.values(TOKENS)) expect(rows).not.toContain(token);
});

test("members read and the service is ready while an operator's halt stands", async () => {
  const service = await stage.start();
  const member = await signUp(service, newPerson());
  await startHalted();
  await expect.poll(async () => (await signUp(service, "")).body["code"], PATIENCE).toBe("halted");
  expect((await get(service, "/me", member.cookie)).status).toBe(200);
});

describe("the files of credentials", () => {
  const read = (env: Record<string, string>) => () =>
    readCredentials({
      operatorsFile: env["OPERATORS_FILE"],
      breakGlassFile: env["BREAK_GLASS_FILE"],
      alertsTokenFile: env["ALERTS_TOKEN_FILE"],
    });
  const person = (name: string, sha256 = "0".repeat(64)) => ({ name, sha256 });

  test.each([
    {
      name: "that others can read",
      env: () => ({ OPERATORS_FILE: secretFile("[]", 0o640) }),
      words: /chmod 600/,
    },
    { name: "that are not there", env: () => ({ OPERATORS_FILE: "/nowhere" }), words: /ENOENT/ },
    {
      name: "that are not JSON",
      env: () => ({ OPERATORS_FILE: secretFile("geheim: x") }),
      words: /not JSON/,
    },
    {
      name: "with a name twice",
      env: () => ({
        OPERATORS_FILE: secretFile(JSON.stringify([person("jane"), person("jane", "1".repeat(64))])),
      }),
      words: /twice/,
    },
    {
      name: "with one person in two spellings",
      env: () => ({ OPERATORS_FILE: secretFile(JSON.stringify([person("jane"), person("Jane")])) }),
      words: /1\.name/,
    },
    {
      name: "with a name of letters that only look the same",
      env: () => ({ OPERATORS_FILE: secretFile(JSON.stringify([person("j\u0430ne")])) }),
      words: /0\.name/,
    },
    {
      name: "with one token for two people",
      env: () => ({ OPERATORS_FILE: operatorsFile({ jane: "t".repeat(32), taro: "t".repeat(32) }) }),
      words: /same token/,
    },
    {
      name: "with an operator's token for the alerts",
      env: () => ({ ...credentialFiles(), ALERTS_TOKEN_FILE: secretFile(TOKENS.jane) }),
      words: /same token/,
    },
    {
      name: "with a token instead of its hash",
      env: () => ({ BREAK_GLASS_FILE: secretFile(TOKENS.breakGlass) }),
      words: /SHA-256/,
    },
    {
      name: "with a short token",
      env: () => ({ ALERTS_TOKEN_FILE: secretFile("short") }),
      words: /32 characters/,
    },
  ])("$name are refused at the start, in a sentence that repeats nothing of them", ({ env, words }) => {
    const reading = read(env());
    expect(reading).toThrow(words);
    expect(reading).not.toThrow(/geheim|7Qp0Zt5h|9Hf3Sd8w/);
  });
});

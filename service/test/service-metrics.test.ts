import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Service } from "../src/service.ts";
import { open, send } from "./page-visitor.ts";
import { createStage, metricsOf, newPerson, type Reply, signUp } from "./stage.ts";

const stage = createStage();
const PATIENCE = { timeout: 30_000 };
/** Nobody queues: whoever finds the only turn taken is given a ticket. */
const SMALL = { WORKING_MAX: "1", QUEUE_MAX: "0" };

/** One series' number as the page has it. */
async function read(service: Service, series: string): Promise<number> {
  const line = (await metricsOf(service)).split("\n").find((text) => text.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1));
}

/** Somebody is told to wait, because somebody else is being registered; afterwards both turns are free. */
async function toldToWait(service: Service, key: string): Promise<Reply> {
  await stage.sql("begin");
  await stage.sql("lock table members in exclusive mode");
  const inside = signUp(service, newPerson());
  try {
    await expect.poll(() => read(service, "crowdproof_signups_working"), PATIENCE).toBe(1);
    return await signUp(service, newPerson(), key);
  } finally {
    await stage.sql("commit").catch(() => {});
    await inside;
  }
}

test("a signup is offered, committed and timed once, and one that was rejected has no latency", async () => {
  const service = await stage.start();
  expect((await signUp(service, newPerson())).status).toBe(201);
  expect((await signUp(service, newPerson({ email: "none" }))).status).toBe(422);
  // The answer's end is noted once it is with the operating system, perhaps after its reader has it.
  await expect.poll(() => read(service, "crowdproof_signup_latency_seconds_count"), PATIENCE).toBe(1);
  expect(await read(service, "crowdproof_offered_signups_total")).toBe(2);
  expect(await read(service, "crowdproof_commit_seconds_count")).toBe(1);
  const seconds = await read(service, "crowdproof_signup_latency_seconds_sum");
  expect(seconds).toBeGreaterThan(await read(service, "crowdproof_commit_seconds_sum"));
});

test("who hangs up while they are registered is timed until they are", async () => {
  const service = await stage.start();
  const leaving = new AbortController();
  await stage.sql("begin");
  await stage.sql("lock table members in exclusive mode");
  try {
    const left = fetch(`${service.url}/signups`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
      body: JSON.stringify(newPerson()),
      signal: leaving.signal,
    }).catch(() => "gone");
    await expect.poll(() => read(service, "crowdproof_signups_working"), PATIENCE).toBe(1);
    // The statement is on its way: what is dropped before it costs nothing and makes nobody a member.
    await sleep(500);
    leaving.abort();
    expect(await left).toBe("gone");
    await sleep(200);
  } finally {
    await stage.sql("commit").catch(() => {});
  }
  await expect
    .poll(() => read(service, 'crowdproof_signups_total{outcome="acknowledged"}'), PATIENCE)
    .toBe(1);
  expect(await read(service, "crowdproof_signup_latency_seconds_count")).toBe(1);
  // As long as the table was locked for them.
  expect(await read(service, "crowdproof_signup_latency_seconds_sum")).toBeGreaterThan(0.65);
});

test("a signup by the form is offered and timed as well", async () => {
  const service = await stage.start();
  const form = await open(service, (await open(service, "/join")).next ?? "/join");
  const { survey, ...fields } = newPerson() as Record<string, string> & { survey: string[] };
  const answers = Object.fromEntries(survey.map((answer, at) => [`survey${at + 1}`, answer]));
  expect((await send(service, form, { ...fields, ...answers })).cookie).toBeDefined();
  await expect.poll(() => read(service, "crowdproof_signup_latency_seconds_count"), PATIENCE).toBe(1);
  expect(await read(service, "crowdproof_offered_signups_total")).toBe(1);
  // Who is shown the form at once was told no time.
  expect(await read(service, 'crowdproof_appointments_total{kept="within"}')).toBe(0);
});

test("a commit that fails is timed too", async () => {
  const service = await stage.start();
  await stage.sql("alter table members rename to elsewhere");
  try {
    expect((await signUp(service, newPerson())).status).toBeGreaterThanOrEqual(500);
    expect(await read(service, "crowdproof_commit_seconds_count")).toBeGreaterThan(0);
  } finally {
    await stage.sql("alter table elsewhere rename to members");
  }
});

test("an appointment that is kept counts as such, and its holder is offered once", async () => {
  const service = await stage.start({ env: SMALL });
  const key = randomUUID();
  const told = await toldToWait(service, key);
  await sleep(Number(told.body["comeBackInSeconds"]) * 1_000 + 5);
  const reply = await signUp(service, newPerson(), key, String(told.body["ticket"]));
  expect(reply.status).toBe(201);
  // The one who was inside, and the one who waited.
  expect(await read(service, "crowdproof_offered_signups_total")).toBe(2);
  expect(await read(service, 'crowdproof_appointments_total{kept="within"}')).toBe(1);
  expect(await read(service, "crowdproof_told_error_seconds_count")).toBe(1);
  expect(await read(service, 'crowdproof_told_error_seconds_bucket{le="2"}')).toBe(1);
});

test("connections of the pool are told by what they do", async () => {
  const service = await stage.start({ env: { POOL_CONNECTIONS_MAX: "3" } });
  const state = (name: string) => read(service, `crowdproof_pool_connections{state="${name}"}`);
  await signUp(service, newPerson());
  expect((await state("busy")) + (await state("idle"))).toBeGreaterThan(0);
  expect(await read(service, "crowdproof_pool_connections_limit")).toBe(3);
  await stage.sql("begin");
  await stage.sql("lock table members in exclusive mode");
  const inside = [1, 2].map(() => signUp(service, newPerson()));
  try {
    await expect.poll(() => state("busy"), PATIENCE).toBeGreaterThan(0);
  } finally {
    await stage.sql("commit").catch(() => {});
    await Promise.all(inside);
  }
});

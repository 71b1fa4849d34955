import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import type { Service } from "../src/service.ts";
import { createStage, get, metricsOf, newPerson, type Reply, signUp } from "./stage.ts";

const stage = createStage();
/** A busy machine may be slow; none of these waits in the good case. */
const PATIENCE = { timeout: 10_000 };
const HEAD_OF_A_LONG_BODY =
  "POST /signups HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\nContent-Length: 1000\r\n\r\n";
const SMALL = { WORKING_MAX: "2", QUEUE_MAX: "4", QUEUE_SECONDS_MAX: "0.3" };

/** While the table is locked, whoever was let in stays in. */
async function whileNobodyLeaves<Result>(work: () => Promise<Result>): Promise<Result> {
  await stage.sql("begin");
  await stage.sql("lock table members in exclusive mode");
  try {
    return await work();
  } finally {
    await stage.sql("commit");
  }
}

async function textOfMetrics(service: Service): Promise<string> {
  return await metricsOf(service);
}

const freshHeaders = () => ({ "content-type": "application/json", "idempotency-key": randomUUID() });

function crowd(service: Service, size: number): Promise<Reply>[] {
  return Array.from({ length: size }, () => signUp(service, newPerson()));
}

test("beyond the queue a signup is given a ticket: marker, Retry-After, no number, no cookie, and nothing registered", async () => {
  const service = await stage.start({ env: SMALL });
  const replies = await whileNobodyLeaves(async () => {
    const taps = crowd(service, 30);
    await expect
      .poll(() => textOfMetrics(service), PATIENCE)
      .toContain('signups_total{outcome="waiting"} 28');
    return { taps };
  }).then(({ taps }) => Promise.all(taps));
  const waiting = replies.filter((reply) => reply.status === 503);
  expect(waiting).toHaveLength(28);
  for (const { body, cookie, headers } of waiting) {
    expect(body).toEqual({
      code: "waiting",
      detail: expect.any(String),
      ticket: expect.stringMatching(/^[\w-]{100,200}$/),
      place: expect.any(Number),
      comeBackAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      comeBackInSeconds: expect.any(Number),
    });
    expect(cookie).toBeUndefined();
    const retryAfterSeconds = Number(headers.get("retry-after"));
    expect(retryAfterSeconds).toBeGreaterThanOrEqual(Number(body["comeBackInSeconds"]));
    expect(Number.isInteger(retryAfterSeconds)).toBe(true);
  }
  expect(await stage.sql("select count(*)::int as n from members")).toEqual([{ n: 2 }]);
});

test("those who wait are not told to come back all at once", async () => {
  const service = await stage.start({ env: { ...SMALL, QUEUE_MAX: "0" } });
  const replies = await whileNobodyLeaves(async () => {
    const inside = crowd(service, 2);
    await expect.poll(() => textOfMetrics(service), PATIENCE).toMatch(/_working 2/);
    const outside = await Promise.all(crowd(service, 60));
    return { inside, outside };
  });
  await Promise.all(replies.inside);
  const seconds = new Set(replies.outside.map((reply) => reply.headers.get("retry-after")));
  expect(seconds.size).toBeGreaterThanOrEqual(3);
  const times = replies.outside.map((reply) => reply.body["comeBackAt"]);
  expect(new Set(times).size).toBeGreaterThanOrEqual(50);
});

test("who hangs up in the middle of the body gives the turn back, and is not counted as answered well", async () => {
  const service = await stage.start({ env: SMALL });
  const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
  socket.write(`${HEAD_OF_A_LONG_BODY}{"email":`);
  await expect.poll(() => textOfMetrics(service), PATIENCE).toMatch(/_working 1/);
  socket.destroy();
  await expect.poll(() => textOfMetrics(service), PATIENCE).toMatch(/_working 0/);
  const metrics = await textOfMetrics(service);
  expect(metrics).toContain('crowdproof_request_seconds_count{route="/signups",status="none"} 1');
  expect(metrics).toContain('crowdproof_request_seconds_count{route="/signups",status="2xx"} 0');
});

test("who has to wait is told before the body is sent", async () => {
  const service = await stage.start({ env: { ...SMALL, QUEUE_MAX: "0" } });
  const { inside, head } = await whileNobodyLeaves(async () => {
    const inside = crowd(service, 2);
    await expect.poll(() => textOfMetrics(service), PATIENCE).toMatch(/_working 2/);
    const socket = connect(Number(new URL(service.url).port), "127.0.0.1");
    socket.write(HEAD_OF_A_LONG_BODY);
    const [bytes] = await once(socket, "data");
    socket.destroy();
    return { inside, head: String(bytes) };
  });
  await Promise.all(inside);
  expect(head).toMatch(/^HTTP\/1\.1 503 /);
});

test("who waits no longer than the deadline is let in when a place falls free", async () => {
  const service = await stage.start({ env: { ...SMALL, QUEUE_SECONDS_MAX: "10" } });
  const taps = await whileNobodyLeaves(async () => {
    const taps = crowd(service, 6);
    await expect.poll(() => textOfMetrics(service), PATIENCE).toMatch(/_queued 4/);
    return { taps };
  });
  const replies = await Promise.all(taps.taps);
  expect(replies.map((reply) => reply.status)).toEqual(Array(6).fill(201));
});

test("who hangs up in the queue costs no query", async () => {
  const service = await stage.start({ env: { ...SMALL, QUEUE_SECONDS_MAX: "10" } });
  const gone = new AbortController();
  const inside = await whileNobodyLeaves(async () => {
    const inside = crowd(service, 2);
    await expect.poll(() => textOfMetrics(service), PATIENCE).toMatch(/_working 2/);
    const body = JSON.stringify(newPerson());
    const leaving = fetch(`${service.url}/signups`, {
      method: "POST",
      headers: freshHeaders(),
      body,
      signal: gone.signal,
    });
    await expect.poll(() => textOfMetrics(service), PATIENCE).toMatch(/_queued 1/);
    gone.abort();
    await expect(leaving).rejects.toThrow(/abort/);
    return { inside };
  });
  await Promise.all(inside.inside);
  await expect.poll(() => textOfMetrics(service), PATIENCE).toMatch(/_working 0/);
  expect(await stage.sql("select count(*)::int as n from members")).toEqual([{ n: 2 }]);
});

test("reads are not held up by a crowd at the door", async () => {
  const service = await stage.start({ env: { ...SMALL, QUEUE_SECONDS_MAX: "10" } });
  const { cookie } = await signUp(service, newPerson());
  const taps = await whileNobodyLeaves(async () => {
    const taps = crowd(service, 6);
    expect((await get(service, "/me", cookie)).status).toBe(200);
    return { taps };
  });
  await Promise.all(taps.taps);
});

test("who hangs up while being registered keeps the turn until the work is done", async () => {
  const service = await stage.start({ env: { ...SMALL, QUEUE_MAX: "0" } });
  const gone = new AbortController();
  await whileNobodyLeaves(async () => {
    const init = { method: "POST", signal: gone.signal };
    const leaving = [0, 1].map(() =>
      fetch(`${service.url}/signups`, {
        ...init,
        headers: freshHeaders(),
        body: JSON.stringify(newPerson()),
      }),
    );
    await expect.poll(() => textOfMetrics(service), PATIENCE).toContain("batch_rows_sum 2");
    gone.abort();
    for (const one of leaving) await expect(one).rejects.toThrow(/abort/);
    await expect
      .poll(() => textOfMetrics(service), PATIENCE)
      .toContain('request_seconds_count{route="/signups",status="none"} 2');
    expect((await signUp(service, newPerson())).body["code"]).toBe("waiting");
  });
  await expect.poll(() => textOfMetrics(service), PATIENCE).toMatch(/_working 0/);
  expect((await signUp(service, newPerson())).status).toBe(201);
});

test("closing waits for the registrations of people who have hung up, but for those not begun", async () => {
  // Four batches of one: two on their way in the database, two not begun.
  const service = await stage.start({ env: { BATCH_ROWS_MAX: "1" } });
  const gone = new AbortController();
  const closed = await whileNobodyLeaves(async () => {
    const init = { method: "POST", signal: gone.signal };
    const leaving = [1, 2, 3, 4].map(() =>
      expect(
        fetch(`${service.url}/signups`, {
          ...init,
          headers: freshHeaders(),
          body: JSON.stringify(newPerson()),
        }),
      ).rejects.toThrow(/abort/),
    );
    await expect.poll(() => textOfMetrics(service), PATIENCE).toMatch(/batch_rows_count 2[\s\S]*_working 4/);
    // `working` counts those whose body is still being read, too.
    await new Promise((resolve) => setTimeout(resolve, 100));
    gone.abort();
    await Promise.all(leaving);
    return { done: service.close() };
  });
  await closed.done;
  expect(await stage.sql("select count(*)::int as n from members")).toEqual([{ n: 2 }]);
});

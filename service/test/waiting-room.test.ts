import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, expect, test } from "vitest";
import type { Service } from "../src/service.ts";
import { rankCorrelation } from "./simulated-crowd.ts";
import { createSlowWire, type SlowWire } from "./slow-wire.ts";
import { createStage, get, metricsOf, newPerson, type Reply, signUp } from "./stage.ts";

const stage = createStage();
const wires: SlowWire[] = [];
afterEach(async () => {
  // Whatever is still on the wire must not be waited for.
  for (const wire of wires) wire.bytesPerSecond = Number.POSITIVE_INFINITY;
});
afterAll(async () => {
  for (const wire of wires) await wire.close();
});

/** No turn for anybody while the table is locked. */
const SMALL = { WORKING_MAX: "1", QUEUE_MAX: "0" };

/** A ticket for this key, got while somebody else has the only turn. */
async function withTicket(
  service: Service,
  work: (ticket: string, told: Reply) => Promise<void>,
  key: string,
): Promise<void> {
  await stage.sql("begin");
  await stage.sql("lock table members in exclusive mode");
  const inside = signUp(service, newPerson());
  await expect.poll(() => metricsOf(service), { timeout: 10_000 }).toContain("signups_working 1");
  const told = await signUp(service, newPerson(), key);
  try {
    expect(told.body["code"]).toBe("waiting");
    await work(String(told.body["ticket"]), told);
  } finally {
    await stage.sql("commit").catch(() => {});
    await inside;
  }
}

const pauseOf = ({ body }: Reply) => sleep(Number(body["comeBackInSeconds"]) * 1_000 + 5);

test("a ticket opens the door at its time, on any worker, and its number stands in the member's row", async () => {
  const [one, other] = [await stage.start({ env: SMALL }), await stage.start({ env: SMALL })];
  const key = randomUUID();
  let ticket = "";
  await withTicket(
    one,
    async (text, told) => {
      ticket = text;
      await pauseOf(told);
    },
    key,
  );
  const reply = await signUp(other, newPerson(), key, ticket);
  expect(reply.status).toBe(201);
  expect(await stage.sql("select count(ticket_number)::int as n from members")).toEqual([{ n: 1 }]);
  expect(await metricsOf(other)).toContain('tickets_total{event="let-in"} 1');
});

test("a ticket shown early is answered with the same ticket and appointment, also where there is room", async () => {
  const service = await stage.start({ env: SMALL });
  const key = randomUUID();
  let told: Reply | undefined;
  await withTicket(
    service,
    async (_ticket, reply) => {
      told = reply;
    },
    key,
  );
  const early = await signUp(service, newPerson(), key, String(told?.body["ticket"]));
  expect(early.status).toBe(503);
  expect(early.body).toMatchObject({
    ticket: told?.body["ticket"],
    comeBackAt: told?.body["comeBackAt"],
  });
  expect(Number(early.body["comeBackInSeconds"])).toBeLessThan(Number(told?.body["comeBackInSeconds"]));
});

test("under another key, altered, or made up, a ticket is none", async () => {
  const service = await stage.start({ env: SMALL });
  const key = randomUUID();
  await withTicket(
    service,
    async (ticket, told) => {
      await pauseOf(told);
      const altered = ticket.slice(0, 40) + (ticket[40] === "A" ? "B" : "A") + ticket.slice(41);
      for (const [otherKey, text] of [
        [randomUUID(), ticket],
        [key, altered],
        [key, "x"],
        [key, ""],
      ] as const) {
        const reply = await signUp(service, newPerson(), otherKey, text);
        expect(reply.body["code"]).toBe("waiting");
        expect(reply.body["ticket"]).not.toBe(ticket);
      }
    },
    key,
  );
  expect(await metricsOf(service)).toContain('tickets_total{event="invalid"} 4');
});

test("a used ticket gives the same member again under its key and body, and nobody else", async () => {
  const service = await stage.start({ env: SMALL });
  const key = randomUUID();
  let ticket = "";
  await withTicket(
    service,
    async (text, told) => {
      ticket = text;
      await pauseOf(told);
    },
    key,
  );
  const person = newPerson();
  const first = await signUp(service, person, key, ticket);
  const again = await signUp(service, person, key, ticket);
  expect([first.status, again.status, again.body]).toEqual([201, 201, first.body]);
  const other = await signUp(service, newPerson(), key, ticket);
  expect(other.body["code"]).toBe("key-reused");
  const stolen = await signUp(service, newPerson(), randomUUID(), ticket);
  expect(stolen.status).toBe(201);
  expect(await stage.sql("select count(ticket_number)::int as n from members")).toEqual([{ n: 1 }]);
});

test("the database itself refuses a ticket's number to a second member", async () => {
  const service = await stage.start();
  const people = [await signUp(service, newPerson()), await signUp(service, newPerson())];
  const numbers = people.map(({ body }) => body["number"]);
  const use = "update members set ticket_number = '\\x000102030405060708090a0b0c0d0e0f' where number = $1";
  await stage.sql(use, [numbers[0]]);
  await expect(stage.sql(use, [numbers[1]])).rejects.toThrow(/members_ticket_number_key/);
});

test("without an idempotency key nothing is looked at", async () => {
  const service = await stage.start();
  const response = await fetch(`${service.url}/signups`, { method: "POST", body: "{" });
  expect([response.status, await response.json()]).toMatchObject([422, { code: "key-missing" }]);
});

test("a ticket is honoured by the service that is started after the one that gave it", async () => {
  const before = await stage.start({ env: SMALL });
  const key = randomUUID();
  let told: Reply | undefined;
  await withTicket(
    before,
    async (_ticket, reply) => {
      told = reply;
    },
    key,
  );
  await before.close();
  const after = await stage.start({ env: SMALL });
  await pauseOf(told as Reply);
  expect((await signUp(after, newPerson(), key, String(told?.body["ticket"]))).status).toBe(201);
});

test("with a database that is slow, a crowd waits in order, comes back on time, and nobody is lost", {
  timeout: 60_000,
}, async () => {
  const wire = await createSlowWire(stage.url);
  wires.push(wire);
  const service = await stage.start({ databaseUrl: wire.url });
  const member = await signUp(service, newPerson());
  // About 40 signups a second.
  wire.bytesPerSecond = 40_000;
  const waited: { ticketedMs: number; toldMs: number; letInMs: number; comeBacks: number }[] = [];
  const reads: number[] = [];
  const startMs = performance.now();

  async function come(): Promise<void> {
    const person = newPerson();
    const key = randomUUID();
    const told = { ticketedMs: 0, toldMs: 0, letInMs: 0, comeBacks: -1 };
    let reply = await signUp(service, person, key);
    while (reply.status === 503) {
      expect(reply.body["code"]).toBe("waiting");
      const comeBackMs = performance.now() + Number(reply.body["comeBackInSeconds"]) * 1_000;
      told.comeBacks += 1;
      told.ticketedMs ||= performance.now();
      told.toldMs ||= comeBackMs;
      await pauseOf(reply);
      reply = await signUp(service, person, key, String(reply.body["ticket"]));
    }
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject(person);
    told.letInMs = performance.now();
    if (told.ticketedMs > 0) waited.push(told);
  }

  async function read(): Promise<void> {
    const readMs = performance.now();
    expect((await get(service, "/me", member.cookie)).status).toBe(200);
    reads.push(performance.now() - readMs);
  }

  const crowd: Promise<void>[] = [];
  for (let round = 0; round < 40; round += 1) {
    for (let count = 0; count < 10; count += 1) crowd.push(come());
    if (round % 10 === 0) crowd.push(read());
    await sleep(50);
  }
  await Promise.all(crowd);
  const seconds = (performance.now() - startMs) / 1_000;
  expect(waited.length).toBeGreaterThan(200);
  expect(await stage.sql("select count(*)::int as n from members")).toEqual([{ n: 401 }]);
  const inOrder = [...waited].sort((one, two) => one.ticketedMs - two.ticketedMs);
  expect(rankCorrelation(inOrder.map((one) => [one.ticketedMs, one.letInMs]))).toBeGreaterThan(0.95);
  process.stdout.write(
    `${waited.length} waited, ${waited.filter((one) => one.comeBacks > 0).length} told again, all done in ${seconds.toFixed(1)} s, slowest read ${Math.max(...reads).toFixed(0)} ms\n`,
  );
});

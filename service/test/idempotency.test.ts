import { expect, test } from "vitest";
import { createStage, get, newPerson, type Reply, signUp } from "./stage.ts";

const stage = createStage();

test("the same key and body give the same member and a session of their own each time", async () => {
  const service = await stage.start();
  const person = newPerson();
  const [first, second] = [await signUp(service, person, "key-1"), await signUp(service, person, "key-1")];
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.body).toEqual(first.body);
  expect(second.cookie).not.toBe(first.cookie);
  for (const { cookie } of [first, second])
    expect((await get(service, "/me", cookie)).body).toEqual(first.body);
  await expectOneMember();
});

test("another body under a used key is rejected, whoever sends it", async () => {
  const service = await stage.start();
  const person = newPerson();
  await signUp(service, person, "key-2");
  for (const other of [newPerson(), { ...person, phone: "03-0000-0000" }]) {
    const reply = await signUp(service, other, "key-2");
    expect({ status: reply.status, code: reply.body["code"], cookie: reply.cookie }).toEqual({
      status: 422,
      code: "key-reused",
      cookie: undefined,
    });
  }
  await expectOneMember();
});

test("the same data in another order of fields is the same body", async () => {
  const service = await stage.start();
  const person = newPerson();
  const first = await signUp(service, person, "key-3");
  const reordered = await signUp(service, Object.fromEntries(Object.entries(person).reverse()), "key-3");
  expect(reordered.body).toEqual(first.body);
});

test("a double tap at one instant makes one member and answers both taps with it", async () => {
  const service = await stage.start();
  const person = newPerson();
  expectSameMember(await Promise.all(Array.from({ length: 8 }, () => signUp(service, person, "key-4"))));
  await expectOneMember();
});

test("a double tap across two services on one database makes one member", async () => {
  const services = [await stage.start(), await stage.start()];
  for (let round = 0; round < 20; round += 1) {
    const person = newPerson();
    expectSameMember(await Promise.all(services.map((service) => signUp(service, person, `round-${round}`))));
  }
  expect(await stage.sql("select count(*)::int as n from members")).toEqual([{ n: 20 }]);
});

test("crowds with crossed keys and addresses on two services end in answers, not in deadlocks", async () => {
  // On a machine that is too busy the door would tell some to wait, which says nothing of locks.
  const env = { QUEUE_SECONDS_MAX: "30" };
  const services = [await stage.start({ env }), await stage.start({ env })];
  for (let round = 0; round < 5; round += 1) {
    const people = Array.from({ length: 30 }, () => newPerson());
    const keys = people.map((_, at) => `crossed-${round}-${at}`);
    const taps = services.flatMap((service, side) =>
      people.map((person, at) => signUp(service, person, side === 0 ? keys[at] : keys[keys.length - 1 - at])),
    );
    for (const reply of await Promise.all(taps)) expect([201, 409, 422]).toContain(reply.status);
  }
  expect(await stage.sql("select email_key from members group by 1 having count(*) > 1")).toEqual([]);
});

test("a retry while the first attempt is in flight waits, and then gets the same member", async () => {
  const services = [await stage.start(), await stage.start()];
  const person = newPerson();
  // Both attempts reach the database and wait there for a lock that somebody else holds.
  await stage.sql("begin");
  await stage.sql("lock table members in exclusive mode");
  const taps = services.map((service) => signUp(service, person, "key-5"));
  const early = await Promise.race([
    ...taps,
    new Promise((resolve) => setTimeout(resolve, 150, "still in flight")),
  ]);
  expect(early).toBe("still in flight");
  await stage.sql("commit");
  expectSameMember(await Promise.all(taps));
  await expectOneMember();
});

test("a key that is empty or endless is rejected", async () => {
  const service = await stage.start();
  for (const key of ["", "k".repeat(201)])
    expect((await signUp(service, newPerson(), key)).body["code"], key).toBe("invalid-input");
});

function expectSameMember(replies: readonly Reply[]): void {
  expect(replies.map((reply) => reply.status)).toEqual(replies.map(() => 201));
  expect(new Set(replies.map((reply) => JSON.stringify(reply.body))).size).toBe(1);
  expect(new Set(replies.map((reply) => reply.cookie)).size).toBe(replies.length);
}

async function expectOneMember(): Promise<void> {
  expect(await stage.sql("select count(*)::int as n from members")).toEqual([{ n: 1 }]);
}

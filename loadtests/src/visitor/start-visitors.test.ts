import { expect, test } from "vitest";
import { handmadePlan, handmadeTarget, readOwnStep } from "../../test/conformance.ts";
import { nodePrimitives } from "../engine/embedded/node-primitives.ts";
import type { EnginePort, OutgoingRequest, RawAnswer } from "../engine/port.ts";
import type { Event } from "../events/event.ts";
import { createEngineContext } from "./create-engine-context.ts";
import { startVisitors } from "./start-visitors.ts";

/** A port whose clock moves only when everybody sleeps, and whose answers take a set time. */
function createVirtualPort(options: { answerSeconds: number; stopAtMicroseconds?: number }) {
  const { answerSeconds, stopAtMicroseconds = Infinity } = options;
  let now = -1_000_000;
  const sleepers: { at: number; wake: () => void }[] = [];
  const events: Event[] = [];
  const requests: OutgoingRequest[] = [];
  const sleepUntil = (at: number) => new Promise<void>((wake) => sleepers.push({ at, wake }));
  const port: EnginePort = {
    nowMicroseconds: () => now,
    sleepUntil,
    isStopped: () => now >= stopAtMicroseconds,
    async send(request): Promise<RawAnswer> {
      requests.push(request);
      const startedMicroseconds = now;
      await sleepUntil(now + answerSeconds * 1e6);
      const times = {
        startedMicroseconds,
        sentMicroseconds: now,
        firstByteMicroseconds: now,
        endedMicroseconds: now,
      };
      return { kind: "answered", status: 201, headers: {}, cookies: [], body: "{}", bodyBytes: 2, times };
    },
    write: (event) => void events.push(event),
    primitives: nodePrimitives,
  };
  const run = async (done: Promise<void>) => {
    let isDone = false;
    const end = () => {
      isDone = true;
    };
    done.then(end, end);
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = sleepers.sort((one, other) => one.at - other.at).shift();
      if (next === undefined) continue;
      now = Math.max(now, next.at);
      next.wake();
    }
    await done;
  };
  return { port, events, requests, run };
}

function planOf(dueSeconds: number[]) {
  const target = handmadeTarget("http://127.0.0.1:1", [readOwnStep("/me")]);
  target.readBack.http = false;
  return handmadePlan({
    target,
    visitors: dueSeconds.map((due) => ({ behaviour: "plain", dueSeconds: due })),
  });
}

test("starts everybody when due, however long the answers of others take", async () => {
  const plan = planOf([0, 0.1, 0.1, 0.1, 0.25, 2, 60]);
  const { port, events, run } = createVirtualPort({ answerSeconds: 30 });
  await run(startVisitors(createEngineContext({ plan, port, secrets: {} }), [0, 1, 2, 3, 4, 5, 6]));
  const started = events.filter((event) => event.type === "arrival");
  expect(started.map(({ visitor, startedMicroseconds }) => [visitor, startedMicroseconds])).toEqual(
    plan.arrivals.dueMicroseconds.map((due, visitor) => [visitor, due]),
  );
  expect(events.filter((event) => event.type === "done")).toHaveLength(7);
});

test("starts nobody else once it is stopped, and ends who is under way as cut short", async () => {
  const plan = planOf([0, 1, 5]);
  const { port, events, run } = createVirtualPort({ answerSeconds: 2, stopAtMicroseconds: 2_500_000 });
  await run(startVisitors(createEngineContext({ plan, port, secrets: {} }), [0, 1, 2]));
  expect(events.filter((event) => event.type === "arrival").map(({ visitor }) => visitor)).toEqual([0, 1]);
  const dones = events.filter((event) => event.type === "done");
  expect(dones.map(({ visitor, ending, requests }) => [visitor, ending, requests]).sort()).toEqual([
    [0, "cut-short", 2],
    [1, "cut-short", 1],
  ]);
});

test("starts only the visitors it was given", async () => {
  const plan = planOf([0, 0, 0, 0]);
  const { port, events, run } = createVirtualPort({ answerSeconds: 0 });
  await run(startVisitors(createEngineContext({ plan, port, secrets: {} }), [1, 3]));
  const visitors = events.filter((event) => event.type === "arrival").map(({ visitor }) => visitor);
  expect(visitors).toEqual([1, 3]);
});

test("counts the intended time of a step from when it was meant, not from when it came", async () => {
  const plan = planOf([0]);
  plan.thinkTimes.betweenSteps = { kind: "constant", seconds: 3 };
  const { port, events, run } = createVirtualPort({ answerSeconds: 0.5 });
  await run(startVisitors(createEngineContext({ plan, port, secrets: {} }), [0]));
  const requests = events.filter((event) => event.type === "request" && event.control === null);
  expect(requests.map((event) => "intendedMicroseconds" in event && event.intendedMicroseconds)).toEqual([
    0, 3_500_000,
  ]);
});

test("rejects for a bug at once, and does not wait for those who sleep", async () => {
  const plan = planOf([0, 0.1]);
  const { port, run } = createVirtualPort({ answerSeconds: 0 });
  const broken: EnginePort = {
    ...port,
    write: () => {
      throw new Error("a bug");
    },
  };
  const context = createEngineContext({ plan, port: broken, secrets: {} });
  await expect(run(startVisitors(context, [0, 1]))).rejects.toThrow("a bug");
});

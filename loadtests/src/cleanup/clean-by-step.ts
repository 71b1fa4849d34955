import { counted } from "../counted.ts";
import { nodePrimitives } from "../engine/embedded/node-primitives.ts";
import { createRunClock } from "../engine/embedded/run-clock.ts";
import { createSender } from "../engine/embedded/sender.ts";
import type { EnginePort } from "../engine/port.ts";
import { createEngineContext } from "../visitor/create-engine-context.ts";
import type { EngineContext } from "../visitor/engine-context.ts";
import { sendStep } from "../visitor/send-step.ts";
import { ordinary } from "../visitor/visit.ts";
import { EMPTY_MEMORY } from "../visitor/visitor-memory.ts";
import type { CleanUp, CleanUpOptions } from "./clean-up.ts";

/** Nobody is in a hurry, and the target may have others to serve. */
const SENDING_MAX = 4;

/** The step once for each person of the plan, as an operator would send it: no session, the secrets of the target file. */
export async function cleanByStep(
  name: string,
  { plan, secrets, isMeant }: CleanUpOptions,
): Promise<CleanUp> {
  const people = plan.arrivals.dueMicroseconds.length;
  if (!isMeant) {
    const remarks = [`The step ${name} would be sent for each of the ${people} people of the plan.`];
    return { by: "step", found: null, removed: null, left: null, remarks };
  }
  const clock = createRunClock(0);
  const sender = createSender(plan.target, clock.nowMicroseconds);
  const port: EnginePort = {
    nowMicroseconds: clock.nowMicroseconds,
    sleepUntil: clock.sleepUntil,
    isStopped: () => false,
    send: sender.send,
    write: () => {},
    primitives: nodePrimitives,
  };
  const context = createEngineContext({ plan, port, secrets, hasControls: false });
  const counts = new Map<string, number>();
  let next = 0;
  const sendNext = async () => {
    while (next < people) {
      const answered = await sendFor(context, next++, name);
      counts.set(answered, (counts.get(answered) ?? 0) + 1);
    }
  };
  try {
    await Promise.all(Array.from({ length: SENDING_MAX }, sendNext));
  } finally {
    sender.abortAll();
    await sender.close();
    clock.stop();
  }
  const { served = 0, absent = 0, ...others } = Object.fromEntries(counts);
  const remarks = Object.entries(others).map(
    ([answered, count]) => `${counted(count, "{answer was|answers were}")} ${answered}.`,
  );
  return { by: "step", found: people - absent, removed: served, left: people - served - absent, remarks };
}

async function sendFor(context: EngineContext, visitor: number, name: string): Promise<string> {
  const step = context.plan.target.steps.find((other) => other.name === name);
  if (step === undefined) throw new Error(`the plan has no step ${name}`);
  const { event } = await sendStep(context, {
    visitor,
    person: context.personOf(visitor),
    request: 1,
    sending: ordinary(step),
    memory: EMPTY_MEMORY,
    intendedMicroseconds: 0,
  });
  return event.class;
}

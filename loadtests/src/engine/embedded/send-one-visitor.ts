import type { Event } from "../../events/event.ts";
import type { Plan } from "../../plan/plan.ts";
import { createEngineContext } from "../../visitor/create-engine-context.ts";
import type { EngineContext, SeenAnswer } from "../../visitor/engine-context.ts";
import { startVisitors } from "../../visitor/start-visitors.ts";
import type { EnginePort } from "../port.ts";
import { nodePrimitives } from "./node-primitives.ts";
import { createRunClock } from "./run-clock.ts";
import { createSender } from "./sender.ts";

/** Sends a plan of very few visitors from this thread, writes nothing, and returns every answer with what was captured. */
export async function sendOneVisitor(
  plan: Plan,
  secrets: Record<string, string>,
): Promise<{ seen: SeenAnswer[]; events: Event[] }> {
  const clock = createRunClock();
  const sender = createSender(plan.target, clock.nowMicroseconds);
  const seen: SeenAnswer[] = [];
  const events: Event[] = [];
  const port: EnginePort = {
    nowMicroseconds: clock.nowMicroseconds,
    sleepUntil: clock.sleepUntil,
    isStopped: () => false,
    send: sender.send,
    write: (event) => events.push(event),
    primitives: nodePrimitives,
  };
  const context: EngineContext = {
    ...createEngineContext({ plan, port, secrets, hasControls: false }),
    controls: { see: (answer) => seen.push(answer), finish: () => Promise.resolve() },
  };
  try {
    await startVisitors(
      context,
      plan.arrivals.dueMicroseconds.map((_due, visitor) => visitor),
    );
  } finally {
    sender.abortAll();
    await sender.close();
    clock.stop();
  }
  return { seen, events };
}

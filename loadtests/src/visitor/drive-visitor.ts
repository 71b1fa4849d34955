import type { DoneEvent, Ending } from "../events/event.ts";
import type { Person } from "../people/field.ts";
import { BEHAVIOURS, type Behaviour } from "../plan/plan.ts";
import type { EngineContext, StepResult } from "./engine-context.ts";
import { sendStep } from "./send-step.ts";
import { type Answer, type Move, type Sending, visit } from "./visit.ts";
import {
  EMPTY_MEMORY,
  namesCaptured,
  remember,
  type VisitorMemory,
  withForgedSession,
  withoutSession,
  withPartner,
} from "./visitor-memory.ts";

/** A visitor who can be started without further work: what takes time is done before the visitor is due. */
export interface ReadyVisitor {
  visitor: number;
  behaviour: Behaviour;
  burst: number;
  dueMicroseconds: number;
  person: Person;
  random: () => number;
  moves: Generator<Move, Ending, Answer[]>;
  kept: VisitorMemory;
  shelved: VisitorMemory;
  requests: number;
  memberSinceMicroseconds: number | null;
}

export function prepareVisitor(context: EngineContext, visitor: number): ReadyVisitor {
  const { plan, steps } = context;
  const behaviour = BEHAVIOURS[plan.arrivals.behaviour[visitor] ?? 0] ?? "plain";
  const random = context.randomOf(visitor);
  const hasPartnerFor: Parameters<typeof visit>[0]["hasPartnerFor"] = (step) => {
    const partner = context.board.partnerOf(visitor);
    return partner !== null && namesCaptured(step, partner, context.sessionPlaces);
  };
  return {
    visitor,
    behaviour,
    burst: plan.arrivals.burst[visitor] ?? 0,
    dueMicroseconds: plan.arrivals.dueMicroseconds[visitor] ?? 0,
    person: context.personOf(visitor),
    random,
    moves: visit({ plan, behaviour, visitor, steps, random, hasPartnerFor }),
    kept: EMPTY_MEMORY,
    shelved: EMPTY_MEMORY,
    requests: 0,
    memberSinceMicroseconds: null,
  };
}

/** One visitor from arrival to done, written as events. Rejects only for a bug of ours. */
export async function driveVisitor(context: EngineContext, ready: ReadyVisitor): Promise<void> {
  const { port, plan } = context;
  const { visitor } = ready;
  port.write({
    type: "arrival",
    run: plan.runId,
    control: null,
    visitor,
    behaviour: ready.behaviour,
    burst: ready.burst,
    dueMicroseconds: ready.dueMicroseconds,
    startedMicroseconds: port.nowMicroseconds(),
  });
  const ending = await makeMoves(context, ready);
  const done: DoneEvent = {
    type: "done",
    run: plan.runId,
    control: null,
    visitor,
    requests: ready.requests,
    ending,
    memberSinceMicroseconds: ready.memberSinceMicroseconds,
    endedMicroseconds: port.nowMicroseconds(),
  };
  port.write(done);
}

/** Latency counts from when a move was meant, never from when we got round to it: pauses add up, lateness does not. */
async function makeMoves(context: EngineContext, ready: ReadyVisitor): Promise<Ending> {
  const { port } = context;
  let intendedMicroseconds = ready.dueMicroseconds;
  let answers: Answer[] = [];
  while (!port.isStopped()) {
    const next = ready.moves.next(answers);
    if (next.done) return next.value;
    const move = next.value;
    if (move.kind === "send") {
      const { sendings } = move;
      // Promises are dear in k6's engine, and nearly always there is one to wait for.
      answers =
        sendings.length === 1
          ? [await sendOne(context, ready, sendings[0]!, intendedMicroseconds)]
          : await Promise.all(
              // All are handed to the engine before any is waited for: the same instant.
              sendings.map((sending) => sendOne(context, ready, sending, intendedMicroseconds)),
            );
      intendedMicroseconds = 0;
      for (let at = 0; at < answers.length; at++) {
        intendedMicroseconds = Math.max(intendedMicroseconds, answers[at]!.endedMicroseconds);
      }
    } else {
      intendedMicroseconds =
        move.kind === "pause"
          ? intendedMicroseconds + Math.round(move.seconds * 1e6)
          : Math.max(intendedMicroseconds, move.microseconds);
      await port.sleepUntil(intendedMicroseconds);
    }
  }
  return "cut-short";
}

async function sendOne(
  context: EngineContext,
  ready: ReadyVisitor,
  sending: Sending,
  intendedMicroseconds: number,
): Promise<Answer> {
  const result = await sendStep(context, {
    visitor: ready.visitor,
    person: ready.person,
    request: ++ready.requests,
    sending,
    memory: memoryFor(context, ready, sending),
    intendedMicroseconds,
  });
  take(context, ready, sending, result);
  return result.event;
}

function memoryFor(context: EngineContext, ready: ReadyVisitor, sending: Sending): VisitorMemory {
  const memory = sending.uses === "kept" ? ready.kept : ready.shelved;
  switch (sending.session) {
    case "own":
      return memory;
    case "none":
      return withoutSession(memory, context.sessionPlaces);
    case "forged":
      return withForgedSession(memory, context.sessionPlaces, ready.random);
    case "other":
      return withPartner(memory, context.sessionPlaces, context.board.partnerOf(ready.visitor) ?? {});
  }
}

function take(context: EngineContext, ready: ReadyVisitor, sending: Sending, result: StepResult): void {
  const { event, given } = result;
  context.port.write(event);
  if (sending.keeps === "kept") {
    ready.kept = remember(ready.kept, given);
    if (event.class === "acknowledged") {
      ready.memberSinceMicroseconds ??= event.endedMicroseconds;
      context.board.post(ready.visitor, ready.kept.captured);
    }
  }
  if (sending.keeps === "shelved") ready.shelved = remember(ready.kept, given);
  context.controls.see({ visitor: ready.visitor, person: ready.person, sending, result });
}

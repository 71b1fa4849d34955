import type { ControlName, RequestEvent } from "../events/event.ts";
import { type Plan, VISITORS_MAX } from "../plan/plan.ts";
import type { Controls, EngineContext, SeenAnswer } from "./engine-context.ts";
import { readFor, sendStep } from "./send-step.ts";
import { ordinary, type Sending } from "./visit.ts";
import { EMPTY_MEMORY, remember } from "./visitor-memory.ts";

/** No plan can have this visitor: it is the last number a canary holds. */
const NOBODY = VISITORS_MAX - 1;

export function createControls(context: () => EngineContext, isOn: boolean): Controls {
  let withOwnData: SeenAnswer | null = null;
  let acknowledged: SeenAnswer | null = null;
  let isSwapped = false;
  let isDuplicated = false;
  const sent: Promise<void>[] = [];
  return {
    see(seen) {
      if (!isOn || (isSwapped && isDuplicated) || seen.sending.session !== "own") return;
      const { event } = seen.result;
      if (!isSwapped && event.own.length > 0) {
        if (withOwnData === null) withOwnData = seen;
        else isSwapped = swapAnswer(context(), withOwnData, seen);
      }
      if (!isDuplicated && event.class === "acknowledged") {
        if (acknowledged === null) {
          acknowledged = seen;
          sent.push(loseAcknowledgement(context(), seen));
        } else isDuplicated = duplicateId(context(), acknowledged, seen);
      }
    },
    async finish() {
      await Promise.all(sent);
    },
  };
}

function swapAnswer(context: EngineContext, one: SeenAnswer, other: SeenAnswer): boolean {
  if (isOneGroup(context.plan, one, other)) return false;
  writeAs(context, one, other, "swapped-answer");
  return true;
}

function duplicateId(context: EngineContext, one: SeenAnswer, other: SeenAnswer): boolean {
  if (isOneGroup(context.plan, one, other)) return false;
  writeAs(context, one, one, "duplicate-id");
  writeAs(context, one, other, "duplicate-id");
  return true;
}

/** Who shares an address or a key may rightly share an answer. */
function isOneGroup({ arrivals }: Plan, one: SeenAnswer, other: SeenAnswer): boolean {
  const groupOf = ({ visitor }: SeenAnswer) => arrivals.group[visitor] ?? visitor;
  return groupOf(one) === groupOf(other);
}

/** The answer of one, read and written as the other's. */
function writeAs(
  context: EngineContext,
  answer: SeenAnswer,
  reader: Pick<SeenAnswer, "visitor" | "person">,
  control: ControlName,
): void {
  const { facts } = readFor(context, { person: reader.person, sending: answer.sending }, answer.result.raw);
  const event: RequestEvent = { ...answer.result.event, ...facts, visitor: reader.visitor, control };
  context.port.write(event);
}

/** Somebody is told to be a member who was never registered; in the read-back phase they are not found. */
async function loseAcknowledgement(context: EngineContext, seen: SeenAnswer): Promise<void> {
  const { plan, port, steps } = context;
  const nobody = { visitor: NOBODY, person: context.personOf(NOBODY) };
  writeAs(context, seen, nobody, "lost-acknowledgement");
  const step = steps["read-own"][0];
  if (step === undefined) return;
  const intendedMicroseconds = Math.round((plan.durationSeconds + plan.drainSeconds) * 1e6);
  await port.sleepUntil(intendedMicroseconds);
  if (port.isStopped()) return;
  const sending: Sending = { ...ordinary(step), purpose: "read-back", phase: "read-back", session: "none" };
  const memory = remember(EMPTY_MEMORY, { cookies: [], captured: memberIdOf(seen) });
  const request = seen.result.event.request + 1;
  const { event } = await sendStep(context, { ...nobody, request, sending, memory, intendedMicroseconds });
  port.write({ ...event, control: "lost-acknowledgement" });
}

function memberIdOf({ result }: SeenAnswer): Record<string, string> {
  const { memberId } = result.given.captured;
  return memberId === undefined ? {} : { memberId };
}

import { readAnswer } from "../answer/read-answer.ts";
import type { OutgoingRequest, RawAnswer } from "../engine/port.ts";
import type { RequestEvent } from "../events/event.ts";
import type { Person } from "../people/field.ts";
import type { Step } from "../target/target.ts";
import {
  fillBody,
  fillHeader,
  placeholdersOf,
  stepUrl,
  type TemplateScope,
  templatesOf,
} from "../target/template.ts";
import { alteredPerson } from "./altered-person.ts";
import type { EngineContext, StepRequest, StepResult } from "./engine-context.ts";
import { follow } from "./follow-redirects.ts";
import type { Sending } from "./visit.ts";

/** Sends one step, follows its redirects, reads the answer. Never throws for what the network does. */
export async function sendStep(context: EngineContext, asked: StepRequest): Promise<StepResult> {
  const { sending } = asked;
  const scope = scopeOf(context, asked);
  const request = firstRequest(context, asked, scope);
  const exchange = await follow(context, asked, request);
  const { facts, captured } = readFor(context, asked, exchange.raw);
  const { times } = exchange.raw;
  // The facts become the event, field by field: a copy of a score of fields costs k6's engine 10 µs, and what Object.assign
  // has added so many fields to is a dictionary to V8, which takes a quarter longer to write.
  const event = facts as RequestEvent;
  event.type = "request";
  event.run = context.plan.runId;
  event.control = null;
  event.visitor = asked.visitor;
  event.request = asked.request;
  event.step = sending.step.name;
  event.role = sending.step.role;
  event.phase = sending.phase;
  event.purpose = sending.purpose;
  event.session = sending.session;
  event.method = sending.step.method;
  event.path = sending.step.path;
  event.intendedMicroseconds = asked.intendedMicroseconds;
  event.startedMicroseconds = times.startedMicroseconds;
  event.sentMicroseconds = times.sentMicroseconds;
  event.firstByteMicroseconds = times.firstByteMicroseconds;
  event.endedMicroseconds = times.endedMicroseconds;
  event.keyHash = outlineOf(context, sending.step).isKeySent ? hashed(context, scope.key) : null;
  event.requestBodyHash = request.body === null ? null : hashed(context, request.body);
  const named = facts.memberId === null ? captured : { memberId: facts.memberId, ...captured };
  return { event, raw: exchange.raw, given: { cookies: exchange.cookies, captured: named } };
}

/** What this answer says when this person reads it: the one way from an answer to facts, for the controls as well. */
export function readFor(
  context: EngineContext,
  { person, sending }: { person: Person; sending: Pick<Sending, "step"> },
  raw: RawAnswer,
): ReturnType<typeof readAnswer> {
  return readAnswer(
    {
      target: context.plan.target,
      step: sending.step,
      person,
      codec: context.codec,
      primitives: context.port.primitives,
    },
    raw,
  );
}

function scopeOf(context: EngineContext, { person, sending, memory }: StepRequest): TemplateScope {
  const sent = sending.input === "own" ? person : alteredPerson(person, sending.input);
  return { person: sent, captured: memory.captured, key: sent.key, secrets: context.secrets };
}

function firstRequest(context: EngineContext, asked: StepRequest, scope: TemplateScope): OutgoingRequest {
  const { target, limits } = context.plan;
  const { step, abandonAfterSeconds } = asked.sending;
  const body = step.body === undefined ? null : fillBody(step.body, scope);
  return {
    method: step.method,
    url: stepUrl(target, step, scope),
    headers: headersOf(context, asked, scope, body?.contentType ?? null),
    body: body?.text ?? null,
    timeoutSeconds: step.timeoutSeconds,
    abandonAfterSeconds,
    answerBytesMax: limits.answerBytesMax,
  };
}

function headersOf(
  context: EngineContext,
  { person, sending }: StepRequest,
  scope: TemplateScope,
  contentType: string | null,
): Record<string, string> {
  const { target, runId } = context.plan;
  const { templates, hasKeyHeader } = outlineOf(context, sending.step);
  const headers: Record<string, string> = {
    "user-agent": "crowdproof",
    "accept-encoding": "gzip, deflate, br",
  };
  if (contentType !== null) headers["content-type"] = contentType;
  for (let at = 0; at < templates.length; at++) {
    headers[templates[at]!.name] = fillHeader(templates[at]!.template, scope);
  }
  if (target.clientIpHeader !== undefined) headers[target.clientIpHeader.toLowerCase()] = person.ipAddress;
  if (hasKeyHeader) headers[target.idempotencyHeader!.toLowerCase()] = scope.key;
  headers["x-crowdproof-run"] = runId;
  return headers;
}

/** What is the same each time a step is sent: found out once. */
interface StepOutline {
  templates: { name: string; template: string }[];
  hasKeyHeader: boolean;
  isKeySent: boolean;
}

const outlines = new WeakMap<EngineContext, Map<Step, StepOutline>>();

function outlineOf(context: EngineContext, step: Step): StepOutline {
  const ofContext = outlines.get(context) ?? new Map<Step, StepOutline>();
  const known = ofContext.get(step);
  if (known) return known;
  outlines.set(context, ofContext);
  const outline = outlineStep(context, step);
  ofContext.set(step, outline);
  return outline;
}

function outlineStep({ plan, steps }: EngineContext, step: Step): StepOutline {
  const { headers, idempotencyHeader } = plan.target;
  // Only signups create something, and only the last sign-up step does.
  const hasKeyHeader = idempotencyHeader !== undefined && step === steps["sign-up"].at(-1);
  const templates = [...Object.entries(headers), ...Object.entries(step.headers)].map(([name, template]) => ({
    name: name.toLowerCase(),
    template,
  }));
  const namesKey = templatesOf(step).some((template) =>
    placeholdersOf(template).some(({ kind }) => kind === "key"),
  );
  return { templates, hasKeyHeader, isKeySent: hasKeyHeader || namesKey };
}

function hashed(context: EngineContext, text: string): string {
  return context.port.primitives.sha256(text).slice(0, 32);
}

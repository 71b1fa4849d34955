import { nodePrimitives } from "../src/engine/embedded/node-primitives.ts";
import { createCanaryCodec } from "../src/people/canary.ts";
import { createPerson } from "../src/people/person.ts";
import type { Plan } from "../src/plan/plan.ts";
import { fillBody } from "../src/target/template.ts";

/** What the plan's first people send to sign up, made beforehand: a person costs as much as an answer. */
export function signupBodies(plan: Plan, count: number): string[] {
  const { hmacSha256, decodeBase64 } = nodePrimitives;
  const codec = createCanaryCodec({ runId: plan.runId, hmacSha256, decodeBase64 });
  const body = plan.target.steps.find(({ role }) => role === "sign-up")?.body;
  if (body === undefined) throw new Error("the target's sign-up step has no body");
  return Array.from({ length: count }, (_, visitor) => {
    const person = createPerson({ plan, visitor, codec });
    return fillBody(body, { person, captured: {}, key: person.key, secrets: {} }).text;
  });
}

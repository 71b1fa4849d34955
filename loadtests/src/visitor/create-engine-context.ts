import { createRandom } from "../arrivals/random.ts";
import type { EnginePort } from "../engine/port.ts";
import { CANARY_KEY_SECRET, createCanaryCodec } from "../people/canary.ts";
import { createPerson } from "../people/person.ts";
import type { Plan } from "../plan/plan.ts";
import { STEP_ROLES, type StepRole } from "../target/target.ts";
import { createControls } from "./controls.ts";
import type { EngineContext } from "./engine-context.ts";
import { createPartnerBoard } from "./partner-board.ts";
import type { StepsByRole } from "./visit.ts";
import { sessionPlacesOf } from "./visitor-memory.ts";

export interface EngineContextOptions {
  plan: Plan;
  port: EnginePort;
  secrets: Record<string, string>;
  /** False in all k6 VUs but one: the control goes through a run once. */
  hasControls?: boolean;
}

export function createEngineContext(options: EngineContextOptions): EngineContext {
  const { plan, port, secrets, hasControls = true } = options;
  const codec = createCanaryCodec({
    runId: plan.runId,
    key: secrets[CANARY_KEY_SECRET],
    hmacSha256: port.primitives.hmacSha256,
    decodeBase64: port.primitives.decodeBase64,
  });
  const sessionPlaces = sessionPlacesOf(plan.target);
  const context: EngineContext = {
    plan,
    port,
    secrets,
    codec,
    steps: stepsByRole(plan),
    sessionPlaces,
    board: createPartnerBoard(plan),
    controls: createControls(() => context, hasControls),
    personOf: (visitor) => createPerson({ plan, visitor, codec }),
    randomOf: (visitor) => createLazyRandom(plan.seed, `visitor:${visitor}`),
  };
  return context;
}

/** Most visitors draw late or never, and beginning a stream costs 20 µs in k6's engine. */
function createLazyRandom(seed: number, stream: string): () => number {
  let random: (() => number) | null = null;
  return () => {
    random ??= createRandom(seed, stream);
    return random();
  };
}

function stepsByRole(plan: Plan): StepsByRole {
  const entries = STEP_ROLES.map((role) => [role, plan.target.steps.filter((step) => step.role === role)]);
  return Object.fromEntries(entries) as Record<StepRole, Plan["target"]["steps"]>;
}

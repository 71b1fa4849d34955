import type { EnginePort, RawAnswer } from "../engine/port.ts";
import type { RequestEvent } from "../events/event.ts";
import type { CanaryCodec } from "../people/canary.ts";
import type { Person } from "../people/field.ts";
import type { Plan } from "../plan/plan.ts";
import type { PartnerBoard } from "./partner-board.ts";
import type { Sending, StepsByRole } from "./visit.ts";
import type { Given, SessionPlaces, VisitorMemory } from "./visitor-memory.ts";

/** Everything the visitors of one JavaScript process share. Made once, by `createEngineContext`. */
export interface EngineContext {
  plan: Plan;
  port: EnginePort;
  secrets: Record<string, string>;
  codec: CanaryCodec;
  steps: StepsByRole;
  sessionPlaces: SessionPlaces;
  board: PartnerBoard;
  controls: Controls;
  personOf(visitor: number): Person;
  /** A stream of the visitor's own; the same whichever engine, VU or order. */
  randomOf(visitor: number): () => number;
}

/** One request of one visitor, and everything it needs to be sent. */
export interface StepRequest {
  visitor: number;
  person: Person;
  /** 1, 2, 3 … within the visitor. */
  request: number;
  sending: Sending;
  memory: VisitorMemory;
  intendedMicroseconds: number;
}

export interface StepResult {
  event: RequestEvent;
  /** The answer after its redirects, with the cookies of every hop: what `readAnswer` read. */
  raw: RawAnswer;
  given: Given;
}

export interface SeenAnswer {
  visitor: number;
  person: Person;
  sending: Sending;
  result: StepResult;
}

/**
 * The deliberate wrong answers of every run: real answers of the target, read by the real capture as somebody else's.
 * The checks must come out red on them, or their green on the rest says nothing.
 */
export interface Controls {
  see(seen: SeenAnswer): void;
  /** Resolves when what the controls themselves have sent is answered. */
  finish(): Promise<void>;
}

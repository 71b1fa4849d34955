import type { Turn } from "../admission/admission.ts";
import type { Halt } from "../halt/campaign-state.ts";
import { requireOpen } from "../halt/require-open.ts";
import type { Signup } from "../registration/parse-signup.ts";
import type { Membership, RegisterSignup } from "../registration/register-signup.ts";
import { ServiceError } from "../service-error.ts";

export interface TurnParts {
  readonly halt: Pick<Halt, "state">;
  readonly registerSignup: RegisterSignup;
}

/** Who was let in. */
export interface LetIn {
  readonly turn: Turn;
  readonly ticketNumber: string | null;
}

export interface Sender {
  readSignup(): Signup | Promise<Signup>;
  isGone(): boolean;
}

/** Beyond this the person has given up, and would be registered behind their back. */
const WORK_SECONDS_MAX = 8;
/** A database that says no at once says nothing about its pace; one that takes seconds to fail says it all. */
const SLOW_FAILURE_MS = 1_000;

/**
 * Registers them and gives the turn back, with the time from the signup that was read to its commit. The turn lasts as
 * long as the work, not the connection: people who hang up and come back must not add up to more than the door allows.
 */
export async function registerInTurn(
  { halt, registerSignup }: TurnParts,
  { turn, ticketNumber }: LetIn,
  { readSignup, isGone }: Sender,
): Promise<Membership> {
  let tookMs: number | undefined;
  try {
    // Once more: it may have been closed while they queued.
    requireOpen(halt);
    const signup = await readSignup();
    const startedMs = performance.now();
    const untilMs = startedMs + WORK_SECONDS_MAX * 1_000;
    const isStillWanted = () => !isGone() && performance.now() < untilMs;
    try {
      const membership = await registerSignup(signup, { ticketNumber, isStillWanted });
      tookMs = performance.now() - startedMs;
      return membership;
    } catch (error) {
      const failedMs = performance.now() - startedMs;
      if (showsPace(error, failedMs)) tookMs = failedMs;
      throw error;
    }
  } finally {
    turn.leave(tookMs);
  }
}

/** An address that is taken cost as much as a member does; whoever was dropped cost nothing. */
function showsPace(error: unknown, failedMs: number): boolean {
  if (error instanceof ServiceError) return error.code !== "busy";
  return failedMs >= SLOW_FAILURE_MS;
}

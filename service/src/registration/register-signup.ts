import { randomUUIDv7 } from "node:crypto";
import type { TransactionScope } from "../db/database.ts";
import { isBadRow, isDeadlock } from "../db/sql-state.ts";
import type { Keys } from "../keys.ts";
import { createIdentityMac, type IdentityMacOf } from "../member/identity-mac.ts";
import type { Issuer } from "../member/issuer.ts";
import type { MemberNumber } from "../member/member-number.ts";
import type { Profile } from "../member/profile.ts";
import { ServiceError } from "../service-error.ts";
import type { SessionStore } from "../session/session-store.ts";
import { type CreateSessionToken, hashSessionToken } from "../session/session-token.ts";
import { createBatch } from "./batch.ts";
import type { Signup } from "./parse-signup.ts";
import type { Candidate, MemberRepository, RegistrationOutcome } from "./repository.ts";

/** A member and the session that was opened for them. */
export interface Membership {
  readonly profile: Profile;
  readonly token: string;
}

export interface RegistrationParts {
  readonly issuer: Issuer;
  readonly repository: MemberRepository;
  readonly sessions: SessionStore;
  readonly transaction: TransactionScope;
  readonly keys: Keys;
  readonly createSessionToken: CreateSessionToken;
  readonly batchRowsMax: number;
  observeBatch(rows: number): void;
  observeCommit(seconds: number): void;
}

/** How somebody came in. */
export interface Arrival {
  /** Of the ticket that opened the door, hex digits; null for a newcomer. */
  readonly ticketNumber: string | null;
  /** False once they have hung up or given up: then they are left out before it costs a query. */
  isStillWanted(): boolean;
}

/** Resolves once the member is committed; a ServiceError where they cannot become one. */
export type RegisterSignup = (signup: Signup, arrival: Arrival) => Promise<Membership>;

/** One batch is in the database while the next is being built. More would be smaller batches, so more commits. */
export const BATCHES_MAX = 2;
/** A commit alone takes less, on this continent. */
export const SHARE_ABOVE_MS = 100;

interface Attempt extends Candidate {
  readonly token: string;
  isStillWanted(): boolean;
}
/** What binds a number to a person, and a session to both. */
interface Bindings {
  readonly identityMacOf: IdentityMacOf;
  readonly createSessionToken: CreateSessionToken;
}
type Parts = RegistrationParts & Bindings;
interface Settled {
  readonly outcome: RegistrationOutcome;
  readonly token: string;
}

export function createRegistration(parts: RegistrationParts): RegisterSignup {
  const bindings = {
    identityMacOf: createIdentityMac(parts.keys.identity),
    createSessionToken: parts.createSessionToken,
  };
  const enqueue = createBatch<Attempt, Settled>({
    rowsMax: parts.batchRowsMax,
    batchesMax: BATCHES_MAX,
    shareAboveMs: SHARE_ABOVE_MS,
    isStillWanted: (attempt) => attempt.isStillWanted(),
    droppedError,
    run: (attempts) => registerBatch({ ...parts, ...bindings }, attempts),
  });
  return async (signup, arrival) => {
    const attempt = createAttempt({ ...signup, ...arrival }, await parts.issuer.issue(), bindings);
    const { outcome, token } = await enqueue(attempt);
    return { profile: { number: numberOf(outcome), ...signup.fields }, token };
  };
}

function droppedError(): ServiceError {
  return new ServiceError("busy", "It took too long. Nothing was registered; please come back later.");
}

function createAttempt(signup: Signup & Arrival, number: MemberNumber, bindings: Bindings): Attempt {
  const identityMac = bindings.identityMacOf(number, signup.fingerprint);
  const token = bindings.createSessionToken(identityMac);
  return { ...signup, id: randomUUIDv7(), number, identityMac, token, tokenHash: hashSessionToken(token) };
}

function numberOf(outcome: RegistrationOutcome): MemberNumber {
  switch (outcome.kind) {
    case "registered":
    case "replayed":
      return outcome.number;
    case "key-reused":
      throw new ServiceError("key-reused", "This idempotency key was used with other data. Send a new key.");
    case "email-taken":
      throw new ServiceError("email-taken", "This e-mail address is registered already.");
    case "ticket-used":
      throw new ServiceError("ticket-used", "This ticket was used. Come without one.");
  }
}

type Settlements = Map<Attempt, Settled | Promise<Settled>>;

async function registerBatch(parts: Parts, attempts: readonly Attempt[]): Promise<Settlements> {
  parts.observeBatch(attempts.length);
  try {
    return await commitBatch(parts, attempts);
  } catch (error) {
    // Rolled back for certain. A row that the database will not have must not fail the others: each alone.
    if (attempts.length > 1 && isBadRow(error)) return registerEachAlone(parts, attempts);
    throw error;
  }
}

/** Newcomers are members when this resolves; those who clash, with whom nobody else waits, have a promise each. */
async function commitBatch(parts: Parts, attempts: readonly Attempt[]): Promise<Settlements> {
  const outcomes = await onceMoreAfterDeadlock(() => parts.repository.insert(timedBy(parts), attempts));
  const settlements: Settlements = new Map();
  const clashing: Attempt[] = [];
  for (const attempt of attempts) {
    const outcome = outcomes.get(attempt.id);
    if (outcome === undefined) clashing.push(attempt);
    else settlements.set(attempt, { outcome, token: attempt.token });
  }
  if (clashing.length === 0) return settlements;
  const settling = onceMoreAfterDeadlock(() => settleClashes(parts, clashing));
  for (const attempt of clashing) settlements.set(attempt, settling.then(settlementOf(attempt)));
  return settlements;
}

/** From a statement handed to the pool to its answer or its failure. */
function timedBy({ transaction, observeCommit }: Parts): TransactionScope["runOne"] {
  return async (statement, values) => {
    const startedMs = performance.now();
    try {
      return await transaction.runOne(statement, values);
    } finally {
      observeCommit((performance.now() - startedMs) / 1_000);
    }
  };
}

/** Rolled back for certain, and whoever it was crossed with has gone ahead: once more is enough. */
async function onceMoreAfterDeadlock<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isDeadlock(error)) return work();
    throw error;
  }
}

/** A replay gets a session of its own, bound to the member that the first attempt made. */
function settleClashes(parts: Parts, clashing: readonly Attempt[]): Promise<Map<Attempt, Settled>> {
  const { identityMacOf, createSessionToken, repository, sessions } = parts;
  return parts.transaction.run(async (query) => {
    const outcomes = await repository.findClashes(query, clashing);
    const settled = new Map<Attempt, Settled>();
    const opened: { tokenHash: string; memberId: string }[] = [];
    for (const attempt of clashing) {
      const outcome = outcomes.get(attempt.id);
      if (outcome === undefined) continue;
      let token = attempt.token;
      if (outcome.kind === "replayed") {
        token = createSessionToken(identityMacOf(outcome.number, attempt.fingerprint));
        opened.push({ tokenHash: hashSessionToken(token), memberId: outcome.id });
      }
      settled.set(attempt, { outcome, token });
    }
    if (opened.length > 0) await sessions.open(query, opened);
    return settled;
  });
}

const settlementOf = (attempt: Attempt) => (settled: ReadonlyMap<Attempt, Settled>) => {
  const settlement = settled.get(attempt);
  if (settlement === undefined) throw new Error("a candidate was not inserted, and nothing was in its way");
  return settlement;
};

/** One after the other, and nobody waits for those behind them. Who has given up by then is left out. */
function registerEachAlone(parts: Parts, attempts: readonly Attempt[]): Settlements {
  const settlements: Settlements = new Map();
  let turn: Promise<unknown> = Promise.resolve();
  for (const attempt of attempts) {
    const settling = turn
      .then(() => {
        if (!attempt.isStillWanted()) throw droppedError();
        return commitBatch(parts, [attempt]);
      })
      .then((alone) => alone.get(attempt) ?? Promise.reject(new Error("an attempt alone was left out")));
    settlements.set(attempt, settling);
    turn = settling.catch(() => undefined);
  }
  return settlements;
}

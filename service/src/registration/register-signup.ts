import { randomUUIDv7 } from "node:crypto";
import type { Query, TransactionScope } from "../db/database.ts";
import { isBadRow, isDeadlock } from "../db/sql-state.ts";
import type { Keys } from "../keys.ts";
import { createIdentityMac, type IdentityMacOf } from "../member/identity-mac.ts";
import type { Issuer } from "../member/issuer.ts";
import type { MemberNumber } from "../member/member-number.ts";
import type { Profile } from "../member/profile.ts";
import { ServiceError } from "../service-error.ts";
import type { SessionStore } from "../session/session-store.ts";
import { type CreateSessionToken, createSessionTokens, hashSessionToken } from "../session/session-token.ts";
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
  readonly batchRowsMax: number;
  observeBatch(rows: number): void;
}

/** Resolves once the member is committed; a ServiceError where they cannot become one. */
export type RegisterSignup = (signup: Signup) => Promise<Membership>;

/** One batch is in the database while the next is being built. More would be smaller batches, so more commits. */
const BATCHES_MAX = 2;

interface Attempt extends Candidate {
  readonly token: string;
}
/** What binds a number to a person, and a session to both. */
interface Bindings {
  readonly identityMacOf: IdentityMacOf;
  readonly createSessionToken: CreateSessionToken;
}
type Settled =
  | { readonly outcome: RegistrationOutcome; readonly token: string }
  | { readonly error: unknown };

export function createRegistration(parts: RegistrationParts): RegisterSignup {
  const bindings = {
    identityMacOf: createIdentityMac(parts.keys.identity),
    createSessionToken: createSessionTokens(parts.keys.session),
  };
  const enqueue = createBatch<Attempt, Settled>({
    rowsMax: parts.batchRowsMax,
    batchesMax: BATCHES_MAX,
    run: (attempts) => registerBatch({ ...parts, ...bindings }, attempts),
  });
  return async (signup) => {
    const attempt = createAttempt(signup, await parts.issuer.issue(), bindings);
    const settled = await enqueue(attempt);
    if ("error" in settled) throw settled.error;
    return { profile: { number: numberOf(settled.outcome), ...signup.fields }, token: settled.token };
  };
}

function createAttempt(signup: Signup, number: MemberNumber, bindings: Bindings): Attempt {
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
  }
}

async function registerBatch(
  parts: RegistrationParts & Bindings,
  attempts: readonly Attempt[],
): Promise<Map<Attempt, Settled>> {
  parts.observeBatch(attempts.length);
  try {
    return await commitBatch(parts, attempts);
  } catch (error) {
    // Rolled back for certain. A row that the database will not have must not fail the others: each alone.
    if (attempts.length > 1 && isBadRow(error)) return registerEachAlone(parts, attempts);
    throw error;
  }
}

async function commitBatch(
  parts: RegistrationParts & Bindings,
  attempts: readonly Attempt[],
): Promise<Map<Attempt, Settled>> {
  const commit = () =>
    parts.transaction(async (query) => {
      const outcomes = await parts.repository.register(query, attempts);
      return settleAttempts(parts, query, attempts, outcomes);
    });
  try {
    return await commit();
  } catch (error) {
    // Rolled back for certain, and whoever it was crossed with has gone ahead: once more is enough.
    if (isDeadlock(error)) return commit();
    throw error;
  }
}

/** A replay gets a session of its own, bound to the member that the first attempt made. */
async function settleAttempts(
  { identityMacOf, createSessionToken, sessions }: RegistrationParts & Bindings,
  query: Query,
  attempts: readonly Attempt[],
  outcomes: ReadonlyMap<string, RegistrationOutcome>,
): Promise<Map<Attempt, Settled>> {
  const settled = new Map<Attempt, Settled>();
  const opened: { tokenHash: string; memberId: string }[] = [];
  for (const attempt of attempts) {
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
}

async function registerEachAlone(
  parts: RegistrationParts & Bindings,
  attempts: readonly Attempt[],
): Promise<Map<Attempt, Settled>> {
  const settled = new Map<Attempt, Settled>();
  for (const attempt of attempts) {
    try {
      for (const [key, value] of await commitBatch(parts, [attempt])) settled.set(key, value);
    } catch (error) {
      settled.set(attempt, { error });
    }
  }
  return settled;
}

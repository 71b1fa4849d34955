import type { Fault } from "../fault.ts";
import { ackBeforeCommit } from "./ack-before-commit.ts";
import { blockReissue } from "./block-reissue.ts";
import { clockBackSentinel } from "./clock-back-sentinel.ts";
import { cookieOnWrongResponse } from "./cookie-on-wrong-response.ts";
import { failOpen } from "./fail-open.ts";
import { gapRecycling } from "./gap-recycling.ts";
import { globalIdempotencyKey } from "./global-idempotency-key.ts";
import { halfMember } from "./half-member.ts";
import { idempotencyRace } from "./idempotency-race.ts";
import { laggingReplica } from "./lagging-replica.ts";
import { lastGoodFallback } from "./last-good-fallback.ts";
import { mailBufferReuse } from "./mail-buffer-reuse.ts";
import { maxPlusOne } from "./max-plus-one.ts";
import { millisecondId } from "./millisecond-id.ts";
import { moduleVariable } from "./module-variable.ts";
import { mutableDefault } from "./mutable-default.ts";
import { outOfStepReply } from "./out-of-step-reply.ts";
import { personalDataInErrors } from "./personal-data-in-errors.ts";
import { personalDataInTelemetry } from "./personal-data-in-telemetry.ts";
import { pooledSessionVariable } from "./pooled-session-variable.ts";
import { requestCollapsing } from "./request-collapsing.ts";
import { sameSecondFile } from "./same-second-file.ts";
import { sentinelOnTimeout } from "./sentinel-on-timeout.ts";
import { sharedCacheKey } from "./shared-cache-key.ts";
import { sharedConnection } from "./shared-connection.ts";
import { shortNumberCycle } from "./short-number-cycle.ts";
import { synchronisedRetry } from "./synchronised-retry.ts";
import { unboundedQueue } from "./unbounded-queue.ts";
import { upsertAdoption } from "./upsert-adoption.ts";
import { weakSessionId } from "./weak-session-id.ts";
import { workerIdReuse } from "./worker-id-reuse.ts";
import { writeBehind } from "./write-behind.ts";
/** Every fault there is, by what goes wrong: issuing, somebody else's data, sessions and retries, durability, edges. */
export const FAULTS: readonly Fault[] = [
  maxPlusOne,
  sentinelOnTimeout,
  millisecondId,
  clockBackSentinel,
  workerIdReuse,
  blockReissue,
  gapRecycling,
  shortNumberCycle,
  upsertAdoption,
  moduleVariable,
  requestCollapsing,
  sharedCacheKey,
  pooledSessionVariable,
  outOfStepReply,
  sharedConnection,
  mutableDefault,
  sameSecondFile,
  lastGoodFallback,
  laggingReplica,
  mailBufferReuse,
  cookieOnWrongResponse,
  weakSessionId,
  globalIdempotencyKey,
  idempotencyRace,
  ackBeforeCommit,
  writeBehind,
  halfMember,
  unboundedQueue,
  failOpen,
  synchronisedRetry,
  personalDataInErrors,
  personalDataInTelemetry,
];

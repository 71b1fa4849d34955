import type { Fault } from "../fault.ts";
import { ackBeforeCommit } from "./ack-before-commit.ts";
import { idempotencyRace } from "./idempotency-race.ts";
import { mailBufferReuse } from "./mail-buffer-reuse.ts";
import { maxPlusOne } from "./max-plus-one.ts";
import { millisecondId } from "./millisecond-id.ts";
import { moduleVariable } from "./module-variable.ts";
import { mutableDefault } from "./mutable-default.ts";
import { personalDataInErrors } from "./personal-data-in-errors.ts";
import { pooledSessionVariable } from "./pooled-session-variable.ts";
import { requestCollapsing } from "./request-collapsing.ts";
import { sentinelOnTimeout } from "./sentinel-on-timeout.ts";
import { sharedCacheKey } from "./shared-cache-key.ts";
import { upsertAdoption } from "./upsert-adoption.ts";

/** Every fault there is, by what goes wrong: issuing, somebody else's data, retries, durability, edges. */
export const FAULTS: readonly Fault[] = [
  maxPlusOne,
  sentinelOnTimeout,
  millisecondId,
  upsertAdoption,
  moduleVariable,
  requestCollapsing,
  sharedCacheKey,
  pooledSessionVariable,
  mutableDefault,
  mailBufferReuse,
  idempotencyRace,
  ackBeforeCommit,
  personalDataInErrors,
];

import type { AlertTests } from "../rule-test.ts";
import { CAMPAIGN_OVER_PLAN, CAPACITY_NEAR } from "./capacity/capacity-and-plan.ts";
import { COMMITS_SLOW } from "./capacity/commits-slow.ts";
import { EVENT_LOOP_LAGS } from "./capacity/event-loop-lags.ts";
import { POOL_EXHAUSTED } from "./capacity/pool-exhausted.ts";
import { WORKER_MISSING } from "./capacity/worker-missing.ts";
import { WORKERS_DYING } from "./capacity/workers-dying.ts";

export const CAPACITY_TESTS: readonly AlertTests[] = [
  COMMITS_SLOW,
  POOL_EXHAUSTED,
  EVENT_LOOP_LAGS,
  WORKER_MISSING,
  WORKERS_DYING,
  CAPACITY_NEAR,
  CAMPAIGN_OVER_PLAN,
];

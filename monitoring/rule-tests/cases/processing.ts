import type { AlertTests } from "../rule-test.ts";
import { LEDGER_BEHIND, LEDGER_LOSING } from "./processing/ledgers.ts";
import { NEWCOMERS_QUEUE_TOO_LONG } from "./processing/newcomers-queue-too-long.ts";
import { PROMISES_BROKEN } from "./processing/promises-broken.ts";
import { SIGNUPS_BELOW_OFFERED } from "./processing/signups-below-offered.ts";
import { WAIT_TOLD_WRONG } from "./processing/wait-told-wrong.ts";

export const PROCESSING_TESTS: readonly AlertTests[] = [
  SIGNUPS_BELOW_OFFERED,
  PROMISES_BROKEN,
  NEWCOMERS_QUEUE_TOO_LONG,
  WAIT_TOLD_WRONG,
  LEDGER_LOSING,
  LEDGER_BEHIND,
];

import { type AlarmMetrics, tallyAlarms } from "./alarm-metrics.ts";
import type { Tallies } from "./tallies.ts";

/** What the guard found and what its ledgers hold, as numbers. */
export interface GuardMetrics extends AlarmMetrics {
  countGuard(event: "checked" | "unrecognised"): void;
  /** Whose state the ledger gauges tell from now on. */
  watchLedgers(ledgers: LedgerLevels): void;
}

/** Levels, read when somebody asks. */
export interface LedgerLevels {
  /** Accesses in memory, not yet in the database. */
  accessesPending(): number;
  /** Accesses dropped because the database would not take them: each is a stated gap. */
  accessesLost(): number;
  /** Anomalies in the local file, not yet in the database. */
  anomaliesSpooled(): number;
  /** Anomalies that neither the database nor the file would take. */
  anomaliesLost(): number;
}

export function createGuardMetrics(tallies: Tallies): GuardMetrics {
  const checked = tallies.count("crowdproof_guard_checked_total");
  const unrecognised = tallies.count("crowdproof_guard_unrecognised_total");
  let levels: LedgerLevels | undefined;
  tallies.level("crowdproof_access_ledger_pending", () => levels?.accessesPending() ?? 0);
  tallies.level("crowdproof_access_ledger_lost", () => levels?.accessesLost() ?? 0);
  tallies.level("crowdproof_ledger_spooled", () => levels?.anomaliesSpooled() ?? 0);
  tallies.level("crowdproof_ledger_lost", () => levels?.anomaliesLost() ?? 0);
  return {
    ...tallyAlarms(tallies),
    countGuard(event) {
      (event === "checked" ? checked : unrecognised).value += 1;
    },
    watchLedgers(ledgers) {
      levels = ledgers;
    },
  };
}

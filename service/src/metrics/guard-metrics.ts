import { Counter, Gauge, type Registry } from "prom-client";

/** What the guard found and what its ledgers hold, as numbers. */
export interface GuardMetrics {
  countGuard(event: "checked" | "blocked" | "unrecognised", kind?: string): void;
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

export function createGuardMetrics(registers: Registry[], kinds: readonly string[]): GuardMetrics {
  // Counted as plain numbers and told when asked: a labelled `inc` for each answer would cost what its check costs.
  let checked = 0;
  let unrecognised = 0;
  let levels: LedgerLevels | undefined;
  new Counter({
    name: "crowdproof_guard_checked_total",
    help: "Answers that the guard judged.",
    registers,
    collect() {
      this.reset();
      this.inc(checked);
    },
  });
  new Counter({
    name: "crowdproof_guard_unrecognised_total",
    help: "Answers withheld because they are not in the guard's table, or because the guard failed.",
    registers,
    collect() {
      this.reset();
      this.inc(unrecognised);
    },
  });
  const anomalies = new Counter({
    name: "crowdproof_anomalies_total",
    help: "Answers withheld because they carried an anomaly, by kind.",
    labelNames: ["kind"],
    registers,
  });
  const last = new Gauge({
    name: "crowdproof_last_anomaly_timestamp_seconds",
    help: "When the last anomaly was found, by kind; 0 is never.",
    labelNames: ["kind"],
    aggregator: "max",
    registers,
  });
  for (const kind of kinds) {
    anomalies.inc({ kind }, 0);
    last.set({ kind }, 0);
  }
  const tell = (name: string, help: string, read: (levels: LedgerLevels) => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(levels === undefined ? 0 : read(levels));
      },
    });
  tell("crowdproof_access_ledger_pending", "Accesses not yet written to the access ledger.", (ledgers) =>
    ledgers.accessesPending(),
  );
  tell("crowdproof_access_ledger_lost", "Accesses that the access ledger states as a gap.", (ledgers) =>
    ledgers.accessesLost(),
  );
  tell("crowdproof_ledger_spooled", "Anomalies in the local file, not yet in the database.", (ledgers) =>
    ledgers.anomaliesSpooled(),
  );
  tell("crowdproof_ledger_lost", "Anomalies that could be written nowhere.", (ledgers) =>
    ledgers.anomaliesLost(),
  );
  return {
    countGuard(event, kind) {
      if (event === "checked") checked += 1;
      else if (event === "unrecognised") unrecognised += 1;
      else if (kind !== undefined) {
        anomalies.inc({ kind });
        last.set({ kind }, Date.now() / 1_000);
      }
    },
    watchLedgers(ledgers) {
      levels = ledgers;
    },
  };
}

import { PORTS } from "../catalogue/ports.ts";

/**
 * Every number of the rules that somebody may want to change, with its unit in its name. Numbers that depend on the
 * campaign (how many come) and on the machine (how many it can do) are not here: they are metrics,
 * `crowdproof_plan_visitors_per_second` and `crowdproof_capacity_signups_per_second`, and rules compare with those.
 */
export interface Parameters {
  /** How often each part's rules are evaluated. */
  readonly everySeconds: {
    readonly identity: number;
    readonly processing: number;
    readonly budget: number;
    readonly month: number;
    readonly capacity: number;
    readonly watching: number;
  };
  readonly identity: {
    /** How long ago an anomaly may have happened and still be news. */
    readonly windowSeconds: number;
    /** How far two machines' clocks may be apart. */
    readonly clockSkewSeconds: number;
    readonly keepFiringSeconds: number;
    readonly breakGlassSeconds: number;
  };
  readonly processing: {
    /** Over which rates are taken. */
    readonly rateSeconds: number;
    readonly forSeconds: number;
    /** Fewer signups a second than this say nothing about a share of them. */
    readonly signupsPerSecondMin: number;
    readonly goodputShareMin: number;
    /** Over which people who wait are looked at. */
    readonly waitingSeconds: number;
    readonly eventsMin: number;
    readonly keptShareMin: number;
    /** A bound of `crowdproof_admission_wait_seconds`. */
    readonly queueSeconds: number;
    readonly queueShareMax: number;
    readonly toldErrorSeconds: number;
    readonly toldErrorShare: number;
    readonly ledgerSeconds: number;
    readonly ledgerPendingMax: number;
  };
  readonly budget: {
    /** A bound of `crowdproof_signup_latency_seconds`. */
    readonly slowSeconds: number;
    readonly campaign: Budget;
    readonly month: Budget;
  };
  readonly capacity: {
    readonly commitSeconds: number;
    readonly commitsMin: number;
    readonly busyConnectionsShare: number;
    readonly eventLoopSeconds: number;
    readonly forSeconds: number;
    readonly workerMissingSeconds: number;
    /** So many workers that end unasked within so long. */
    readonly diedMin: number;
    readonly diedSeconds: number;
    readonly nearShare: number;
    /** From this share of the capacity on, a trend is looked at. */
    readonly trendFromShare: number;
    readonly trendSeconds: number;
    readonly horizonSeconds: number;
    readonly overPlanShare: number;
  };
  readonly watching: {
    readonly targetDownSeconds: number;
    readonly probeSilentSeconds: number;
    readonly probeStartSeconds: number;
    readonly auditorStaleSeconds: number;
    readonly auditorStartSeconds: number;
    readonly failureSeconds: number;
    readonly alertmanagerSeconds: number;
  };
  readonly runbookBase: string;
  readonly dashboardBase: string;
}

/** How much may go wrong in a period, and how fast it may be spent before somebody is told. */
export interface Budget {
  readonly periodSeconds: number;
  /** Share of signups that may be slow or fail. */
  readonly badShare: number;
  readonly windows: readonly BurnWindow[];
  /** Fewer signups in the long window say nothing. */
  readonly eventsMin: number;
}

/** Spending this share of the budget within the long window; the short one ends the alert soon after it is over. */
export interface BurnWindow {
  readonly longSeconds: number;
  readonly shortSeconds: number;
  readonly budgetShare: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const production: Parameters = {
  everySeconds: {
    // From an anomaly to its page within 2 s: 1 s of scraping and 1 s of evaluation at most.
    identity: 1,
    // As often as the service's whole page is scraped.
    processing: 5,
    budget: 5,
    // Three days of samples are read each time.
    month: 60,
    capacity: 15,
    watching: 5,
  },
  identity: {
    // Longer than a scrape target is away in a restart, shorter than it takes two people to look and reopen.
    windowSeconds: 5 * MINUTE,
    // Machines that keep time at all are milliseconds apart; a minute is one that has lost its time server for weeks.
    clockSkewSeconds: 60,
    // Of what the service finds itself. Bridges a scrape gap, and no more: after a reopening an old page must be over
    // (docs/halt.md). Shorter than the clocks may be apart, and an anomaly that is told so late goes unseen.
    keepFiringSeconds: 60,
    // Long enough to be seen; the audit trail keeps it.
    breakGlassSeconds: 10 * MINUTE,
  },
  processing: {
    // Twelve scrapes.
    rateSeconds: 1 * MINUTE,
    // Longer than people in a burst are told to wait, shorter than the 7 minutes in which half of a push's crowd comes.
    forSeconds: 1 * MINUTE,
    signupsPerSecondMin: 1,
    // People who give up, share an address or tap twice are 5 to 10 % in every campaign that ships; this is far outside.
    goodputShareMin: 0.7,
    waitingSeconds: 5 * MINUTE,
    // At nine in ten kept, 20 appointments show fewer than 14 kept once in 400 times by chance.
    eventsMin: 20,
    keptShareMin: 0.9,
    // Twice QUEUE_SECONDS_MAX: the door lets nobody queue for longer than that.
    queueSeconds: 0.5,
    queueShareMax: 0.05,
    // Beyond the promise of 2 s or a fifth of the wait; measured at ten times the capacity: p95 0.8 s (docs/bench.md).
    toldErrorSeconds: 5,
    toldErrorShare: 0.2,
    ledgerSeconds: 1 * MINUTE,
    // A sixth of what the access ledger holds (30,000) before it must drop.
    ledgerPendingMax: 5_000,
  },
  budget: {
    slowSeconds: 1.2,
    campaign: {
      // Most of a push's crowd is there within half an hour.
      periodSeconds: 30 * MINUTE,
      badShare: 0.01,
      windows: [
        // Nine seconds in which nobody gets through.
        { longSeconds: 1 * MINUTE, shortSeconds: 20, budgetShare: 0.5 },
        { longSeconds: 5 * MINUTE, shortSeconds: 1 * MINUTE, budgetShare: 0.5 },
      ],
      eventsMin: 50,
    },
    month: {
      periodSeconds: 30 * DAY,
      badShare: 0.001,
      windows: [
        { longSeconds: 1 * HOUR, shortSeconds: 5 * MINUTE, budgetShare: 0.02 },
        { longSeconds: 6 * HOUR, shortSeconds: 30 * MINUTE, budgetShare: 0.05 },
        { longSeconds: 3 * DAY, shortSeconds: 6 * HOUR, budgetShare: 0.1 },
      ],
      eventsMin: 100,
    },
  },
  capacity: {
    // A commit takes 1 to 20 ms on a disk of its own; the door's limit has adapted long before this.
    commitSeconds: 0.25,
    commitsMin: 20,
    // Of ten connections the door gives reads no more than six: above that, reads are at their limit and signups come on top.
    busyConnectionsShare: 0.6,
    // Everybody's request is late by this, whatever it asks for.
    eventLoopSeconds: 0.25,
    // Longer than a moment's crowd stays in the averages over a minute.
    forSeconds: 2 * MINUTE,
    // A worker that died is replaced and serves within 3 s.
    workerMissingSeconds: 15,
    // One may be bad luck, and two have one cause; each replacement is too quick for the alert above.
    diedMin: 3,
    diedSeconds: 5 * MINUTE,
    nearShare: 0.8,
    // A campaign begins with a jump, which looks like a steep trend.
    trendFromShare: 0.5,
    trendSeconds: 10 * MINUTE,
    // Time to add capacity, or to pace the sending.
    horizonSeconds: 10 * MINUTE,
    overPlanShare: 1.2,
  },
  watching: {
    // Three scrapes of 5 s; a restart is over before.
    targetDownSeconds: 15,
    // The probe sends a few visitors a minute.
    probeSilentSeconds: 3 * MINUTE,
    probeStartSeconds: 1 * MINUTE,
    // The auditor looks each second, and a statement of its may take 10 s.
    auditorStaleSeconds: 15,
    auditorStartSeconds: 5,
    failureSeconds: 5 * MINUTE,
    alertmanagerSeconds: 15,
  },
  runbookBase: `http://127.0.0.1:${PORTS.receiver}/runbooks`,
  dashboardBase: `http://127.0.0.1:${PORTS.grafana}`,
};

/** The same rules for tests that cannot wait: scraped and evaluated each quarter or half of a second, over seconds. */
const quick: Parameters = {
  ...production,
  everySeconds: { identity: 0.25, processing: 0.5, budget: 0.5, month: 0.5, capacity: 0.5, watching: 0.5 },
  identity: {
    windowSeconds: 20,
    clockSkewSeconds: 2,
    keepFiringSeconds: 2,
    breakGlassSeconds: 10,
  },
  processing: {
    ...production.processing,
    rateSeconds: 5,
    forSeconds: 3,
    waitingSeconds: 10,
    eventsMin: 10,
    ledgerSeconds: 3,
  },
  budget: {
    ...production.budget,
    campaign: {
      periodSeconds: 120,
      badShare: 0.01,
      windows: [
        { longSeconds: 4, shortSeconds: 2, budgetShare: 0.25 },
        { longSeconds: 10, shortSeconds: 4, budgetShare: 0.5 },
      ],
      eventsMin: 20,
    },
    month: {
      periodSeconds: 1_200,
      badShare: 0.001,
      windows: [
        { longSeconds: 10, shortSeconds: 4, budgetShare: 0.1 },
        { longSeconds: 30, shortSeconds: 10, budgetShare: 0.2 },
      ],
      eventsMin: 50,
    },
  },
  capacity: {
    ...production.capacity,
    commitsMin: 5,
    forSeconds: 6,
    workerMissingSeconds: 2,
    diedSeconds: 15,
    trendSeconds: 10,
    horizonSeconds: 10,
  },
  watching: {
    ...production.watching,
    targetDownSeconds: 2,
    probeSilentSeconds: 15,
    probeStartSeconds: 5,
    auditorStaleSeconds: 4,
    auditorStartSeconds: 2,
    failureSeconds: 10,
    alertmanagerSeconds: 2,
  },
};

export const PARAMETERS = { production, quick } as const;

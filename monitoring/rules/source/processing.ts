import { duration } from "../duration.ts";
import type { Parameters } from "../parameters.ts";
import type { Alert, Recording, RuleGroup } from "../rule.ts";

const OFFERED = "campaign:crowdproof_offered_signups:rate";
const ACKNOWLEDGED = "campaign:crowdproof_acknowledged_signups:rate";
const SERVABLE = "campaign:crowdproof_servable_signups:rate";
const CAPACITY = "campaign:crowdproof_capacity_signups_per_second:sum";
const HELD_BACK = "campaign:crowdproof_newcomers_held_back:flag";

/** The load it was specified for is processed, and those who must wait are treated as they were told. */
export function processingRules(parameters: Parameters): RuleGroup {
  return {
    name: "processing",
    everySeconds: parameters.everySeconds.processing,
    recordings: processingRecordings(parameters),
    alerts: [
      signupsBelowOffered(parameters),
      promisesBroken(parameters),
      newcomersQueueTooLong(parameters),
      waitToldWrong(parameters),
      ledgerLosing(parameters),
      ledgerBehind(parameters),
    ],
  };
}

/** All instances of the service together; the runs of a load test apart. */
function processingRecordings({ processing }: Parameters): Recording[] {
  const rate = duration(processing.rateSeconds);
  const rejected = "campaign:crowdproof_rejected_signups:rate";
  return [
    { record: OFFERED, expr: `sum by (run) (rate(crowdproof_offered_signups_total[${rate}]))` },
    {
      record: ACKNOWLEDGED,
      expr: `sum by (run) (rate(crowdproof_signups_total{outcome="acknowledged"}[${rate}]))`,
    },
    // Wrong input, and the second of two with one address: the right answer to them is no.
    {
      record: rejected,
      expr: `sum by (run) (rate(crowdproof_signups_total{outcome="rejected"}[${rate}]))`,
    },
    // An instance that was never full (0) counts as the mean of those that were. Nothing where none was.
    {
      record: CAPACITY,
      expr: `
count by (run) (crowdproof_capacity_signups_per_second) * avg by (run) (crowdproof_capacity_signups_per_second > 0)`,
    },
    // The smaller of what is asked for and what can be done. Nobody has been full yet: what is asked for.
    {
      record: SERVABLE,
      expr: `(${CAPACITY} < ${OFFERED} - ${rejected}) or ${OFFERED} - ${rejected}`,
    },
    // Closed by somebody, or reopened for a share. Not so where the service cannot read whether it may open.
    {
      record: HELD_BACK,
      expr: `
max by (run) (crowdproof_campaign_state{phase="halted"})
+ min by (run) (crowdproof_campaign_state{phase="open"}) * (min by (run) (crowdproof_campaign_share_ratio) < bool 1)`,
    },
  ];
}

function signupsBelowOffered({ processing: at }: Parameters): Alert {
  return {
    alert: "SignupsBelowOffered",
    severity: "page",
    expr: `
${ACKNOWLEDGED} / ${SERVABLE} < ${at.goodputShareMin}
and ${SERVABLE} > ${at.signupsPerSecondMin}
unless max_over_time(${HELD_BACK}[${duration(at.rateSeconds)}]) > 0`,
    forSeconds: at.forSeconds,
    summary: "People ask to sign up, the service is not at its capacity, and they do not become members.",
    description: "Only {{ $value | humanizePercentage }} of the signups that could be done are done.",
    dashboard: "campaign",
    threshold: `less than ${percent(at.goodputShareMin)} of what is offered or, if that is less, of the measured capacity become members, from ${at.signupsPerSecondMin} a second, for ${duration(at.forSeconds)}; ${heldBack(at.rateSeconds)}`,
  };
}

/** What is meant is no news; also said in docs/alerts.md, because in these minutes people are told to look. */
const heldBack = (seconds: number) =>
  `not while the campaign is closed or reopened for a share of people, nor for ${duration(seconds)} after`;

function promisesBroken({ processing: at }: Parameters): Alert {
  const window = duration(at.waitingSeconds);
  const all = `sum by (run) (increase(crowdproof_appointments_total[${window}]))`;
  const kept = `sum by (run) (increase(crowdproof_appointments_total{kept="within"}[${window}]))`;
  return {
    alert: "PromisesBroken",
    severity: "page",
    expr: `
${kept} / ${all} < ${at.keptShareMin}
and ${all} >= ${at.eventsMin}
unless max_over_time(${HELD_BACK}[${window}]) > 0`,
    summary: "People who were told when to come back, and came, are not let in as they were told.",
    description:
      "Only {{ $value | humanizePercentage }} of those who were due were let in within the promise.",
    dashboard: "campaign",
    threshold: `less than ${percent(at.keptShareMin)} of at least ${at.eventsMin} appointments kept within ${window}; ${heldBack(at.waitingSeconds)}`,
  };
}

function newcomersQueueTooLong({ processing: at }: Parameters): Alert {
  const rate = duration(at.rateSeconds);
  const waits = (suffix: string, labels: string) =>
    `sum by (run) (increase(crowdproof_admission_wait_seconds_${suffix}{visitor="newcomer"${labels}}[${rate}]))`;
  return {
    alert: "NewcomersQueueTooLong",
    severity: "page",
    expr: `
1 - ${waits("bucket", `, le="${at.queueSeconds}"`)} / ${waits("count", "")} > ${at.queueShareMax}
and ${waits("count", "")} >= ${at.eventsMin}`,
    summary: "Newcomers queue at the door for longer than the door should ever let them.",
    description: `{{ $value | humanizePercentage }} of newcomers queued for more than ${at.queueSeconds} s.`,
    dashboard: "capacity",
    threshold: `more than ${percent(at.queueShareMax)} of at least ${at.eventsMin} newcomers longer than ${at.queueSeconds} s within ${rate}`,
  };
}

function waitToldWrong({ processing: at }: Parameters): Alert {
  const window = duration(at.waitingSeconds);
  const during = (counter: string) => `sum by (run) (increase(${counter}[${window}]))`;
  const errors = during("crowdproof_told_error_seconds_sum");
  const people = during("crowdproof_told_error_seconds_count");
  const waits = during("crowdproof_told_wait_seconds_total");
  return {
    alert: "WaitToldWrong",
    severity: "page",
    expr: `
${errors} / ${people} > ${at.toldErrorSeconds}
and ${errors} > ${at.toldErrorShare} * ${waits}
and ${people} >= ${at.eventsMin}`,
    summary: "The waiting times that people are told are wrong.",
    description:
      "On average people were let in {{ $value | humanizeDuration }} off the time they were told first.",
    dashboard: "campaign",
    threshold: `off by more than ${at.toldErrorSeconds} s and ${percent(at.toldErrorShare)} of the wait that was told, on average over at least ${at.eventsMin} people within ${window}`,
  };
}

/** What was lost stays in the gauge until its process ends: what pages is that it rises. */
function ledgerLosing({ processing: at }: Parameters): Alert {
  const window = duration(at.waitingSeconds);
  const lost = (metric: string, ledger: string) => `
label_replace(
  max by (run) (${metric} > min_over_time(${metric}[${window}]) or (${metric} > 0 unless ${metric} offset ${window})),
  "ledger", "${ledger}", "", ""
)`;
  return {
    alert: "LedgerLosing",
    severity: "page",
    expr: `${lost("crowdproof_ledger_lost", "anomalies")}\nor${lost("crowdproof_access_ledger_lost", "accesses")}`,
    summary:
      "The ledger of {{ $labels.ledger }} loses entries: afterwards nobody will be able to say who was shown what.",
    description: "Entries that could be written nowhere: {{ $value | humanize }}.",
    dashboard: "identity",
    threshold: `the first entry, for ${window}`,
  };
}

function ledgerBehind({ processing: at }: Parameters): Alert {
  const window = duration(at.ledgerSeconds);
  const behind = (metric: string, ledger: string) =>
    `label_replace(sum by (run) (min_over_time(${metric}[${window}])), "ledger", "${ledger}", "", "")`;
  return {
    alert: "LedgerBehind",
    severity: "ticket",
    expr: `
${behind("crowdproof_ledger_spooled", "anomalies")} > 0
or ${behind("crowdproof_access_ledger_pending", "accesses")} > ${at.ledgerPendingMax}`,
    forSeconds: at.ledgerSeconds,
    summary: "The ledger of {{ $labels.ledger }} does not get its entries into the database.",
    description:
      "Entries that wait: {{ $value | humanize }}. They are safe for as long as the process lives and its disk has room.",
    dashboard: "identity",
    threshold: `an anomaly, or more than ${at.ledgerPendingMax} accesses, that wait for twice ${window}`,
  };
}

export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

import { Counter, Trend } from "k6/metrics";
import type { ArrivalEvent, Event, RequestEvent } from "../src/events/event.ts";
import type { Plan } from "../src/plan/plan.ts";

/** k6's own metrics of a run. Never a visitor, an ID or an address in a tag. */
const counters = {
  arrivals: new Counter("crowdproof_arrivals"),
  requests: new Counter("crowdproof_requests"),
  dones: new Counter("crowdproof_dones"),
  observations: new Counter("crowdproof_observations"),
  lateArrivals: new Counter("crowdproof_late_arrivals"),
  ownAnswers: new Counter("crowdproof_own_answers"),
  exposures: new Counter("crowdproof_exposures"),
  malformedIds: new Counter("crowdproof_malformed_ids"),
  vusDone: new Counter("crowdproof_vus_done"),
};
const startError = new Trend("crowdproof_start_error", true);

export type CountName = keyof typeof counters;
export type RunTotals = Record<CountName, number>;

const COUNT_NAMES = Object.keys(counters) as CountName[];

/** A metric that was never added to does not exist, and a threshold on what does not exist passes. */
export function initialiseCounts(): void {
  for (const name of COUNT_NAMES) counters[name].add(0);
}

export interface RunCounts {
  /** Control events are left out, as everywhere. */
  count(event: Event): void;
  vuDone(): void;
}

/** Each addition wakes the one goroutine that collects them for all VUs, and waits for it when there are many. */
const GATHERED_MS = 100;

export function createRunCounts({ limits, target }: Plan): RunCounts {
  const lateMicroseconds = limits.startErrorSecondsP99Max * 1e6;
  const memberIdPattern = target.memberId ? new RegExp(`^(?:${target.memberId.pattern})$`) : null;
  const gathered = createGatheredCounts();

  const countArrival = ({ dueMicroseconds, startedMicroseconds }: ArrivalEvent) => {
    const errorMicroseconds = startedMicroseconds - dueMicroseconds;
    gathered.add("arrivals");
    startError.add(errorMicroseconds / 1_000);
    if (errorMicroseconds > lateMicroseconds) gathered.add("lateArrivals");
  };

  const countRequest = ({ own, foreign, memberId }: RequestEvent) => {
    gathered.add("requests");
    if (own.length > 0) gathered.add("ownAnswers");
    if (foreign.length > 0) gathered.add("exposures");
    if (memberId !== null && memberIdPattern?.test(memberId) === false) gathered.add("malformedIds");
  };

  return {
    count(event) {
      if (event.control !== null) return;
      if (event.type === "arrival") countArrival(event);
      else if (event.type === "request") countRequest(event);
      else if (event.type === "done") gathered.add("dones");
      else if (event.type === "observation") gathered.add("observations");
    },
    vuDone: () => gathered.add("vusDone"),
  };
}

/** Handed to k6 a moment later, all in one. k6 waits for timers, so that the last are counted as well. */
function createGatheredCounts(): { add(name: CountName): void } {
  let totals: Partial<RunTotals> | null = null;
  const handOver = () => {
    for (const name of COUNT_NAMES) if (totals?.[name] !== undefined) counters[name].add(totals[name]);
    totals = null;
  };
  return {
    add(name) {
      if (totals === null) {
        totals = {};
        setTimeout(handOver, GATHERED_MS);
      }
      totals[name] = (totals[name] ?? 0) + 1;
    },
  };
}

/** What handleSummary is given, as far as it is ours. */
export interface SummaryData {
  metrics: Record<string, { values: Record<string, number>; thresholds?: Record<string, { ok: boolean }> }>;
  state: { testRunDurationMs: number };
  setup_data?: { startMs: number; startedAt: string };
}

export function totalsOf({ metrics }: SummaryData): RunTotals {
  const count = (metric: string) => metrics[metric]?.values["count"] ?? 0;
  const entries = COUNT_NAMES.map((name) => [name, count(counters[name].name)]);
  return Object.fromEntries(entries) as RunTotals;
}

import { Registry } from "prom-client";
import type { LabelsOf } from "../../../monitoring/catalogue/catalogue.ts";
import {
  addSnapshots,
  anomaliesOf,
  lastingOf,
  type MetricsPage,
  type MetricsSnapshot,
  renderSnapshots,
} from "./snapshot.ts";
import { createTallies } from "./tallies.ts";

/** The numbers of the whole service: the parent's own, those of the workers that live, and of those that lived. */
export interface FleetMetrics {
  readonly contentType: string;
  render(): Promise<string>;
  renderAnomalies(): Promise<string>;
  /** A worker is gone: how, and what it counted. */
  countExit(reason: ExitReason, last: MetricsSnapshot): void;
}

export interface FleetMetricsOptions {
  readonly planVisitorsPerSecond: number;
  workers(): Readonly<Record<LabelsOf<"crowdproof_workers">["state"], number>>;
  workersWanted(): number;
  isDeploying(): boolean;
  /** Of the worker that owes its metrics longest. */
  silentSeconds(): number;
  snapshots(page: MetricsPage): Promise<readonly MetricsSnapshot[]>;
}

type ExitReason = LabelsOf<"crowdproof_worker_exits_total">["reason"];

export function createFleetMetrics(options: FleetMetricsOptions): FleetMetrics {
  const tallies = createTallies();
  const exits = tallies.counts("crowdproof_worker_exits_total");
  tallies.levels("crowdproof_workers", options.workers);
  tallies.level("crowdproof_workers_wanted", options.workersWanted);
  tallies.level("crowdproof_deploying", () => (options.isDeploying() ? 1 : 0));
  // Whoever hangs cannot say so.
  tallies.level("crowdproof_event_loop_lag_seconds", options.silentSeconds);
  tallies.level("crowdproof_plan_visitors_per_second", () => options.planVisitorsPerSecond);

  // What ended workers counted. Appended to and replaced within one turn of the event loop, so that no page counts a
  // worker twice or not at all: a sum that falls again is taken for a new beginning, and all it holds for an increase.
  const ended: MetricsSnapshot[] = [];
  let isFolding = false;

  async function foldEnded(): Promise<void> {
    if (isFolding || ended.length < FOLD_FROM) return;
    isFolding = true;
    const count = ended.length;
    const folded = await addSnapshots(ended.slice(0, count));
    ended.splice(0, count, folded);
    isFolding = false;
  }

  async function renderPage(page: MetricsPage): Promise<string> {
    // First: whoever has told nothing by then is silent.
    const living = await options.snapshots(page);
    const all = [tallies.snapshot(page), ...ended, ...living];
    return renderSnapshots(page === "all" ? all : all.map(anomaliesOf));
  }

  return {
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    render: () => renderPage("all"),
    renderAnomalies: () => renderPage("anomalies"),
    countExit(reason, last) {
      exits[reason].value += 1;
      ended.push(lastingOf(last));
      void foldEnded();
    },
  };
}

/** Enough that folding is rare, and few enough that a service whose workers keep dying does not grow. */
const FOLD_FROM = 16;

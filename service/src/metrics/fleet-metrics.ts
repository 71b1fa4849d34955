import { Counter, Gauge, Registry } from "prom-client";
import { anomaliesOf, type MetricsPage } from "./anomalies-page.ts";
import { addSnapshots, lastingOf, type MetricsSnapshot, renderSnapshots } from "./snapshot.ts";

/** The numbers of the whole service: the parent's own, those of the workers that live, and of those that lived. */
export interface FleetMetrics {
  readonly contentType: string;
  render(): Promise<string>;
  renderAnomalies(): Promise<string>;
  /** A worker is gone: how, and what it counted. */
  countExit(reason: string, last: MetricsSnapshot): void;
}

export interface FleetMetricsOptions {
  readonly exitReasons: readonly string[];
  workers(): Readonly<Record<string, number>>;
  snapshots(page: MetricsPage): Promise<readonly MetricsSnapshot[]>;
}

export function createFleetMetrics(options: FleetMetricsOptions): FleetMetrics {
  const registry = new Registry();
  const registers = [registry];
  const exits = new Counter({
    name: "crowdproof_worker_exits_total",
    help: "Worker processes that ended, by reason; asked is a stop or a rolling restart.",
    labelNames: ["reason"],
    registers,
  });
  for (const reason of options.exitReasons) exits.inc({ reason }, 0);
  new Gauge({
    name: "crowdproof_workers",
    help: "Worker processes, by state.",
    labelNames: ["state"],
    registers,
    collect() {
      for (const [state, count] of Object.entries(options.workers())) this.set({ state }, count);
    },
  });

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
    const own = await registry.getMetricsAsJSON();
    const living = await options.snapshots(page);
    const all = [own, ...ended, ...living];
    if (page === "all") return renderSnapshots(all);
    return renderSnapshots(all.map(anomaliesOf));
  }

  return {
    contentType: registry.contentType,
    render: () => renderPage("all"),
    renderAnomalies: () => renderPage("anomalies"),
    countExit(reason, last) {
      exits.inc({ reason });
      ended.push(lastingOf(last));
      void foldEnded();
    },
  };
}

/** Enough that folding is rare, and few enough that a service whose workers keep dying does not grow. */
const FOLD_FROM = 16;

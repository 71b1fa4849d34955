import exec from "k6/execution";
import type { Options } from "k6/options";
import { createTargetWatch } from "../src/engine/embedded/target-watch.ts";
import { blankObservation } from "../src/events/blank-observation.ts";
import type { Event, ObservationEvent } from "../src/events/event.ts";
import type { Plan } from "../src/plan/plan.ts";
import { createEngineContext } from "../src/visitor/create-engine-context.ts";
import { startVisitors } from "../src/visitor/start-visitors.ts";
import { createRunClock, LEAD_MS, type RunClock } from "./clock.ts";
import { createK6Port } from "./k6-port.ts";
import { type PlanHead, sharePlan } from "./plan-shares.ts";
import { createRunCounts, initialiseCounts, type SummaryData } from "./run-counts.ts";
import { followStopLine } from "./stop-line.ts";

export interface CampaignScriptOptions {
  loadPlan(): Plan;
  secrets: Record<string, string>;
  /** Where events go; they are counted whatever becomes of them. */
  write(event: Event): void;
  thresholds(plan: Plan, visitors: number): NonNullable<Options["thresholds"]>;
  summarise(summary: SummaryData, head: PlanHead): Record<string, string>;
  /** Address that answers when the run is to stop; null where nobody can ask for it. */
  stopUrl: string | null;
  tlsAuth: { cert: string; key: string }[];
}

interface SetupData {
  /** The run's start on k6's clock. */
  startMs: number;
  startedAt: string;
}

/** What a k6 script exports; a script of ours is nothing else. */
export interface CampaignScript {
  options: Options;
  setup(): SetupData;
  run(data: SetupData): Promise<void>;
  handleSummary(summary: SummaryData): Record<string, string>;
}

/**
 * The campaign as a k6 script: a few VUs, one iteration each, and in it the visitors of the VU's share, many at a time.
 * An executor that starts an iteration per visitor spaces them evenly and needs a VU for everybody who waits.
 */
export function createCampaignScript(script: CampaignScriptOptions): CampaignScript {
  const shares = sharePlan(script.loadPlan);
  const { plan, vus, visitors } = shares.head;
  return {
    options: {
      ...optionsFor(plan, vus),
      hosts: plan.target.resolve,
      tlsAuth: script.tlsAuth,
      thresholds: script.thresholds(plan, visitors),
    },
    setup() {
      initialiseCounts();
      return {
        startMs: exec.instance.currentTestRunDuration + LEAD_MS,
        startedAt: new Date(Date.now() + LEAD_MS).toISOString(),
      };
    },
    async run({ startMs }) {
      const vu = exec.vu.idInTest;
      const share = shares.ofVu(vu);
      const counts = createRunCounts(plan);
      const write = (event: Event) => {
        script.write(event);
        counts.count(event);
      };
      const clock = createRunClock(startMs);
      const stopLine = followStopLine(script.stopUrl, vu);
      const watchTarget = createTargetWatch(stopLine.tellGone);
      const port = createK6Port({ clock, isStopped: stopLine.isStopped, watchTarget, write });
      stopLine.onStop(() => {
        clock.stop();
        port.abandonAll();
      });
      const hasControls = vu === 1;
      const context = createEngineContext({ plan: share.plan, port, secrets: script.secrets, hasControls });
      await startVisitors(context, share.visitors);
      clock.stop();
      write(lagEvent(plan, clock));
      counts.vuDone();
      await stopLine.leave();
    },
    handleSummary: (summary) => script.summarise(summary, shares.head),
  };
}

/** `sendK6` ends a run at its limit in an orderly way; k6 itself only cuts it, and comes later. */
const SPARE_SECONDS = 15;

function optionsFor(plan: Plan, vus: number): Options {
  const { connections, tls } = plan.target;
  return {
    scenarios: {
      campaign: {
        executor: "per-vu-iterations",
        vus,
        iterations: 1,
        // 10 minutes if it is not said.
        maxDuration: `${Math.ceil(plan.limits.secondsMax) + SPARE_SECONDS}s`,
        gracefulStop: "0s",
      },
    },
    // Go's transport sends a request again, without telling, when a kept connection was closed: never on a fresh one.
    noConnectionReuse: connections === "fresh",
    insecureSkipTLSVerify: tls.insecure,
    discardResponseBodies: false,
    throw: false,
    // Tags cost time at each request, and a URL may carry an ID.
    systemTags: [],
    summaryTrendStats: ["avg", "med", "p(90)", "p(99)", "max", "count"],
    setupTimeout: "60s",
  };
}

function lagEvent({ runId }: Plan, clock: RunClock): ObservationEvent {
  return {
    ...blankObservation(runId, Math.max(0, clock.nowMicroseconds())),
    kind: "lag",
    name: "k6",
    value: clock.worstLagMicroseconds() / 1e6,
  };
}

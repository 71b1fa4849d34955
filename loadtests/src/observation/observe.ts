import { nodePrimitives } from "../engine/embedded/node-primitives.ts";
import { blankObservation } from "../events/blank-observation.ts";
import type { ObservationEvent } from "../events/event.ts";
import { CANARY_KEY_SECRET, createCanaryCodec } from "../people/canary.ts";
import type { Plan } from "../plan/plan.ts";
import type { AnswerClass } from "../target/target.ts";
import { boundEvents, counterEvents, countersIn } from "./counters.ts";
import { type LogMark, markLogs, scanLogs } from "./log-scan.ts";
import { fetchMetrics, scanMetrics } from "./metrics-page.ts";
import type { ObserveContext } from "./observe-context.ts";
import { rowEvents } from "./rows.ts";

/** How things stood before anything was sent. */
export interface CountersBefore {
  /** Answer class → value of its series; null where the metrics could not be read. */
  counters: Partial<Record<AnswerClass, number>> | null;
  /** By log file: what was written earlier is not this run's. */
  logs: Record<string, LogMark>;
}

export interface ObserveOptions {
  secrets: Record<string, string>;
  atMicroseconds: number;
  before: CountersBefore;
  /** Told why something could not be observed. The check that needs it is unknown. */
  say?: (reason: string) => void;
}

export async function observeBefore(plan: Plan, secrets: Record<string, string>): Promise<CountersBefore> {
  const { telemetry } = plan.target;
  const page = telemetry.metricsUrl === undefined ? null : await fetchMetrics(plan.target, secrets);
  return {
    counters: page && "text" in page ? countersIn(page.text, telemetry.counters) : null,
    logs: await markLogs(telemetry.logFiles, secrets),
  };
}

/**
 * Everything seen outside the visitors' own answers: rows, counters, and canaries in metrics and logs. Nothing that
 * cannot be reached throws: its events are missing (a scan has no bytes) and `say` has the reason.
 */
export async function* observe(plan: Plan, options: ObserveOptions): AsyncGenerator<ObservationEvent> {
  const { secrets, atMicroseconds, before, say = () => {} } = options;
  const { target } = plan;
  const codec = createCanaryCodec({
    runId: plan.runId,
    key: secrets[CANARY_KEY_SECRET],
    hmacSha256: nodePrimitives.hmacSha256,
    decodeBase64: nodePrimitives.decodeBase64,
  });
  const context: ObserveContext = {
    plan,
    codec,
    secrets,
    say,
    blank: blankObservation(plan.runId, atMicroseconds),
  };

  if (target.telemetry.metricsUrl !== undefined) {
    const page = await fetchMetrics(target, secrets);
    if ("reason" in page) {
      say(page.reason);
      yield { ...context.blank, kind: "scan", name: "metrics" };
    } else {
      yield scanMetrics(page.text, context);
      yield* boundEvents(page.text, context);
      yield* counterEvents(before.counters, countersIn(page.text, target.telemetry.counters), context);
    }
  }
  yield* scanLogs(before.logs, context);
  if (target.readBack.sql) yield* rowEvents(target.readBack.sql, context);
}

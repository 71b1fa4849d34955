import { setTimeout as sleep } from "node:timers/promises";
import type { Plan } from "../plan/plan.ts";
import { type AlertWatch, createAlertWatch, createNoWatch } from "./alert-watch.ts";
import { createPrometheus, type Prometheus, whyNoAnswer } from "./prometheus-api.ts";
import { startStack } from "./start-stack.ts";
import { openTargetMetrics } from "./target-metrics.ts";
import { followToldAlerts } from "./told-alerts.ts";

export interface AlertWatchOptions {
  plan: Plan;
  /** A Prometheus that runs already; absent: one is started. */
  prometheusUrl: string | undefined;
  /** Which of its alerts are this run's, by a label of who is scraped. */
  label: { name: string; value: string };
  /** With which the target's metrics are asked for. */
  secrets: Record<string, string>;
  /** Where the gate's own metrics are. */
  gateUrl: string;
  signal: AbortSignal;
}

/** From before the first visitor until the alerts have settled. Where nobody can watch, the watch says why afterwards. */
export async function openAlertWatch(options: AlertWatchOptions): Promise<AlertWatch> {
  try {
    return options.prometheusUrl === undefined
      ? await watchByOwn(options)
      : await watchByAnother(options, options.prometheusUrl);
  } catch (error) {
    return createNoWatch(options.plan, `Prometheus gave no answer: ${whyNoAnswer(error)}`);
  }
}

const NO_METRICS =
  "the target file names no metrics, so the rules have nothing to look at; add telemetry.metricsUrl to it";

async function watchByOwn(options: AlertWatchOptions): Promise<AlertWatch> {
  const { plan, secrets, gateUrl, signal } = options;
  const target = await openTargetMetrics(plan.target, secrets);
  if (target === null) return createNoWatch(plan, NO_METRICS);
  const stack = await startStack({ runId: plan.runId, serviceUrl: target.url, gateUrl, signal });
  if ("missing" in stack) {
    await target.close();
    return createNoWatch(plan, stack.missing);
  }
  const told = followToldAlerts(stack);
  const close = async () => {
    await told.close();
    await stack.stop();
    await target.close();
  };
  try {
    const prometheus = createPrometheus(stack.prometheusUrl);
    await untilEvaluated(prometheus, signal);
    // Nobody else is scraped by it: all of its alerts are this run's.
    return createAlertWatch({ plan, prometheus, told, selector: "", selectedLabels: [], signal, close });
  } catch (error) {
    await close();
    throw error;
  }
}

async function watchByAnother(
  { plan, label, signal }: AlertWatchOptions,
  prometheusUrl: string,
): Promise<AlertWatch> {
  const prometheus = createPrometheus(prometheusUrl);
  await untilEvaluated(prometheus, signal);
  const [alertmanagerUrl] = await prometheus.alertmanagers();
  const told = followToldAlerts({ alertmanagerUrl, receiverUrl: undefined });
  const selector = `${label.name}=${JSON.stringify(label.value)}`;
  const selectedLabels = [label.name];
  return createAlertWatch({ plan, prometheus, told, selector, selectedLabels, signal, close: told.close });
}

const EVALUATED_SECONDS_MAX = 30;
const LOOK_MS = 200;

/** A campaign that begins before the first evaluation would go unseen. After the time is up it is the verdict's matter. */
async function untilEvaluated(prometheus: Prometheus, signal: AbortSignal): Promise<void> {
  const deadlineMs = Date.now() + EVALUATED_SECONDS_MAX * 1_000;
  while (Date.now() < deadlineMs && !signal.aborted) {
    const rules = await prometheus.rules();
    if (rules.length > 0 && rules.every(({ evaluatedMs }) => evaluatedMs > 0)) return;
    await sleep(LOOK_MS);
  }
}

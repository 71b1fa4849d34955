import { type Command, Option } from "commander";
import { PORTS } from "../../../monitoring/catalogue/ports.ts";
import type { AlertWatch } from "../alerts/alert-watch.ts";
import { demandAlerts } from "../alerts/known-alerts.ts";
import { openAlertWatch } from "../alerts/open-alert-watch.ts";
import type { Event } from "../events/event.ts";
import type { Plan } from "../plan/plan.ts";
import { type OpenRunMetrics, openRunMetrics } from "../run-metrics/open-run-metrics.ts";
import { UsageError } from "../usage-error.ts";
import { portNumber } from "./parse-number.ts";
import { webUrl } from "./parse-url.ts";
import { repeatable } from "./repeatable.ts";

/** What of the gate's command line is about watching. */
export interface WatchFlags {
  alerts?: boolean;
  expectAlert: string[];
  prometheus?: string;
  alertsLabel?: { name: string; value: string };
  metricsPort?: number;
}

/** A run is followed by its own metrics and by alert rules, as far as it was asked for. */
export interface RunWatch {
  alerts: AlertWatch | null;
  see(event: Event): void;
  close(): Promise<void>;
}

export function addWatchOptions(command: Command): Command {
  return command
    .option("--alerts", "run the alert rules during the campaign; a page that nobody expects fails it")
    .addOption(repeatable("--expect-alert <NAME>", "an alert that must fire; implies --alerts"))
    .option(
      "--prometheus <URL>",
      "ask a Prometheus that runs already, instead of starting one",
      webUrl("--prometheus", PORTS.prometheus),
    )
    .addOption(
      new Option(
        "--alerts-label <NAME=VALUE>",
        "which targets and alerts of that Prometheus are meant; run=<this run's id> by default",
      ).argParser(parseLabel),
    )
    .option(
      "--metrics-port <N>",
      "serve this run's own metrics on 127.0.0.1; 0 takes any port",
      portNumber("--metrics-port"),
    );
}

export function isWatched({ alerts, expectAlert }: WatchFlags): boolean {
  return alerts === true || expectAlert.length > 0;
}

/** For the plan; nothing where alerts are not demanded. */
export async function demandOf(flags: WatchFlags): Promise<Pick<Plan, "alerts">> {
  if (isWatched(flags)) return { alerts: await demandAlerts(flags.expectAlert, flags.prometheus) };
  if (flags.prometheus === undefined && flags.alertsLabel === undefined) return {};
  throw new UsageError("--prometheus and --alerts-label say how to watch: add --alerts, or leave them out.");
}

export interface RunWatchOptions {
  plan: Plan;
  flags: WatchFlags;
  secrets: Record<string, string>;
  signal: AbortSignal;
  tell(line: string): void;
}

export async function openRunWatch(options: RunWatchOptions): Promise<RunWatch> {
  const { plan, flags, tell } = options;
  if (plan.alerts === undefined && flags.metricsPort === undefined)
    return { alerts: null, see: () => {}, close: async () => {} };
  const metrics = await openRunMetrics(plan, flags.metricsPort ?? 0);
  if (flags.metricsPort !== undefined) tell(`This run's own metrics: ${metrics.url}`);
  const alerts = plan.alerts === undefined ? null : await watchAlerts(options, metrics);
  return {
    alerts,
    see: metrics.see,
    async close() {
      await alerts?.close();
      await metrics.close();
    },
  };
}

function watchAlerts(
  { plan, flags, secrets, signal, tell }: RunWatchOptions,
  metrics: OpenRunMetrics,
): Promise<AlertWatch> {
  tell(
    flags.prometheus === undefined
      ? "Starting Prometheus and Alertmanager to watch by the alert rules …"
      : `Watching by the alert rules of ${flags.prometheus} …`,
  );
  return openAlertWatch({
    plan,
    prometheusUrl: flags.prometheus,
    label: flags.alertsLabel ?? { name: "run", value: plan.runId },
    secrets,
    gateUrl: metrics.url,
    signal,
  });
}

function parseLabel(text: string): { name: string; value: string } {
  const [, name, value] = /^([a-zA-Z_]\w*)=(.*)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return { name, value };
  throw new UsageError(`--alerts-label ${text}: a label is NAME=VALUE. Type e.g. --alerts-label job=signup`);
}

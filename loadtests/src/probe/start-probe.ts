import { join } from "node:path";
import { CANARY_KEY_SECRET } from "../people/canary.ts";
import { serveMetrics } from "../run-metrics/serve-metrics.ts";
import type { Target } from "../target/target.ts";
import { baseUrlOf } from "../target/template.ts";
import { describeStart, type Look } from "./describe-probe.ts";
import { createFindings } from "./findings.ts";
import type { Trickle } from "./plan-cycle.ts";
import type { AlertPlaces } from "./probe-alert.ts";
import { replaceFile, takeFolder } from "./probe-folder.ts";
import { createProbeMetrics } from "./probe-metrics.ts";
import type { ProbeVerdict } from "./probe-verdict.ts";
import { createAlertPush } from "./push-alerts.ts";
import { runProbe } from "./run-probe.ts";
import type { StatusLine } from "./status-line.ts";
import { STOP_PATIENCE, type StopOptions, stopCampaign } from "./stop-campaign.ts";

/** Everything a probe is started with, read and found right. */
export interface ProbeSettings extends Trickle {
  probeId: string;
  target: Target;
  secrets: Record<string, string>;
  dir: string;
  port: number;
  alertmanagers: readonly string[];
  webhook: StopOptions["webhook"];
  command: string | null;
  isCleaned: boolean;
  visitorsMax: number;
  seconds: number;
  places: Pick<AlertPlaces, "runbookBaseUrl" | "dashboardBaseUrl">;
  signal: AbortSignal;
  status: StatusLine;
  look: Look;
}

/** Puts a probe together and runs it to its end; its verdict is in its folder then. */
export async function startProbe(settings: ProbeSettings): Promise<ProbeVerdict> {
  const { probeId, target, secrets, dir, status, webhook, command } = settings;
  const { tell } = status;
  const baseUrl = baseUrlOf(target, secrets);
  const record = {
    format: 1,
    probe: probeId,
    target: target.name,
    baseUrl,
    pid: process.pid,
    startedAt: new Date().toISOString(),
  } as const;
  const metrics = createProbeMetrics(target.name);
  const served = await serveMetrics(metrics, { port: settings.port, flag: "--port", owner: "probe" });
  try {
    const folder = await takeFolder(dir, record);
    const places = { target: target.name, metricsUrl: served.url, ...settings.places };
    const count = (action: "push" | "webhook" | "command", isDone: boolean) =>
      metrics.add("crowdproof_probe_actions_total", { action, outcome: isDone ? "done" : "failed" });
    const push = createAlertPush({
      urls: settings.alertmanagers,
      places,
      count: (isDone) => count("push", isDone),
      say: (text) => tell("push", text),
    });
    const stops = {
      webhook,
      command,
      folder: dir,
      patience: STOP_PATIENCE,
      places,
      count,
      say: (text: string) => tell("stop", text),
    };
    const canaryKey = secrets[CANARY_KEY_SECRET];
    const findings = createFindings({
      dir,
      canaryKey,
      metrics,
      push,
      tell,
      stopCampaign: (seen) => stopCampaign(seen, stops),
    });
    process.stdout.write(describeStart({ ...settings, baseUrl, metricsUrl: served.url }, settings.look));
    const verdict = await runProbe({
      ...settings,
      canaryKey,
      folder,
      metrics,
      findings,
      tell,
      onCycle: status.show,
    });
    await replaceFile(join(dir, "verdict.json"), verdict);
    return verdict;
  } finally {
    await served.close();
  }
}

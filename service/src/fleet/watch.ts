import type { Logger } from "pino";
import { createAdmin } from "../admin/admin.ts";
import type { AdminPages } from "../admin/admin-options.ts";
import { createAlarm, type RaiseAlarm } from "../alert-push/alarm.ts";
import { createAlertPush, type PushOutcome } from "../alert-push/alert-push.ts";
import { createAuditor } from "../auditor/auditor.ts";
import type { Config } from "../config.ts";
import { createPool } from "../db/pool.ts";
import { createHalt } from "../halt/halt.ts";
import { deriveKeys } from "../keys.ts";
import { type CampaignMetrics, createCampaignMetrics } from "../metrics/campaign-metrics.ts";
import type { RoleUrls } from "./logins.ts";

export interface WatchOptions {
  readonly config: Config;
  readonly urls: Pick<RoleUrls, "operator" | "auditor">;
  readonly log: Logger;
  /** The pages that the admin server shows; the campaign's own metrics are to be on them. */
  createPages(campaign: CampaignMetrics): AdminPages;
  countPush(outcome: PushOutcome): void;
}

export interface Watch {
  /** Of the admin server. */
  readonly url: string;
  /** For what is found in the parent process itself. */
  readonly raiseAlarm: RaiseAlarm;
  close(): Promise<void>;
}

/** The admin's commands, the trail and the auditor's findings: few, and never in a hurry. */
const CONNECTIONS_MAX = 3;

/** What watches over the whole campaign, once for all workers: state, admin server, auditor. */
export async function startWatch(options: WatchOptions): Promise<Watch> {
  const { config, urls, log, createPages, countPush } = options;
  const database = createPool({
    url: urls.operator,
    connectionsMax: CONNECTIONS_MAX,
    statementSecondsMax: config.statementSecondsMax,
    connectSecondsMax: config.connectSecondsMax,
    onIdleError: (error) => log.warn({ name: error.name }, "an idle database connection died"),
  });
  const halt = createHalt({ databaseUrl: urls.operator, leaseSeconds: config.haltLeaseSeconds, log });
  const campaign = createCampaignMetrics(halt.state);
  const push = createAlertPush({ ...config, log, clock: Date.now, count: countPush });
  const raiseAlarm = createAlarm(halt, push);
  const closeAll = async () => {
    await push.close();
    await halt.close();
    await database.close();
  };
  try {
    await halt.start();
    const pages = createPages(campaign);
    const admin = await createAdmin({ config, database, halt, campaignMetrics: campaign, pages, log });
    const keys = deriveKeys(config.secretKey);
    const auditor = createAuditor({
      databaseUrl: urls.auditor,
      database,
      keys,
      // With the guard off a fault is to be seen by the gate: the auditor tells what it finds, and stops nothing.
      halt,
      raiseAlarm: config.guard === "on" ? raiseAlarm : () => {},
      metrics: campaign,
      log,
    });
    return {
      url: admin.url,
      raiseAlarm,
      async close() {
        await auditor.close();
        await admin.close();
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
